//! The test servers themselves: whoever kills one must be able to trust what comes back.

mod databases;
mod last_wishes;
mod redis;
