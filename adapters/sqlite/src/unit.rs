//! A unit of work for the writer: what runs inside the shared transaction, and who waits for it.

use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::StoreError;
use futures_util::FutureExt;
use sqlx::SqliteConnection;
use tokio::sync::oneshot;

use crate::error::{is_about_rows, nothing_happened};

/// Reads, decides and writes, inside a transaction that is not its own: it must never begin or end
/// one, and never go on after a failure of SQLite.
pub(crate) trait Unit: Send + 'static {
    /// What the caller is told once the transaction is durable.
    type Answer: Send + 'static;

    /// Does the work at `now`, the ledger's time read under its lock.
    fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> impl Future<Output = Result<Self::Answer, sqlx::Error>> + Send;
}

/// What is to become of what a unit has written.
pub(crate) enum Verdict {
    /// It stays.
    Keep,
    /// It is undone; the other units of the transaction stay.
    Undo,
    /// The transaction can't be trusted any more: all of it is undone.
    Abort(StoreError),
}

/// A unit of any type, with its caller.
#[async_trait]
pub(crate) trait Pending: Send {
    /// Runs the unit; it may panic without harm to anybody else.
    async fn run(&mut self, connection: &mut SqliteConnection, now: Timestamp) -> Verdict;

    /// Answers the caller, who may have gone away. `committed` says what became of the transaction.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What a caller waits for.
pub(crate) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// The unit as the writer takes it, and what its caller waits for.
pub(crate) fn pending<U: Unit>(unit: U) -> (Box<dyn Pending>, Answer<U::Answer>) {
    let (caller, answer) = oneshot::channel();
    let waiting = Waiting {
        unit: Some(unit),
        result: None,
        caller,
    };
    (Box::new(waiting), answer)
}

struct Waiting<U: Unit> {
    /// Until it runs.
    unit: Option<U>,
    /// Since it ran.
    result: Option<Result<U::Answer, StoreError>>,
    caller: oneshot::Sender<Result<U::Answer, StoreError>>,
}

#[async_trait]
impl<U: Unit> Pending for Waiting<U> {
    async fn run(&mut self, connection: &mut SqliteConnection, now: Timestamp) -> Verdict {
        let Some(unit) = self.unit.take() else {
            return Verdict::Keep;
        };
        // Unwind safe: what the unit has left of its own is dropped, what it has left in the
        // database is undone.
        let (result, verdict) = match AssertUnwindSafe(unit.run(connection, now))
            .catch_unwind()
            .await
        {
            Ok(Ok(answer)) => (Ok(answer), Verdict::Keep),
            Ok(Err(error)) if is_about_rows(&error) => {
                (Err(nothing_happened(error)), Verdict::Undo)
            }
            Ok(Err(error)) => {
                let error = nothing_happened(error);
                (Err(error.clone()), Verdict::Abort(error))
            }
            Err(_panic) => (
                Err(StoreError::unavailable("the unit panicked")),
                Verdict::Undo,
            ),
        };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (self.result, committed) {
            // Undone alone, before anything was committed: its own error says more.
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(answer)), Ok(())) => Ok(answer),
            (None, Ok(())) => Err(StoreError::unavailable("the unit was not run")),
        };
        let _caller_gone = self.caller.send(answer);
    }
}
