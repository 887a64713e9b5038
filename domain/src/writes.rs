//! What a decision wants written: rows as they are to be, and entries to append. A store writes all
//! of it in the transaction in which it read what the decision was made from, or nothing.

use crate::{
    Coupon, Hold, IssuedCoupon, MoneyEntry, Order, Product, Saga, SagaTrace, StockEntry, Wallet,
};

/// See the module's header. Empty when there is nothing to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writes {
    /// The coupon, of which only the counters `held` and `used` have changed.
    pub coupon: Option<Coupon>,
    /// The copy, of which only `used` has changed.
    pub copy: Option<IssuedCoupon>,
    /// Holds, new or with another state; at most one of them is new.
    pub holds: Vec<Hold>,
    /// Products, of which only the stock has changed.
    pub products: Vec<Product>,
    /// Stock that has moved.
    pub stock_entries: Vec<StockEntry>,
    /// The wallet, new or changed.
    pub wallet: Option<Wallet>,
    /// Money and points that have moved.
    pub money_entries: Vec<MoneyEntry>,
    /// The order, new, or with another status, failure or delivery.
    pub order: Option<Order>,
    /// A saga, new or changed.
    pub saga: Option<Saga>,
    /// What has happened to that saga, in order; each one's place in its trace stands in it.
    pub trace: Vec<SagaTrace>,
}
