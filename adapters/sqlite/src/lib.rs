//! The ledger embedded in one SQLite file: the ports of the catalogue, of the ledger of coupons and
//! of answered requests, on one machine with nothing but that file.
//!
//! | | |
//! |---|---|
//! | writes | one task owns the one connection that writes; it takes all that is pending into one transaction, a savepoint each, one COMMIT, and only then answers |
//! | reads | a small pool of connections that can't write; every read is one statement, hence one snapshot |
//! | other processes | may have the same file open: SQLite's own lock orders the writers |
//!
//! Nothing here decides: the rows are loaded, the domain is asked, what it says is stored.

mod answered_requests;
mod catalogue;
mod config;
mod coupon_ledger;
mod coupons;
mod create;
mod error;
mod issue;
mod log_bound;
mod rows;
mod schema;
mod store;
#[cfg(test)]
mod testing;
mod unit;
mod writer;

pub use config::SqliteConfig;
pub use error::OpenError;
pub use store::SqliteStore;
