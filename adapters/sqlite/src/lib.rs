//! The ledger embedded in one SQLite file: all ports of a store (catalogue, products, the ledgers of
//! coupons, purchases and holds, wallets, answered requests, locks) on one machine with nothing but
//! that file.
//!
//! | | |
//! |---|---|
//! | writes | one task owns the one connection that writes; it takes all that is pending into one transaction, a savepoint each, one COMMIT, and only then answers |
//! | reads | a small pool of connections that can't write; every read is one statement, hence one snapshot |
//! | other processes | may have the same file open: SQLite's own lock orders the writers |
//!
//! Nothing here decides: the rows are loaded, the domain is asked, what it says is stored.

mod answered_requests;
mod books_audit;
mod catalogue;
mod change_order;
mod config;
mod coupon_ledger;
mod coupons;
mod create;
mod credits;
mod error;
mod hold_ledger;
mod holds;
mod issue;
mod keys;
mod lock_manager;
mod log_bound;
mod orders;
mod place;
mod products;
mod purchase_ledger;
mod rows;
mod sagas;
mod schema;
mod settle;
mod store;
#[cfg(test)]
mod testing;
mod unit;
mod using;
mod wallets;
mod withdraw;
mod writer;
mod writes;

pub use config::SqliteConfig;
pub use error::OpenError;
pub use store::SqliteStore;
