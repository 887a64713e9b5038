//! What the tests are made of: the conformance suite that every store runs, the plain model that
//! ledgers are held against, the oracle, a ledger that fails on demand, and a payment provider that
//! misbehaves on demand.
//!
//! The tests themselves stand in one binary, `tests/suite.rs`. Nothing here may know one store from
//! another, but for the two lines that open it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate is a test: what must not be, ends it here"
)]

pub mod conformance;
pub mod crash;
mod exactness;
mod faulty_ledger;
mod fixture;
pub mod funnel;
mod gate;
pub mod gate_conformance;
pub mod given;
pub mod interleavings;
mod lock_fixture;
pub mod model;
pub mod mysql_rules;
pub mod nodes;
pub mod over_http;
mod patience;
pub mod provider;
pub mod purchase_model;
pub mod servers;
mod sync;

pub use exactness::{Acknowledged, assert_exact};
pub use faulty_ledger::{Call, Fault, FaultyLedger};
pub use fixture::{Fixture, Store};
pub use gate::Gate;
pub use lock_fixture::Locks;
pub use patience::until;
