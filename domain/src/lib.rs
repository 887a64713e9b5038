//! The rules of first-come coupons, synchronous and pure, and the ports at their edge.
//!
//! Nothing here knows a database, a network, a clock or a random number: time, ids and stored rows
//! come in as arguments, decisions and effects go out as data. That is what lets every store share
//! one set of rules, and lets a test ask about any instant.

mod audit;
mod coupon;
mod discount_policy;
mod event;
mod id;
mod issued_coupon;
mod issuing;
mod money;
mod page;
pub mod ports;
mod text;
mod time;

pub use audit::{Audit, AuditReading, RowCounts, Violation};
pub use coupon::{
    Cap, ChangeRefusal, Counters, Coupon, CouponChange, CouponKind, CouponStatus, Epoch,
    InvalidExpiry, OutOfRange, PerConsumerLimit,
};
pub use discount_policy::{Discount, DiscountPolicy, DiscountRate, MinimumOrderNotMet};
pub use event::Event;
pub use id::{CouponId, DiscountPolicyId, EventId, InvalidId, IssuedCouponId};
pub use issued_coupon::{IssuedCoupon, IssuedCouponState, RequestKey};
pub use issuing::{IssueOutcome, IssueRefusal, IssueRequest, IssueScope, Issuing};
pub use money::{InvalidMoney, Money};
pub use page::Page;
pub use text::{ConsumerId, CouponName, DiscountPolicyName, EventName, InvalidText};
pub use time::{InvalidWindow, Timestamp, Window};
