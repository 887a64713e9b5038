//! What the application needs from outside, as narrow async traits. No type of a technology in them.

mod admission_gate;
mod catalogue;
mod clock;
mod coupon_ledger;
mod hold_ledger;
mod idempotency;
mod job;
mod lock_manager;
mod payments;
mod products;
mod purchase_ledger;
mod store_error;
mod wallets;

pub use admission_gate::{
    Admission, AdmissionGate, Arrival, Decided, GateCount, GateError, GateGenerations,
    LongUndecided,
};
pub use catalogue::{Catalogue, CouponChanged, Creation};
pub use clock::{Clock, IdGenerator};
pub use coupon_ledger::{Changes, CouponLedger, IssuedBatch, Withdrawn};
pub use hold_ledger::{HoldLedger, OpenHoldRefusal, OpenedHold};
pub use idempotency::{
    AnswerOf, Answered, AnsweredRequests, KeyScope, Keyed, KeyedRequest, RequestDigest,
};
pub use job::{Job, JobError, Scheduler, Worked};
pub use lock_manager::{Lease, LockManager};
pub use payments::{PaymentAction, PaymentAnswer, PaymentCall, PaymentError, Payments};
pub use products::{ProductChanged, Products};
pub use purchase_ledger::{Placed, PurchaseLedger};
pub use store_error::StoreError;
pub use wallets::Wallets;
