//! The funnel's last stages: batches that form while a commit is in flight.
//!
//! One lane per [`IssueScope`], one batch of a lane at a time in the ledger, each lane in its own
//! task. So a busy event never delays a quiet one, nobody waits for a timer, and a client that goes
//! away takes nothing with it: its request is in the lane, not in its connection. The bound on how many
//! may wait is shared by all lanes, but none can take it all.

mod facts;
mod turn;

use std::{sync::Arc, time::Duration};

use domain::{
    IssueOutcome, IssueRequest, IssueScope,
    ports::{CouponLedger, StoreError},
};
use metrics::Counter;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::{
    FinalAnswers, NodeGate,
    lane_queue::{Full, LaneQueue, Pushed},
};

/// How much a node takes on.
#[derive(Clone, Copy, Debug)]
pub struct LaneLimits {
    /// Requests that wait, over all lanes, and at most three quarters of them in one; more are
    /// refused at once.
    pub waiting: usize,
    /// Requests in one batch.
    pub batch: usize,
    /// How long a request waits for its answer before it is told that the outcome is unknown.
    pub patience: Duration,
}

impl Default for LaneLimits {
    fn default() -> Self {
        Self {
            waiting: 10_000,
            batch: 1_000,
            patience: Duration::from_secs(5),
        }
    }
}

/// Why a request has no outcome.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LanesError {
    /// More is waiting than this node takes on; nothing happened.
    #[error("more requests are waiting than this node takes on")]
    Overloaded,
    /// The ledger said so.
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug)]
struct Waiting {
    request: IssueRequest,
    answer: oneshot::Sender<Result<IssueOutcome, StoreError>>,
}

/// The lanes of a node. See the module's header.
pub struct Lanes {
    queue: LaneQueue<IssueScope, Waiting>,
    limits: LaneLimits,
    ledger: Arc<dyn CouponLedger>,
    answers: Arc<FinalAnswers>,
    gate: Option<Arc<NodeGate>>,
    workers: TaskTracker,
    taken_to_the_ledger: Counter,
}

impl Lanes {
    /// Lanes that lead to `ledger`, past `gate` where there is one, and tell `answers` what each
    /// batch has shown.
    #[must_use]
    pub fn new(
        ledger: Arc<dyn CouponLedger>,
        answers: Arc<FinalAnswers>,
        gate: Option<Arc<NodeGate>>,
        limits: LaneLimits,
    ) -> Arc<Self> {
        let queue = LaneQueue::new(limits.waiting);
        Arc::new(Self {
            queue,
            limits,
            ledger,
            answers,
            gate,
            workers: TaskTracker::new(),
            taken_to_the_ledger: metrics::counter!("firstcome_issue_answers_total", "from" => "ledger"),
        })
    }

    /// Sends a request through its lane and waits for the outcome. From here on the request is
    /// decided and stored whether or not the caller waits.
    ///
    /// # Errors
    /// [`LanesError`]; it says whether anything may have happened.
    pub async fn issue(
        self: &Arc<Self>,
        scope: IssueScope,
        request: IssueRequest,
    ) -> Result<IssueOutcome, LanesError> {
        let (answer, outcome) = oneshot::channel();
        match self.queue.push(scope, Waiting { request, answer }) {
            Err(Full) => return Err(LanesError::Overloaded),
            Ok(Pushed::Queued) => {}
            Ok(Pushed::LaneOpened) => {
                self.workers.spawn(
                    Worker {
                        lanes: Arc::clone(self),
                        scope,
                    }
                    .run(),
                );
            }
        }
        if self.gate_of(scope).is_none() {
            self.taken_to_the_ledger.increment(1);
        }
        match tokio::time::timeout(self.limits.patience, outcome).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            Ok(Err(_)) => Err(StoreError::unknown("the batch ended without an answer").into()),
            Err(_) => Err(StoreError::unknown("the ledger took too long").into()),
        }
    }

    /// How many requests wait for their batch.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// Waits until every lane is empty and every batch has ended. To be called when nothing new
    /// comes any more.
    pub async fn drained(&self) {
        self.workers.close();
        self.workers.wait().await;
    }
}

/// Works on one lane until it is over.
struct Worker {
    lanes: Arc<Lanes>,
    scope: IssueScope,
}

impl Worker {
    async fn run(self) {
        let batch_size = metrics::histogram!("firstcome_issue_batch_size");
        let (scope, mut telling) = (self.scope, None::<JoinHandle<()>>);
        while let Some(batch) = self.lanes.queue.take(scope, self.lanes.limits.batch) {
            batch_size.record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
            let shown = self.lanes.turn(scope, batch).await;
            // One at a time: a gate that is slow is not told faster than it listens.
            if let Some(earlier) = telling.take() {
                let _told_or_panicked = earlier.await;
            }
            if let Some(facts) = shown {
                let lanes = Arc::clone(&self.lanes);
                let task = async move { lanes.tell(scope, facts).await };
                telling = Some(self.lanes.workers.spawn(task));
            }
        }
    }
}

impl Drop for Worker {
    /// After a panic in a ledger the lane must not stay behind without a worker: those who wait get
    /// "unknown", the next request opens the lane anew.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let left = self.lanes.queue.abandon(self.scope).len();
            error!(requests = left, "the worker of a lane panicked");
        }
    }
}

#[cfg(test)]
mod tests;
