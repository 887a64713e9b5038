//! What a route does once its caller is known and its body is read: call a use case or a port, and
//! turn what comes of it into a reply. No rule of the business is decided here.

pub(crate) mod coupons;
pub(crate) mod discount_policies;
pub(crate) mod events;
pub(crate) mod issued_coupons;
pub(crate) mod operations;
mod reply;

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
