//! The ledger on MySQL and MariaDB: all ports of a store, for any number of nodes at once.
//!
//! | | |
//! |---|---|
//! | writes | one unit, one transaction at READ COMMITTED: lock, read, decide, write, COMMIT, and only then answer; run again as a whole after a deadlock, a lost connection or a COMMIT that did not answer |
//! | reads | connections that can't write; every read is one statement, hence one snapshot |
//! | background | jobs, operators and what every node must know in time have connections of their own, before which no crowd comes |
//!
//! Nothing here decides: the rows are loaded, the domain is asked, what it says is stored.

mod answered_requests;
mod attempt;
mod books_audit;
mod catalogue;
mod change_order;
mod config;
mod connections;
mod coupon_ledger;
mod coupons;
mod create;
mod credits;
mod error;
mod gate_generations;
mod grants;
mod hold_ledger;
mod holds;
mod issue;
mod keys;
mod lanes;
mod lock_manager;
mod orders;
mod place;
mod products;
mod purchase_ledger;
mod readers;
mod rows;
mod sagas;
mod schema;
mod script;
mod settle;
mod shapes;
mod snapshots;
mod store;
mod unit;
mod using;
mod wallets;
mod withdraw;
mod writer;
mod writes;

pub use config::{BadUrl, MysqlConfig};
pub use error::OpenError;
pub use grants::grants;
pub use schema::{Applied, migrate};
pub use store::MysqlStore;
