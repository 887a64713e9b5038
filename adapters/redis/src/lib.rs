//! The gate in front of the ledger, and locks with a lease, in Redis.

mod breaker;
mod config;
mod connection;
mod error;
mod gate;
mod lock_manager;
mod script;
mod slot;

pub use config::{BadUrl, RedisConfig};
pub use connection::RedisConnection;
pub use gate::RedisGate;
pub use lock_manager::RedisLocks;
