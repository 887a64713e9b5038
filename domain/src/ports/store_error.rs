//! The error of every store port: what it means for the caller's write.

use std::{error::Error, fmt, sync::Arc};

/// A store did not answer. Says what that means for the write that was asked for.
#[derive(Clone, Debug)]
pub enum StoreError {
    /// Nothing happened; trying again is safe and may help.
    Unavailable(Arc<dyn Error + Send + Sync>),
    /// Nothing happened: more was waiting than the store takes on.
    Overloaded,
    /// The write may have happened. Every write is idempotent: ask again, with the same ids and
    /// keys, and the answer tells.
    Unknown(Arc<dyn Error + Send + Sync>),
    /// Nothing happened: the store holds something that it must not hold. Trying again won't help.
    Corrupt(Arc<dyn Error + Send + Sync>),
}

impl StoreError {
    /// Nothing happened, because of `source`.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(Arc::from(source.into()))
    }

    /// The write may have happened; `source` kept the answer away.
    pub fn unknown(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unknown(Arc::from(source.into()))
    }

    /// The store holds what it must not hold, says `source`.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Corrupt(Arc::from(source.into()))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable(_) => "the store is not available; nothing was written",
            Self::Overloaded => "the store has more waiting than it takes on; nothing was written",
            Self::Unknown(_) => "the store did not answer; the write may have happened",
            Self::Corrupt(_) => "the store holds something that it must not hold",
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(source) | Self::Unknown(source) | Self::Corrupt(source) => {
                Some(source.as_ref())
            }
            Self::Overloaded => None,
        }
    }
}
