//! What an event's coupons have brought.

use crate::{Amount, Coupon};

/// One coupon of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponReport {
    /// The coupon, with its counters.
    pub coupon: Coupon,
    /// What its final uses took off orders, all together; returned uses don't count.
    pub discount_given: Amount,
    /// What those orders amount to after the discount, points included.
    pub revenue: Amount,
}
