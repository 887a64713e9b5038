//! The use cases, one file each, and the funnel's first and last stage.
//!
//! First stage: [`FinalAnswers`], what this node knows for certain. Last stage: [`Lanes`], in which
//! requests that arrive while a commit is in flight become the next batch. Nothing here knows HTTP
//! or a store; nothing here may say yes before the ledger has.

mod change_coupon;
mod coupon_reader;
mod create_coupon;
mod create_discount_policy;
mod create_event;
mod final_answers;
mod issue_coupon;
mod keyed_requests;
mod lane_queue;
mod lanes;
mod ledger_clock;
mod refresh_final_answers;
mod sync;
#[cfg(test)]
mod testing;

pub use change_coupon::{ChangeCoupon, ChangeCouponError};
pub use create_coupon::{CreateCoupon, CreateCouponError, NewCoupon};
pub use create_discount_policy::{
    CreateDiscountPolicy, CreateDiscountPolicyError, NewDiscountPolicy,
};
pub use create_event::{CreateEvent, CreateEventError, NewEvent};
pub use final_answers::{Closed, FinalAnswers, HolderSet, KnownCoupon};
pub use issue_coupon::{IssueCoupon, IssueCouponError, IssueCouponRequest};
pub use keyed_requests::{Created, KeyError, KeyedRequests, KeysInFlight};
pub use lanes::{LaneLimits, Lanes, LanesError};
pub use ledger_clock::{LedgerClock, LedgerTime};
pub use refresh_final_answers::RefreshFinalAnswers;
