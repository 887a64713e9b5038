//! Honest in-memory doubles: a store that decides, keeps and refuses as the others do, a clock that
//! moves when it is told to, ids that rise.
//!
//! The store passes the same conformance suite as every other; it forgets everything when it is
//! dropped, and never fails by itself: whoever wants faults wraps it.

mod answered_requests;
mod books;
mod books_audit;
mod catalogue;
mod copies;
mod coupon_ledger;
mod gate;
mod gate_generations;
mod hold_ledger;
mod holds;
mod lock_manager;
mod manual_clock;
mod orders;
mod products;
mod purchase_ledger;
mod readings;
mod sagas;
mod sequential_ids;
mod store;
mod table;
mod wallets;
mod writes;

pub use gate::{Dump as GateDump, MemoryGate};
pub use manual_clock::ManualClock;
pub use sequential_ids::SequentialIds;
pub use store::MemoryStore;
