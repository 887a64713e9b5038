//! What is asked of a store, and what it must answer.

use domain::ports::{CouponChanged, Creation, IssuedBatch};
use domain::{
    Coupon, CouponChange, CouponId, DiscountPolicy, Event, IssueRequest, IssueScope, Timestamp,
};

/// One call and its answer, in the model's epochs.
#[derive(Clone, Debug)]
pub enum Step {
    /// An event is created, under this key.
    CreateEvent(Event, Option<u8>, Creation<Event>),
    /// A discount policy is created, under this key.
    CreatePolicy(DiscountPolicy, Option<u8>, Creation<DiscountPolicy>),
    /// A coupon is created, under this key.
    CreateCoupon(Coupon, Option<u8>, Creation<Coupon>),
    /// A coupon is changed.
    Change(CouponId, CouponChange, CouponChanged),
    /// A batch is issued.
    Issue(IssueScope, Vec<IssueRequest>, IssuedBatch),
    /// The changes since an epoch are read, up to a limit: the epoch to go on from, and the coupons.
    Changes(Option<u64>, u32, u64, Vec<Coupon>),
    /// The clock is set.
    SetClock(Timestamp),
}
