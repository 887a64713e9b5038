//! The tests' own payment provider: a small HTTP server that keeps to the protocol of
//! `docs/payments.md`, misbehaves on demand, and can be asked what it really did.
//!
//! It is started in the test's process and reached over a socket, by the binary or by an adapter. Its
//! rules are its own, so that they hold firstcome's against something; it must never use
//! `adapter-payments`.

mod asked;
mod connection;
mod desk;
mod misbehaviour;
mod plan;
mod server;
mod till;

pub use asked::Asked;
pub use misbehaviour::{Lie, Misbehaviour};
pub use server::Provider;
pub use till::{DECLINED, Deed, Moved};
