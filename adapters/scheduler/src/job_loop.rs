//! One job, again and again: a step when its time has come or something wakes it, the next at once
//! after a full one. What goes wrong in a step ends with the step.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use domain::ports::{IdGenerator, Job, JobError, Worked};
use futures_util::FutureExt;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{lock::Lock, measured::Measured};

/// See the module's header.
pub(crate) struct JobLoop {
    pub(crate) job: Arc<dyn Job>,
    pub(crate) lock: Lock,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) stopped: CancellationToken,
    pub(crate) measured: Measured,
    /// The last step has failed. That is logged once, until a step works again; the failures are
    /// counted.
    pub(crate) is_failing: bool,
}

impl JobLoop {
    /// Goes on until it is stopped; then lets the step that runs end, and gives the lock back.
    pub(crate) async fn run(mut self) {
        let mut more = false;
        loop {
            if !more {
                tokio::select! {
                    () = self.stopped.cancelled() => {}
                    () = sleep(self.pause()) => {}
                    () = self.job.woken() => {}
                }
            }
            if self.stopped.is_cancelled() {
                break;
            }
            more = match self.step().await {
                Ok(worked) => self.has_worked(worked),
                Err(error) => self.has_failed(&*error),
            };
        }
        self.lock.give_back().await;
    }

    /// The job's period, or up to a quarter less: nodes that were started together do not all ask at
    /// the same time.
    fn pause(&self) -> Duration {
        let (_, random) = self.ids.next_id().as_u64_pair();
        let permille = u32::try_from(random % 251).unwrap_or(0);
        let period = self.job.period();
        period.saturating_sub(period / 1_000 * permille)
    }

    /// A step; nothing where the job is another node's.
    async fn step(&mut self) -> Result<Option<Worked>, JobError> {
        if !self.lock.take().await? {
            return Ok(None);
        }
        let began = Instant::now();
        let ended = tokio::select! {
            biased;
            ended = AssertUnwindSafe(self.job.step()).catch_unwind() => ended,
            () = self.lock.lost() => Ok(Err("the lock was lost; the step is cut off".into())),
        };
        self.measured.took(began.elapsed());
        let worked = ended.unwrap_or_else(|panic| Err(said(&*panic).into()));
        worked.map(Some)
    }

    fn has_worked(&mut self, worked: Option<Worked>) -> bool {
        if std::mem::take(&mut self.is_failing) {
            info!(job = self.job.name(), "the job works again");
        }
        let Some(worked) = worked else {
            return false;
        };
        self.measured.worked(worked.done);
        worked.more
    }

    fn has_failed(&mut self, error: &dyn std::error::Error) -> bool {
        self.measured.failed();
        if !std::mem::replace(&mut self.is_failing, true) {
            let cause = error.source().map(ToString::to_string);
            warn!(job = self.job.name(), %error, cause, "a job's step has failed; trying again");
        }
        false
    }
}

/// What a panic has said.
fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied();
    let said = said.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("it panicked: {}", said.unwrap_or("without a word"))
}

#[cfg(test)]
mod tests;
