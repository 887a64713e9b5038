//! Runs units, each in a task of its own: a caller that goes away changes nothing.
//!
//! | a try ended with | then |
//! |---|---|
//! | a deadlock, a lock that was not given, a row that has changed, a duplicate key, a lost connection | nothing happened: the whole unit again |
//! | a COMMIT that did not answer | it may have happened: the whole unit again; it finds what it has written itself |
//! | anything else | the error |
//!
//! Once a COMMIT did not answer, no later failure may say that nothing happened.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use domain::ports::StoreError;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use crate::attempt::{Failure, attempt};
use crate::config::MysqlConfig;
use crate::connections::Connections;
use crate::lanes::{Lanes, Turn};
use crate::unit::{LedgerTime, Unit};

/// Tries after the first.
const MORE_TRIES: usize = 4;

/// How long all tries may take together.
const PATIENCE: Duration = Duration::from_secs(4);

/// The way to some of the connections that write. Clones share it.
#[derive(Clone)]
pub(crate) struct Writer {
    connections: Connections,
    /// Places for units that are under way or wait.
    pending: Arc<Semaphore>,
    /// For how long one waits in its lane.
    wait: Duration,
    lanes: Lanes,
    tasks: TaskTracker,
    time: LedgerTime,
}

impl Writer {
    /// Takes up to so many units at a time; what comes on top is refused as overload.
    pub(crate) fn new(connections: Connections, config: &MysqlConfig, time: LedgerTime) -> Self {
        Self {
            connections,
            pending: Arc::new(Semaphore::new(config.pending_writes.get().into())),
            wait: config.wait,
            lanes: Lanes::default(),
            tasks: TaskTracker::new(),
            time,
        }
    }

    /// Runs the unit in a transaction, and returns when that is durable.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Answer, StoreError> {
        if self.tasks.is_closed() {
            return Err(StoreError::unavailable("the store is closed"));
        }
        let place = Arc::clone(&self.pending)
            .try_acquire_owned()
            .map_err(|_full| StoreError::Overloaded)?;
        let writer = self.clone();
        let task = self.tasks.spawn(async move {
            let _place = place;
            let _turn = writer.turn(&unit).await?;
            writer.until_it_answers(&unit).await
        });
        match task.await {
            Ok(answer) => answer,
            Err(gone) => Err(StoreError::unknown(gone)),
        }
    }

    async fn turn<U: Unit>(&self, unit: &U) -> Result<Option<Turn>, StoreError> {
        let Some(lane) = unit.lane() else {
            return Ok(None);
        };
        match timeout(self.wait, self.lanes.enter(lane)).await {
            Ok(turn) => Ok(Some(turn)),
            Err(_elapsed) => Err(StoreError::Overloaded),
        }
    }

    async fn until_it_answers<U: Unit>(&self, unit: &U) -> Result<U::Answer, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let mut waits = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(5))
            .with_max_delay(Duration::from_millis(500))
            .with_factor(4.0)
            .with_max_times(MORE_TRIES)
            .with_jitter()
            .build();
        let mut may_have_happened = false;
        loop {
            let failure = match attempt(&self.connections, unit, &self.time, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            may_have_happened |= matches!(failure, Failure::Unknown(_));
            // Asking again is the only way to know.
            let reason = failure
                .reason()
                .or(may_have_happened.then_some("unknown_commit"));
            let again = reason.zip(waits.next());
            match again.filter(|(_, wait)| Instant::now() + *wait < deadline) {
                Some((reason, wait)) => {
                    tracing::debug!(reason, failure = ?failure, "a unit of work is run again");
                    metrics::counter!("firstcome_ledger_retries_total", "reason" => reason)
                        .increment(1);
                    sleep(wait).await;
                }
                None => return Err(given_up(failure, may_have_happened)),
            }
        }
    }

    /// Takes no more units, lets those that it has taken end, and closes the connections.
    pub(crate) async fn close(&self) {
        self.tasks.close();
        self.tasks.wait().await;
        self.connections.close().await;
    }
}

fn given_up(failure: Failure, may_have_happened: bool) -> StoreError {
    let error = if may_have_happened {
        failure.into_unknown()
    } else {
        failure.into_store_error()
    };
    if !matches!(error, StoreError::Overloaded) {
        tracing::error!(
            error = %error,
            cause = std::error::Error::source(&error).map(tracing::field::display),
            "a unit of work failed"
        );
    }
    error
}
