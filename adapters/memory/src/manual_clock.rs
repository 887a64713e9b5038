//! A clock that stands until it is set.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::Timestamp;
use domain::ports::Clock;

/// Tells the time that it was last set to; forwards or back, as the machine's own clock may be.
#[derive(Debug)]
pub struct ManualClock {
    micros: AtomicI64,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        let micros = AtomicI64::new(now.as_micros());
        Self { micros }
    }

    /// From here on it is `now`.
    pub fn set(&self, now: Timestamp) {
        self.micros.store(now.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }
}
