//! A plain model of the ledger, and the test that holds a store against it, step by step.
//!
//! The model is vectors and the rules of the business, written down a second time: it must share no
//! decision with the domain, only the types that requests and answers are made of. What it generates
//! is loose ("some earlier request again"); what it does with that is one [`Step`]: exactly what is
//! asked of a store, and exactly what it must answer.

mod apply;
mod compare;
mod ledger_test;
mod rules;
mod step;
mod transition;

pub use ledger_test::{LedgerTest, Memory, Sqlite, StoreUnderTest};
pub use step::Step;
pub use transition::Transition;

use domain::ports::{Answered, KeyScope};
use domain::{Coupon, CouponId, DiscountPolicy, Event, IssueRequest, IssuedCoupon, Timestamp};
use uuid::Uuid;

/// All that there is. Its epochs are its own, counted from 1; a store's are its own business, as
/// long as they rise together.
#[derive(Clone, Debug)]
pub struct Model {
    now: Timestamp,
    epoch: u64,
    events: Vec<Event>,
    policies: Vec<DiscountPolicy>,
    coupons: Vec<Coupon>,
    /// In the order in which they were issued.
    copies: Vec<IssuedCoupon>,
    answered: Vec<(KeyScope, Answered)>,
    /// Every request that was ever made.
    asked: Vec<IssueRequest>,
    /// How many ids were made.
    ids: u64,
    /// The last step; none before the first.
    last: Option<Step>,
}

impl Default for Model {
    /// Nothing, at an instant that is as good as any.
    fn default() -> Self {
        Self {
            now: Timestamp::from_micros(0),
            epoch: 0,
            events: Vec::new(),
            policies: Vec::new(),
            coupons: Vec::new(),
            copies: Vec::new(),
            answered: Vec::new(),
            asked: Vec::new(),
            ids: 0,
            last: None,
        }
    }
}

impl Model {
    /// An id that was not there before; unlike real ones they don't rise, so that no order can come
    /// about by itself.
    fn id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u64_pair(self.ids.wrapping_mul(0x9e37_79b9_7f4a_7c15), self.ids)
    }

    fn coupon(&self, id: CouponId) -> Option<&Coupon> {
        self.coupons.iter().find(|coupon| coupon.id == id)
    }
}
