//! The scheduler: a loop for each job.

use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{IdGenerator, Job, LockManager, Scheduler};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::error;
use uuid::Uuid;

use crate::{SchedulerConfig, job_loop::JobLoop, lock::Lock, measured::Measured};

/// Runs jobs in loops of their own, so that none waits for another. Whoever stops waiting for
/// [`run`](Scheduler::run) ends them at once; their locks run out then.
pub struct TokioScheduler {
    locks: Arc<dyn LockManager>,
    ids: Arc<dyn IdGenerator>,
    config: SchedulerConfig,
    /// This node, as a holder of locks.
    owner: Uuid,
    stopped: CancellationToken,
}

impl TokioScheduler {
    /// A scheduler that takes its locks from `locks`; `ids` gives it its name among their holders.
    #[must_use]
    pub fn new(locks: Arc<dyn LockManager>, ids: Arc<dyn IdGenerator>) -> Self {
        Self::with_config(locks, ids, SchedulerConfig::default())
    }

    /// The same, but for its configuration.
    #[must_use]
    pub fn with_config(
        locks: Arc<dyn LockManager>,
        ids: Arc<dyn IdGenerator>,
        config: SchedulerConfig,
    ) -> Self {
        Self {
            locks,
            owner: ids.next_id(),
            ids,
            config,
            stopped: CancellationToken::new(),
        }
    }

    fn loop_of(&self, job: Arc<dyn Job>) -> JobLoop {
        JobLoop {
            lock: Lock {
                locks: Arc::clone(&self.locks),
                name: job.name(),
                owner: self.owner,
                lease: self.config.lease,
                held: None,
            },
            measured: Measured::of(job.name()),
            job,
            ids: Arc::clone(&self.ids),
            stopped: self.stopped.clone(),
            is_failing: false,
        }
    }
}

#[async_trait]
impl Scheduler for TokioScheduler {
    async fn run(&self, jobs: Vec<Arc<dyn Job>>) {
        let loops = jobs.into_iter().map(|job| self.loop_of(job).run());
        let mut loops: JoinSet<()> = loops.collect();
        while let Some(ended) = loops.join_next().await {
            if let Err(panicked) = ended {
                error!(%panicked, "a job will not run on this node any more");
            }
        }
    }

    fn stop(&self) {
        self.stopped.cancel();
    }
}
