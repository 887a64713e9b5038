//! Why Redis did not answer, and what that says about the next call.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{GateError, StoreError};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a call was not answered. What was asked for may have been done, or may be done yet.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallError {
    #[error("Redis has not answered within {0:?}")]
    Late(Duration),
    #[error("Redis: {0}")]
    Failed(Arc<RedisError>),
    #[error("Redis has not been connected to yet")]
    NotYet,
    #[error("Redis answers what no script of this program does")]
    Odd,
    #[error("an attempt to connect to Redis has died")]
    Died,
}

impl CallError {
    /// Nobody needs to ask now: Redis is away, or does not serve. What Redis says about one call only
    /// leaves it as it is.
    pub(crate) fn is_away(&self) -> bool {
        use ServerErrorKind::{CrossSlot, ExecAbort, NoScript, NotBusy, ResponseError};
        match self {
            Self::Late(_) | Self::NotYet | Self::Died => true,
            Self::Odd => false,
            Self::Failed(error) => !matches!(
                error.kind(),
                ErrorKind::Server(ResponseError | ExecAbort | NoScript | NotBusy | CrossSlot)
                    | ErrorKind::Extension
                    | ErrorKind::Parse
                    | ErrorKind::UnexpectedReturnType
            ),
        }
    }
}

impl From<RedisError> for CallError {
    fn from(error: RedisError) -> Self {
        Self::Failed(Arc::new(error))
    }
}

impl From<CallError> for GateError {
    fn from(error: CallError) -> Self {
        Self(Arc::new(error))
    }
}

impl From<CallError> for StoreError {
    /// Unknown, as far as Redis can be asked; the lock is to be taken for lost.
    fn from(error: CallError) -> Self {
        Self::unavailable(error)
    }
}
