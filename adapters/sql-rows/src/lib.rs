//! What the rows of both SQL ledgers have in common: the texts that stand for values, how a batch of
//! copies goes in, and what is said of a row that does not decode.

mod copies;
mod texts;

use std::error::Error as StdError;

use sqlx::Error;

pub use copies::Copies;
pub use texts::{FIXED_DISCOUNT, ISSUE_COUPON, PROVIDER, RATE_DISCOUNT, Text, USE_COUPON, WALLET};

/// What was checked, or the error of a row that says something else than it may.
///
/// # Errors
/// [`Error::Decode`].
pub fn valid<T, E: StdError + Send + Sync + 'static>(checked: Result<T, E>) -> Result<T, Error> {
    checked.map_err(|error| Error::Decode(Box::new(error)))
}

/// No value of this kind has that name.
#[must_use]
pub fn unknown(what: &str, name: &str) -> Error {
    Error::Decode(format!("no {what} is {name}").into())
}

/// The columns' integers are signed; a counter never gets near their end.
#[must_use]
pub fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// How many rows a statement that had a limit has changed.
///
/// # Errors
/// [`Error::Decode`] of more than fit.
pub fn count(rows: u64) -> Result<u32, Error> {
    valid(u32::try_from(rows))
}
