//! One try of a unit: one transaction on one connection. Must never say that nothing happened once
//! COMMIT was sent.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use domain::ports::StoreError;
use futures_util::FutureExt;
use sqlx::{Executor, MySqlConnection};
use tokio::time::{Instant, timeout_at};

use crate::connections::{COMMIT, Connections, ROLLBACK, no_answer};
use crate::error::{is_deadlock, leaves_the_connection_sound, nothing_happened, transient};
use crate::unit::{LedgerTime, Unit};

/// How long a try may take. It waits two seconds for a lock at most; after this the server hangs.
const LONGEST: Duration = Duration::from_secs(3);

/// Why a try has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// There was no connection for it: nothing happened.
    NotBegun(sqlx::Error),
    /// It failed before COMMIT: nothing happened.
    Undone(sqlx::Error),
    /// It did not end in time: nothing happened.
    TooLong,
    /// The unit panicked: nothing happened.
    Panicked,
    /// COMMIT has failed or did not answer: it may have happened.
    Unknown(sqlx::Error),
}

impl Failure {
    /// Why the unit is worth another try; None when it would end no better.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        match self {
            Self::NotBegun(_) | Self::Panicked => None,
            Self::Undone(error) => transient(error),
            Self::TooLong => Some("no_answer"),
            Self::Unknown(_) => Some("unknown_commit"),
        }
    }

    /// What it means for the caller, when no try has had an unknown end.
    pub(crate) fn into_store_error(self) -> StoreError {
        match self {
            Self::NotBegun(error) | Self::Undone(error) => nothing_happened(error),
            Self::TooLong => nothing_happened(no_answer()),
            Self::Panicked => StoreError::unavailable(PANICKED),
            Self::Unknown(error) => StoreError::unknown(error),
        }
    }

    /// What it means for the caller, when an earlier try may have happened.
    pub(crate) fn into_unknown(self) -> StoreError {
        match self {
            Self::NotBegun(error) | Self::Undone(error) | Self::Unknown(error) => {
                StoreError::unknown(error)
            }
            Self::TooLong => StoreError::unknown(no_answer()),
            Self::Panicked => StoreError::unknown(PANICKED),
        }
    }
}

const PANICKED: &str = "the unit panicked";

/// Runs the unit once, and returns when its transaction is durable, or by `deadline`.
pub(crate) async fn attempt<U: Unit>(
    connections: &Connections,
    unit: &U,
    time: &LedgerTime,
    deadline: Instant,
) -> Result<U::Answer, Failure> {
    let mut connection = connections.acquire().await.map_err(Failure::NotBegun)?;
    let until = deadline.min(Instant::now() + LONGEST);
    // Unwind safe: what the unit has left of its own is dropped, the connection is closed.
    let work = AssertUnwindSafe(unit.run(&mut connection, time)).catch_unwind();
    match timeout_at(until, work).await {
        Ok(Ok(Ok(answer))) => {
            commit(&mut connection, until).await?;
            connection.give_back();
            Ok(answer)
        }
        Ok(Ok(Err(error))) => {
            if undone(&mut connection, &error, until).await {
                connection.give_back();
            }
            Err(Failure::Undone(error))
        }
        Ok(Err(_panic)) => Err(Failure::Panicked),
        Err(_elapsed) => Err(Failure::TooLong),
    }
}

async fn commit(connection: &mut MySqlConnection, until: Instant) -> Result<(), Failure> {
    let begun = Instant::now();
    let committed = timeout_at(until, connection.execute(COMMIT)).await;
    metrics::histogram!("firstcome_commit_seconds").record(begun.elapsed());
    match committed {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if is_deadlock(&error) => Err(Failure::Undone(error)),
        Ok(Err(error)) => Err(Failure::Unknown(error)),
        Err(_elapsed) => Err(Failure::Unknown(no_answer())),
    }
}

/// Undoes the transaction, unless the error says that the connection itself is not to be trusted. (A
/// lock that was not given has undone one statement only.)
async fn undone(connection: &mut MySqlConnection, error: &sqlx::Error, until: Instant) -> bool {
    let rollback = timeout_at(until, connection.execute(ROLLBACK));
    leaves_the_connection_sound(error) && matches!(rollback.await, Ok(Ok(_)))
}
