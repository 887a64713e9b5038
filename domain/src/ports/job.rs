//! What is done in the background, and who sees to it.

use std::{error::Error, sync::Arc, time::Duration};

use async_trait::async_trait;

/// Why a step of a job has failed; it is tried again at its next time.
pub type JobError = Box<dyn Error + Send + Sync>;

/// Something that is done again and again, in steps that are bounded. A step may be cut off at any
/// await, and may run on two nodes at once: both must be harmless.
#[async_trait]
pub trait Job: Send + Sync {
    /// Its name: of its lock, and in metrics and logs.
    fn name(&self) -> &'static str;

    /// How often it runs, when nothing wakes it earlier.
    fn period(&self) -> Duration;

    /// Does one step now; says how much was done. A full step (there may be more) is followed by the
    /// next at once.
    ///
    /// # Errors
    /// [`JobError`].
    async fn step(&self) -> Result<Worked, JobError>;

    /// Returns when there is something to do before the period is over. By default never.
    async fn woken(&self) {
        std::future::pending().await
    }
}

/// What a step has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Worked {
    /// How many things.
    pub done: u64,
    /// There may be more to do at once.
    pub more: bool,
}

/// Runs jobs, each on one node at a time, until it is told to stop.
#[async_trait]
pub trait Scheduler: Send + Sync {
    /// Runs the jobs until [`stop`](Self::stop); then lets the steps that run end.
    async fn run(&self, jobs: Vec<Arc<dyn Job>>);

    /// Begins no step any more.
    fn stop(&self);
}
