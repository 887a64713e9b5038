//! The built binary as a process of its own, and clients that talk to it over real sockets.

mod binary;
mod client;
mod composition;
mod in_process;
pub mod market;
mod metrics;
mod server;
mod shop;
mod tokens;

pub use binary::firstcome;
pub use client::{Answer, Client};
pub use composition::{COMPOSITION, Composition};
pub use in_process::InProcess;
pub use market::Market;
pub use metrics::Metrics;
pub use server::{Server, ServerBuilder};
pub use shop::Shop;
pub use tokens::{SECRET, Tokens};
