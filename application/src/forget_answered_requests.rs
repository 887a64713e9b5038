//! Forgets answers that were kept for a day and a little longer.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::ports::{AnsweredRequests, Job, JobError, Worked};

use crate::LedgerClock;

/// How long an answer is kept, in microseconds: the 24 hours that are promised, and one more, so that
/// no delay between ledger and caller makes it less.
const KEPT: i64 = 25 * 3_600_000_000;
/// How many are forgotten in one step.
const MOST: u32 = 1_000;

/// The job.
pub struct ForgetAnsweredRequests {
    answered: Arc<dyn AnsweredRequests>,
    clock: Arc<LedgerClock>,
}

impl ForgetAnsweredRequests {
    /// Wires the job.
    #[must_use]
    pub fn new(answered: Arc<dyn AnsweredRequests>, clock: Arc<LedgerClock>) -> Self {
        Self { answered, clock }
    }
}

#[async_trait]
impl Job for ForgetAnsweredRequests {
    fn name(&self) -> &'static str {
        "forget_answered_requests"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn step(&self) -> Result<Worked, JobError> {
        let before = self.clock.now().plus_micros(-KEPT);
        let forgotten = self.answered.forget_answered(before, MOST).await?;
        Ok(Worked {
            done: forgotten.into(),
            more: forgotten == MOST,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MockAnswers, at};
    use std::time::Instant;

    const HOUR: i64 = 3_600_000_000;

    #[tokio::test]
    async fn what_was_kept_for_less_than_a_day_and_an_hour_is_not_forgotten() {
        let now = at(100 * HOUR);
        for (forgotten, more) in [(MOST, true), (MOST - 1, false)] {
            let mut answered = MockAnswers::new();
            answered
                .expect_forget_answered()
                .once()
                .withf(move |before, most| {
                    // The ledger's clock goes on while this runs.
                    let kept = now.micros_since(*before);
                    *most == MOST && (24 * HOUR + 1..=25 * HOUR).contains(&kept)
                })
                .returning(move |_, _| Ok(forgotten));
            let clock = LedgerClock::new(now, Instant::now());
            let job = ForgetAnsweredRequests::new(Arc::new(answered), Arc::new(clock));
            let done = forgotten.into();
            assert_eq!(job.step().await.unwrap(), Worked { done, more });
        }
    }
}
