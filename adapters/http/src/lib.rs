//! The HTTP API: the contract's routes on warp, served by an accept loop of our own.
//!
//! [`serve`] guards connections, [`api_filter`] answers requests: caller, body, handler, reply. No
//! rule of the business is decided here, and no header, query or body is ever logged.

mod api;
mod docs;
mod failure;
mod filters;
mod handlers;
mod models;
mod openapi;
mod problem;
mod routes;
mod server;
#[cfg(test)]
mod testing;
mod token;

pub use api::Api;
use failure::Failure;
pub use openapi::openapi;
pub use problem::{Code, Problem};
pub use routes::api_filter;
pub use server::{HttpService, Limits, listen, serve};
pub use token::{
    Caller, KeyError, MintError, Role, TokenAlgorithm, TokenConfiguration, TokenError, TokenMint,
    TokenVerifier, UnknownAlgorithm, UnknownRole,
};
