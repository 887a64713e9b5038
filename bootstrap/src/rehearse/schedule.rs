//! When each consumer begins. In an open loop that moment is fixed beforehand, and latency is measured
//! from it: a slow answer delays nobody's beginning on paper, so it hides nobody's waiting
//! (coordinated omission).

use std::time::{Duration, Instant};

use super::plan::Rate;

/// See the module's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    begin: Instant,
    rate: Rate,
}

impl Schedule {
    pub(super) fn new(begin: Instant, rate: Rate) -> Self {
        Self { begin, rate }
    }

    /// When consumer `number` is to begin, if a connection is free at `now`.
    pub(super) fn begins(&self, number: u32, now: Instant) -> Instant {
        match self.rate {
            Rate::Max => now,
            Rate::PerSecond(rate) => {
                let micros = u64::from(number)
                    .saturating_mul(1_000_000)
                    .div_euclid(u64::from(rate.get()));
                self.begin
                    .checked_add(Duration::from_micros(micros))
                    .unwrap_or(now)
            }
        }
    }

    /// From when the latency counts of a request that was due then and sent now.
    pub(super) fn counts_from(&self, due: Instant, sent: Instant) -> Instant {
        match self.rate {
            Rate::Max => sent,
            Rate::PerSecond(_) => due.min(sent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn schedule(rate: u32) -> (Instant, Schedule) {
        let begin = Instant::now();
        let rate = NonZeroU32::new(rate).map_or(Rate::Max, Rate::PerSecond);
        (begin, Schedule::new(begin, rate))
    }

    #[test]
    fn in_an_open_loop_consumers_begin_at_even_distances_however_late_it_is() {
        let (begin, schedule) = schedule(4);
        let late = begin + Duration::from_secs(100);
        for (number, millis) in [
            (0, 0),
            (1, 250),
            (2, 500),
            (4_000_000_000, 1_000_000_000_000),
        ] {
            let begins = schedule.begins(number, late);
            assert_eq!(begins.duration_since(begin), Duration::from_millis(millis));
        }
    }

    #[test]
    fn in_an_open_loop_the_wait_for_a_free_connection_counts() {
        let (begin, schedule) = schedule(1_000);
        let sent = begin + Duration::from_secs(3);
        let due = schedule.begins(1_000, sent);
        let from = schedule.counts_from(due, sent);
        assert_eq!(sent.duration_since(from), Duration::from_secs(2));
    }

    #[test]
    fn in_a_closed_loop_everybody_begins_at_once_and_latency_counts_from_the_sending() {
        let (begin, schedule) = schedule(0);
        let now = begin + Duration::from_secs(3);
        assert_eq!(schedule.begins(1_000, now), now);
        assert_eq!(schedule.counts_from(begin, now), now);
    }
}
