//! What the application needs from outside, as narrow async traits. No type of a technology in them.

mod catalogue;
mod clock;
mod coupon_ledger;
mod idempotency;
mod store_error;

pub use catalogue::{Catalogue, CouponChanged, Creation};
pub use clock::{Clock, IdGenerator};
pub use coupon_ledger::{Changes, CouponLedger, IssuedBatch};
pub use idempotency::{
    AnswerOf, Answered, AnsweredRequests, KeyScope, KeyedRequest, RequestDigest,
};
pub use store_error::StoreError;
