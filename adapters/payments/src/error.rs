//! Why there is no definite answer, and what that means: nothing happened, or unknown. Must never
//! call a request unsent that a provider may have read, and never repeat what a reply says: a
//! provider may send back the token that it was given.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::PaymentError;
use hyper::StatusCode;
use hyper_util::client::legacy;

/// Why a call has no definite answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// The request can't be put into words.
    #[error("the request can't be made")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No connection came about.
    #[error("no connection to the payment provider")]
    Connect(#[source] legacy::Error),
    /// The connection broke; the request may have been read.
    #[error("the connection ended before the reply")]
    Exchange(#[source] legacy::Error),
    /// Too slow.
    #[error("no whole reply within {0:?}")]
    TooSlow(Duration),
    /// The reply's body broke off, or is not what its head says.
    #[error("the reply broke off")]
    BrokenOff(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The reply's body is too large.
    #[error("the reply has more than {0} bytes")]
    TooLarge(usize),
    /// A status that is no answer.
    #[error("the reply's status is {0}")]
    Status(StatusCode),
    /// Not the JSON of a reply.
    #[error("the reply can't be read (line {line}, column {column})")]
    Unreadable {
        /// Where; only that.
        line: usize,
        /// Where; only that.
        column: usize,
    },
    /// A state that does not go with the status.
    #[error("the reply's state does not go with its status")]
    State,
    /// A reply to another call.
    #[error("the reply is about another {0}")]
    OtherCall(&'static str),
}

impl From<CallError> for PaymentError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Request(_) | CallError::Connect(_) => Self::Unavailable(Arc::new(error)),
            _ => Self::Unknown(Arc::new(error)),
        }
    }
}

impl From<legacy::Error> for CallError {
    fn from(error: legacy::Error) -> Self {
        // Anything but a connection that never was may come after the request's first byte.
        if error.is_connect() {
            Self::Connect(error)
        } else {
            Self::Exchange(error)
        }
    }
}

impl From<serde_json::Error> for CallError {
    fn from(error: serde_json::Error) -> Self {
        Self::Unreadable {
            line: error.line(),
            column: error.column(),
        }
    }
}
