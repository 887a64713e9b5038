//! The servers that production stands on, started for tests: on free ports, with folders of their
//! own, installed first where they are missing (`scripts/test-servers`).
//!
//! | | |
//! |---|---|
//! | `shared` | one per test process, started when first asked for; must not be killed |
//! | all others | the test's own, which it may kill, pause and restart on the same port |
//!
//! A server and its folder go with whoever started it, also with a test process that is killed. No
//! server of the system's may be touched.

mod database;
mod folder;
mod install;
mod ledger;
mod port;
mod process;
mod redis;
mod redis_cluster;
mod sql_server;

pub use database::{Database, User};
pub use ledger::Ledger;
pub use redis::{Dump, Redis};
pub use redis_cluster::RedisCluster;
pub use sql_server::{Make, SqlServer};
