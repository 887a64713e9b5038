//! Writes down that holds have lapsed, so that the counters say so too. Nobody depends on it: a hold
//! past its deadline is expired at once, and a full coupon first expires what has lapsed.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::{HoldLedger, Job, JobError, Worked};

/// How many are written down in one step.
const MOST: u32 = 500;

/// The job.
pub struct ExpireHolds {
    holds: Arc<dyn HoldLedger>,
}

impl ExpireHolds {
    /// Wires the job.
    #[must_use]
    pub fn new(holds: Arc<dyn HoldLedger>) -> Self {
        Self { holds }
    }
}

#[async_trait]
impl Job for ExpireHolds {
    fn name(&self) -> &'static str {
        "expire_holds"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(1)
    }

    async fn step(&self) -> Result<Worked, JobError> {
        let expired = self.holds.expire_holds(MOST).await?;
        Ok(Worked {
            done: expired.into(),
            more: expired == MOST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MockHolds;
    use domain::ports::StoreError;

    fn job(step: Result<u32, StoreError>) -> ExpireHolds {
        let mut ledger = MockHolds::new();
        let stepped = ledger.expect_expire_holds().once();
        stepped.withf(|most| *most == MOST).return_once(|_| step);
        ExpireHolds::new(Arc::new(ledger))
    }

    #[tokio::test]
    async fn a_full_step_says_that_there_may_be_more() {
        for (done, more) in [(MOST, true), (MOST - 1, false), (0, false)] {
            let worked = job(Ok(done)).step().await.unwrap();
            let done = done.into();
            assert_eq!(worked, Worked { done, more });
        }
        assert!(job(Err(StoreError::Overloaded)).step().await.is_err());
    }
}
