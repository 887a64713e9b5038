//! The ledger's time, as well as a node can know it between two questions.
//!
//! Each question brackets the ledger's answer between the node's "before" and "after"; a monotonic
//! clock carries both ends on. A node may refuse when both ends agree; it never grants.

use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use domain::Timestamp;

/// The ledger's time lies in `[earliest, latest]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LedgerTime {
    /// It is not before this.
    pub earliest: Timestamp,
    /// It is not after this.
    pub latest: Timestamp,
    /// The ledger was asked so lately that what it has changed since can be waited for no longer
    /// than is promised. Otherwise what can change is not to be answered from memory.
    pub is_fresh: bool,
}

/// A raised cap counts everywhere within this time.
const FRESH: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Reading {
    ledger: Timestamp,
    before: Instant,
    after: Instant,
}

/// Knows the ledger's time since the last [`align`](Self::align).
#[derive(Debug)]
pub struct LedgerClock {
    reading: ArcSwap<Reading>,
}

impl LedgerClock {
    /// A clock for a ledger that answered `ledger` to a question asked at `before`.
    #[must_use]
    pub fn new(ledger: Timestamp, before: Instant) -> Self {
        let reading = Reading {
            ledger,
            before,
            after: Instant::now(),
        };
        Self {
            reading: ArcSwap::from_pointee(reading),
        }
    }

    /// Takes a new reading: the ledger answered `ledger` to a question asked at `before`.
    pub fn align(&self, ledger: Timestamp, before: Instant) {
        self.reading.store(std::sync::Arc::new(Reading {
            ledger,
            before,
            after: Instant::now(),
        }));
    }

    /// The bounds of the ledger's time, now.
    #[must_use]
    pub fn time(&self) -> LedgerTime {
        let reading = self.reading.load();
        let now = Instant::now();
        let since = |start| {
            let passed = now.saturating_duration_since(start).as_micros();
            i64::try_from(passed).unwrap_or(i64::MAX)
        };
        LedgerTime {
            earliest: reading.ledger.plus_micros(since(reading.after)),
            latest: reading.ledger.plus_micros(since(reading.before)),
            is_fresh: now.saturating_duration_since(reading.before) < FRESH,
        }
    }

    /// The ledger's time, never ahead of it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.time().earliest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_are_as_far_apart_as_the_question_took() {
        let asked = Instant::now().checked_sub(Duration::from_secs(3)).unwrap();
        let clock = LedgerClock::new(Timestamp::from_micros(1_000), asked);
        let time = clock.time();
        assert!(time.earliest >= Timestamp::from_micros(1_000));
        assert!(time.latest.micros_since(time.earliest) >= 3_000_000);
        assert!(!time.is_fresh);
    }

    #[test]
    fn a_new_reading_replaces_the_old_also_backwards() {
        let clock = LedgerClock::new(Timestamp::from_micros(9_000_000_000), Instant::now());
        clock.align(Timestamp::from_micros(0), Instant::now());
        assert!(clock.now() < Timestamp::from_micros(9_000_000_000));
    }
}
