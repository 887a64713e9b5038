//! What is asked of a store, and what it must answer.

use domain::ports::{ProductChanged, RequestDigest};
use domain::{
    Charge, CouponChange, CouponId, Hold, HoldRequest, Order, OrderCommand, OrderId, OrderRefusal,
    ProductChange, ProductId, PurchaseRefusal, PurchaseRequest, Saga, SellerId, SettleRefusal,
    Settlement, Timestamp, UseRefusal, Wallet,
};

/// What is asked under every key, unless it is another request.
pub(super) const DIGEST: RequestDigest = RequestDigest([7; 32]);

/// What came of a write, as far as the model tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came<T, R> {
    /// It is done, now.
    Done(T),
    /// It was done before: as it is now.
    Before(T),
    /// It was done before, and answered so.
    Answered(Vec<u8>),
    /// The key, or the name, is another request's.
    Reused,
    /// Refused.
    Refused(R),
}

/// One call and its answer.
#[derive(Clone, Debug)]
pub enum Step {
    /// A wallet is charged under the n-th key.
    Charge(Charge, u8, Came<Wallet, ()>),
    /// An order is placed.
    Place(PurchaseRequest, Came<Box<(Order, Saga)>, PurchaseRefusal>),
    /// An order is changed, under the n-th key.
    Change(
        OrderId,
        OrderCommand,
        Option<u8>,
        Came<Box<Order>, OrderRefusal>,
    ),
    /// What is due is taken over; in any order.
    TakeOver(Vec<Saga>),
    /// A shop opens a hold.
    OpenHold(HoldRequest, Came<Hold, UseRefusal>),
    /// A shop ends one.
    Settle(HoldRequest, Settlement, Came<Hold, SettleRefusal>),
    /// A seller changes a product: price and stock then.
    ChangeProduct(SellerId, ProductId, ProductChange, Option<(i64, i64)>),
    /// A coupon is changed: does anything change?
    ChangeCoupon(CouponId, CouponChange, bool),
    /// All that can be withdrawn is, at the present epoch or at an older one: how many.
    Withdraw(CouponId, bool, u32),
    /// What has lapsed is written down.
    ExpireHolds,
    /// Sellers' credits are folded.
    Fold,
    /// The clock is set.
    SetClock(Timestamp),
}

/// Price and stock; none when the seller has no such product.
pub(super) fn product_of(changed: ProductChanged) -> Option<(i64, i64)> {
    match changed {
        ProductChanged::Changed(product) => {
            Some((product.price.amount(), product.stock.get().into()))
        }
        ProductChanged::NotFound => None,
    }
}
