//! The settings: what an operator may choose, read once, checked whole, before anything starts.
//!
//! Defaults < `firstcome.toml` < `FIRSTCOME_*` < flags. `known` is the one table that all of them,
//! the help included, are made from. A name that is not in it is refused in every source: a misspelt
//! setting that silently does nothing is found in production. No secret ever shows: not in `Debug`,
//! not in an error, and not in `ps`, for no secret has a flag.

mod error;
mod known;
mod resolve;
mod source;
#[cfg(test)]
mod testing;
mod token_settings;
mod value;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use error::SettingsError;
pub use source::{Environment, Flags};
pub use token_settings::{TokenKeys, TokenSettings};
pub use value::{Gate, LogFilter, LogFormat, Payments, Store};

pub(crate) use resolve::store_and_gate;

pub(crate) use known::{
    ALL, CONFIG_VARIABLE, DATA, DEFAULT_FILE, GATE, JWT_AUDIENCE, JWT_ISSUER, LOG, LOG_FORMAT,
    STORE, Setting,
};

/// Every setting, resolved and checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The settings file, if one was named.
    pub config: Option<PathBuf>,
    /// Where the API listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of the embedded database and the signing key; relative to the working directory.
    pub data: PathBuf,
    /// Which ledger decides.
    pub store: Store,
    /// The admission check in front of it.
    pub gate: Gate,
    /// How orders are paid.
    pub payments: Payments,
    /// After how long a saga whose worker says nothing is taken over.
    pub saga_lease: Duration,
    /// Tries after which a saga is stuck.
    pub saga_tries: u32,
    /// The most connections open at once.
    pub max_connections: usize,
    /// The most requests that wait for the ledger on this node.
    pub max_waiting: usize,
    /// How long requests in flight may take to finish once the server stops.
    pub drain: Duration,
    /// What is logged.
    pub log: LogFilter,
    /// How it is logged.
    pub log_format: LogFormat,
    /// Who is believed.
    pub tokens: TokenSettings,
}
