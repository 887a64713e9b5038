//! What a failed accept means: nothing, or a pause. It never ends the loop.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

/// Long enough for a connection that was closed to give its descriptor back.
pub(super) const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
const LOG_EVERY: Duration = Duration::from_secs(10);

/// `ENFILE` and `EMFILE`, the same on every Unix; the standard library has no kind for them.
const NO_DESCRIPTOR: [i32; 2] = [23, 24];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// That one connection has failed; the next is not concerned.
    OnlyThatOne,
    /// There is no descriptor left: an idle connection has one to give.
    NoDescriptor,
    /// Something else of ours; it may pass.
    Ours,
}

/// Failures in a row.
pub(super) struct AcceptErrors {
    next_pause: Duration,
    logged: Option<Instant>,
    unlogged: u64,
}

impl AcceptErrors {
    pub(super) const fn new() -> Self {
        Self {
            next_pause: SHORTEST_PAUSE,
            logged: None,
            unlogged: 0,
        }
    }

    /// A connection was accepted.
    pub(super) const fn over(&mut self) {
        self.next_pause = SHORTEST_PAUSE;
    }

    /// What `error` means. It is logged, but not more often than every 10 s.
    pub(super) fn judge(&mut self, error: &io::Error) -> Meaning {
        self.log(error);
        match error.kind() {
            io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted => Meaning::OnlyThatOne,
            _ if error
                .raw_os_error()
                .is_some_and(|code| NO_DESCRIPTOR.contains(&code)) =>
            {
                Meaning::NoDescriptor
            }
            _ => Meaning::Ours,
        }
    }

    /// How long to wait before the next try: longer each time, up to 1 s.
    pub(super) fn pause(&mut self) -> Duration {
        let pause = self.next_pause;
        self.next_pause = LONGEST_PAUSE.min(pause.saturating_mul(2));
        pause
    }

    fn log(&mut self, error: &io::Error) {
        let now = Instant::now();
        if self.logged.is_some_and(|at| now < at + LOG_EVERY) {
            self.unlogged = self.unlogged.saturating_add(1);
            return;
        }
        tracing::warn!(%error, unlogged = self.unlogged, "a connection could not be accepted");
        self.logged = Some(now);
        self.unlogged = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_theirs_or_a_lack_of_descriptors_or_ours() {
        let mut errors = AcceptErrors::new();
        for (error, meaning) in [
            (
                io::ErrorKind::ConnectionAborted.into(),
                Meaning::OnlyThatOne,
            ),
            (io::Error::from_raw_os_error(24), Meaning::NoDescriptor),
            (io::ErrorKind::OutOfMemory.into(), Meaning::Ours),
        ] {
            assert_eq!(errors.judge(&error), meaning, "{error}");
        }
    }

    #[test]
    fn pauses_grow_up_to_a_bound_until_a_connection_is_accepted() {
        let mut errors = AcceptErrors::new();
        let pauses: Vec<_> = (0..12).map(|_| errors.pause()).collect();
        assert!(pauses.is_sorted());
        assert_eq!((pauses[0], pauses[11]), (SHORTEST_PAUSE, LONGEST_PAUSE));
        errors.over();
        assert_eq!(errors.pause(), SHORTEST_PAUSE);
    }
}
