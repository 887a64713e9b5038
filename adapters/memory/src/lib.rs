//! Honest in-memory doubles: a store that decides, keeps and refuses as the others do, a clock that
//! moves when it is told to, ids that rise.
//!
//! The store passes the same conformance suite as every other; it forgets everything when it is
//! dropped, and never fails by itself: whoever wants faults wraps it.

mod answered_requests;
mod catalogue;
mod copies;
mod coupon_ledger;
mod manual_clock;
mod sequential_ids;
mod store;
mod table;

pub use manual_clock::ManualClock;
pub use sequential_ids::SequentialIds;
pub use store::MemoryStore;
