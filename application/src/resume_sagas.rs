//! Takes over sagas that nobody works on any more, whoever began them, and works on them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::{Job, JobError, PurchaseLedger, Worked};
use tokio::task::JoinSet;

use crate::SagaWorker;

/// How many are taken over in one step.
const MOST: u32 = 100;
/// How many of them are worked on at a time: no more are taken over than somebody works on at once.
const AT_A_TIME: u32 = 16;

/// How long what becomes due waits for room that is there already.
const LOOK: Duration = Duration::from_secs(1);

/// The job. A step that is cut off leaves its sagas to the worker, which goes on with them.
pub struct ResumeSagas {
    worker: Arc<SagaWorker>,
    purchases: Arc<dyn PurchaseLedger>,
}

impl ResumeSagas {
    /// Wires the job.
    #[must_use]
    pub fn new(worker: Arc<SagaWorker>, purchases: Arc<dyn PurchaseLedger>) -> Self {
        Self { worker, purchases }
    }
}

#[async_trait]
impl Job for ResumeSagas {
    fn name(&self) -> &'static str {
        "resume_sagas"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Takes over what is due; ends when all of it is at rest.
    async fn step(&self) -> Result<Worked, JobError> {
        let (mut works, mut working, mut taken) = (JoinSet::new(), 0, 0);
        loop {
            let room = (MOST - taken).min(AT_A_TIME - working);
            if room > 0 {
                let patience = self.worker.patience();
                for saga in self.purchases.take_over_sagas(room, patience).await? {
                    let work = self.worker.go_on(saga);
                    works.spawn(work.ended);
                    (working, taken) = (working + 1, taken + 1);
                }
            }
            // One that hangs at its provider must not keep others from being taken over. A panic is the
            // worker's own concern; the saga is left to its lease.
            tokio::select! {
                ended = works.join_next() => match ended {
                    Some(_) => working -= 1,
                    None => break,
                },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        Ok(Worked {
            done: taken.into(),
            more: taken == MOST,
        })
    }

    async fn woken(&self) {
        self.worker.woken().await;
    }
}

#[cfg(test)]
mod tests;
