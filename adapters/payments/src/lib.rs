//! The payment provider, over HTTP, by the protocol in `docs/payments.md`.
//!
//! Every call is bounded in time and its reply in size; a reply is believed only when it is about the
//! very call that was made. Nothing here decides what a missing answer means for an order, and none of
//! it may let the token of a way to pay into a log or an error.

mod base_url;
mod config;
mod error;
mod http_payments;
mod no_provider;
mod observed;
#[cfg(test)]
mod testing;
mod wire;

pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use config::HttpPaymentsConfig;
pub use http_payments::HttpPayments;
pub use no_provider::NoProvider;
