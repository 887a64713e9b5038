//! The one writer: a task that owns the one connection that writes.
//!
//! | step | |
//! |---|---|
//! | take | all units that are pending, up to [`UNITS_PER_COMMIT`], in order of arrival |
//! | BEGIN IMMEDIATE | from here on no other process writes; the ledger's time is read once, now |
//! | run | each unit in a savepoint of its own: one that fails is undone alone |
//! | COMMIT | one for all; units that arrive meanwhile are the next transaction |
//! | answer | each caller, only now |
//!
//! It must never answer before COMMIT has returned, and never go on with a connection that has
//! failed in any other way than about rows.

use std::sync::Arc;
use std::time::Instant;

use domain::ports::{Clock, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::config::{SqliteConfig, file_in, log_of};
use crate::error::{commit_failed, nothing_happened};
use crate::log_bound::LogBound;
use crate::unit::{Pending, Unit, Verdict, pending};

/// Bounds how long a transaction keeps other processes waiting.
const UNITS_PER_COMMIT: usize = 64;

enum Message {
    Unit(Box<dyn Pending>),
    /// Take nothing more; the sender is dropped when all that was taken is done.
    Close(oneshot::Sender<()>),
}

/// The way to the writer's task; cheap to clone. The task ends when all of these are gone, or after
/// [`close`](Self::close).
#[derive(Clone)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
}

impl Writer {
    /// Starts the task on the runtime of the caller.
    pub(crate) fn start(
        connection: SqliteConnection,
        options: SqliteConnectOptions,
        clock: Arc<dyn Clock>,
        config: &SqliteConfig,
    ) -> Self {
        let (sender, queue) = mpsc::channel(config.pending_writes.get().into());
        let task = Task {
            queue,
            log: LogBound::new(log_of(&file_in(&config.folder)), config.log_limit),
            connection: Some(connection),
            options,
            clock,
        };
        tokio::spawn(task.run());
        Self { queue: sender }
    }

    /// Runs the unit in a transaction, and returns when that is durable. A caller that goes away
    /// changes nothing: what was queued runs.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Answer, StoreError> {
        let (unit, answer) = pending(unit);
        self.queue
            .try_send(Message::Unit(unit))
            .map_err(|error| match error {
                TrySendError::Full(_) => StoreError::Overloaded,
                TrySendError::Closed(_) => StoreError::unavailable("the store is closed"),
            })?;
        match answer.await {
            Ok(answer) => answer,
            Err(gone) => Err(StoreError::unknown(gone)),
        }
    }

    /// Does the task take units?
    pub(crate) fn is_open(&self) -> bool {
        !self.queue.is_closed()
    }

    /// Lets all units that are queued finish, checkpoints, and closes the connection.
    pub(crate) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _dropped = closed.await;
        }
    }
}

struct Task {
    queue: mpsc::Receiver<Message>,
    log: LogBound,
    /// None after a failure, until the next transaction.
    connection: Option<SqliteConnection>,
    options: SqliteConnectOptions,
    clock: Arc<dyn Clock>,
}

impl Task {
    async fn run(mut self) {
        let mut messages = Vec::with_capacity(UNITS_PER_COMMIT);
        let mut closing = Vec::new();
        while self.queue.recv_many(&mut messages, UNITS_PER_COMMIT).await > 0 {
            let mut units = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Unit(unit) => units.push(unit),
                    Message::Close(done) => {
                        self.queue.close();
                        closing.push(done);
                    }
                }
            }
            self.commit(units).await;
        }
        self.end().await;
    }

    /// Runs the units in one transaction and answers them all.
    async fn commit(&mut self, mut units: Vec<Box<dyn Pending>>) {
        if units.is_empty() {
            return;
        }
        let committed = self.transact(&mut units).await;
        if let Err(error) = &committed {
            tracing::error!(
                error = %error,
                cause = std::error::Error::source(error).map(tracing::field::display),
                units = units.len(),
                "transaction failed"
            );
            self.drop_connection().await;
        }
        for unit in units {
            unit.answer(committed.clone());
        }
        if let Some(connection) = &mut self.connection {
            self.log.keep(connection).await;
        }
    }

    /// One transaction. After an `Err` the connection is not to be used again.
    async fn transact(&mut self, units: &mut [Box<dyn Pending>]) -> Result<(), StoreError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.options.connect().await.map_err(nothing_happened)?),
        };
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(nothing_happened)?;
        let now = self.clock.now();
        metrics::histogram!("firstcome_units_per_commit").record(count(units.len()));
        if let [alone] = units {
            match alone.run(&mut transaction, now).await {
                Verdict::Keep => {}
                Verdict::Undo => return transaction.rollback().await.map_err(nothing_happened),
                Verdict::Abort(error) => return Err(error),
            }
        } else {
            for unit in units {
                let mut savepoint = transaction.begin().await.map_err(nothing_happened)?;
                match unit.run(&mut savepoint, now).await {
                    Verdict::Keep => savepoint.commit().await,
                    Verdict::Undo => savepoint.rollback().await,
                    Verdict::Abort(error) => return Err(error),
                }
                .map_err(nothing_happened)?;
            }
        }
        let begun = Instant::now();
        let committed = transaction.commit().await.map_err(commit_failed);
        metrics::histogram!("firstcome_commit_seconds").record(begun.elapsed());
        committed
    }

    /// Closing rolls back what is open; only then may the next connection ask for the lock.
    async fn drop_connection(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _failed_anyway = connection.close().await;
        }
    }

    async fn end(mut self) {
        if let Some(mut connection) = self.connection.take() {
            // Cosmetic: without it the next one to open the file reads the log first.
            let checkpointed = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
                .execute(&mut connection)
                .await;
            if let Err(error) = checkpointed.and(connection.close().await) {
                tracing::warn!(%error, "the ledger was closed without a checkpoint");
            }
        }
    }
}

fn count(units: usize) -> f64 {
    u32::try_from(units).unwrap_or(u32::MAX).into()
}

#[cfg(test)]
mod tests;
