//! What a route does once its caller is known and its body is read: call a use case or a port, and
//! turn what comes of it into a reply. No rule of the business is decided here.

pub(crate) mod coupons;
pub(crate) mod discount_policies;
pub(crate) mod events;
pub(crate) mod holds;
pub(crate) mod issued_coupons;
pub(crate) mod operations;
pub(crate) mod order_changes;
pub(crate) mod orders;
pub(crate) mod products;
mod reply;
pub(crate) mod sagas;
mod using;
pub(crate) mod wallets;

use application::KeyError;

use crate::{Code, Failure};

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::InUse => Code::IdempotencyKeyInUse.into(),
            KeyError::Reused => Code::IdempotencyKeyReused.into(),
        }
    }
}

/// An error's text as a sentence of its own.
fn sentence(error: &impl ToString) -> String {
    let text = error.to_string();
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), characters.as_str()),
        None => text,
    }
}
