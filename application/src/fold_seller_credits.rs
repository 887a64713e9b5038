//! Folds what sellers were credited into their balances, so that telling a balance stays cheap.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::{Job, JobError, Wallets, Worked};

/// How many credits are folded in one step.
const MOST: u32 = 1_000;

/// The job.
pub struct FoldSellerCredits {
    wallets: Arc<dyn Wallets>,
}

impl FoldSellerCredits {
    /// Wires the job.
    #[must_use]
    pub fn new(wallets: Arc<dyn Wallets>) -> Self {
        Self { wallets }
    }
}

#[async_trait]
impl Job for FoldSellerCredits {
    fn name(&self) -> &'static str {
        "fold_seller_credits"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn step(&self) -> Result<Worked, JobError> {
        let folded = self.wallets.fold_seller_credits(MOST).await?;
        Ok(Worked {
            done: folded.into(),
            more: folded == MOST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::MockPurses;
    use domain::ports::StoreError;

    fn job(step: Result<u32, StoreError>) -> FoldSellerCredits {
        let mut ledger = MockPurses::new();
        let stepped = ledger.expect_fold_seller_credits().once();
        stepped.withf(|most| *most == MOST).return_once(|_| step);
        FoldSellerCredits::new(Arc::new(ledger))
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
