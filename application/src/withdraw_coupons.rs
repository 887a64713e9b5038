//! Withdraws the unused copies of USE_COUPONs whose uses are all final.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::{CouponLedger, Job, JobError, Worked};

/// How many copies are withdrawn in one batch: the coupon is locked meanwhile.
const COPIES: u32 = 1_000;
/// How many coupons have a batch in one step.
const COUPONS: u32 = 10;

/// The job. Each batch is a transaction of its own, in which the ledger asks again whether the coupon
/// is still exhausted at the same epoch: a raised cap stops a withdrawal.
pub struct WithdrawCoupons {
    ledger: Arc<dyn CouponLedger>,
}

impl WithdrawCoupons {
    /// Wires the job.
    #[must_use]
    pub fn new(ledger: Arc<dyn CouponLedger>) -> Self {
        Self { ledger }
    }
}

#[async_trait]
impl Job for WithdrawCoupons {
    fn name(&self) -> &'static str {
        "withdraw_coupons"
    }

    fn period(&self) -> Duration {
        Duration::from_millis(500)
    }

    /// One batch of each coupon. One coupon's failure keeps no other from its turn.
    async fn step(&self) -> Result<Worked, JobError> {
        let coupons = self.ledger.to_be_withdrawn(COUPONS).await?;
        let mut worked = Worked::default();
        let mut failed = None;
        for coupon in coupons {
            let batch = self.ledger.withdraw(coupon.id, coupon.epoch, COPIES);
            match batch.await {
                Ok(withdrawn) => {
                    worked.done += u64::from(withdrawn.copies);
                    // A batch of copies that are all used withdraws none, and is not the last.
                    worked.more |= withdrawn.copies > 0 || withdrawn.more;
                }
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => Err(error.into()),
            // After the last batch of these coupons there may be others.
            None => Ok(worked),
        }
    }
}

#[cfg(test)]
mod tests;
