//! Watches the storm: notes its course, shows it, and gives it up when nobody is answered any more.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{
    RehearsalError,
    driver::Storm,
    plan::Plan,
    view::{Moment, View},
};

const EVERY: Duration = Duration::from_millis(100);

/// How many looks there are to one that is shown.
const SHOWN: u64 = 5;

/// After how many looks without an answer the storm is given up: a minute.
const GIVEN_UP: u64 = 600;

/// Until it is over.
pub(super) async fn watch(
    storm: Arc<Storm>,
    plan: Plan,
    over: CancellationToken,
) -> Result<(), RehearsalError> {
    let mut view = View::open(plan.consumers.into());
    let mut look = interval(EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut looks, mut silent, mut before) = (0_u64, 0_u64, 0_u64);
    let mut shown = (Duration::ZERO, 0_u64);
    let mut heard = storm.tally.numbers()?;
    let mut per_second = 0;
    loop {
        let goes_on = over.run_until_cancelled(look.tick()).await.is_some();
        let (elapsed, answers) = (storm.timeline.elapsed(), storm.tally.answers());
        if goes_on {
            storm.timeline.sample(answers, false);
        }
        looks = looks.saturating_add(1);
        silent = if answers > before {
            0
        } else {
            silent.saturating_add(1)
        };
        before = answers;
        if looks.is_multiple_of(SHOWN) || !goes_on {
            let span = elapsed.saturating_sub(shown.0).as_millis();
            let span = u64::try_from(span).unwrap_or(u64::MAX).max(1);
            per_second = answers
                .saturating_sub(shown.1)
                .saturating_mul(1_000)
                .div_euclid(span);
            shown = (elapsed, answers);
            heard = storm.tally.numbers()?;
        }
        let moment = Moment {
            elapsed,
            know: (storm.tally.consumers(), plan.consumers.into()),
            per_second,
            left: storm
                .timeline
                .coupons()
                .saturating_sub(storm.timeline.taken()),
            heard: &heard,
        };
        if !goes_on {
            view.close(&moment);
            return Ok(());
        }
        if looks.is_multiple_of(SHOWN) {
            view.show(&moment);
        }
        if silent > GIVEN_UP {
            storm.stop.cancel();
            view.close(&moment);
            return Err(RehearsalError::GivenUp);
        }
    }
}
