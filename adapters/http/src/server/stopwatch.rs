//! One timer per connection for all of its limits.
//!
//! Deadlines move with every request, the timer does not: when it rings, it is set to the deadline
//! that holds by then. Only one that comes *before* the next ring sets it anew, and that takes a head
//! in pieces or a reader that stopped reading.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use super::Limits;
use super::progress::{Progress, Reason};

/// When to ring if there is no deadline. Nothing depends on it: one that arises sets the timer.
const NEXT_LOOK: Duration = Duration::from_secs(30);

pub(super) struct Stopwatch(Pin<Box<Sleep>>);

impl Stopwatch {
    pub(super) fn new(limits: &Limits) -> Self {
        Self(Box::pin(sleep_until(Instant::now() + limits.head)))
    }

    /// Ready when a limit is passed, with what the connection is guilty of.
    pub(super) fn poll_late(
        &mut self,
        cx: &mut Context<'_>,
        progress: &Progress,
        limits: &Limits,
    ) -> Poll<Reason> {
        let deadline = progress.deadline(limits);
        if let Some((at, _)) = deadline
            && at < self.0.deadline()
        {
            self.0.as_mut().reset(at);
        }
        while self.0.as_mut().poll(cx).is_ready() {
            let next = match deadline {
                Some((at, reason)) if at <= Instant::now() => return Poll::Ready(reason),
                Some((at, _)) => at,
                None => Instant::now() + NEXT_LOOK,
            };
            self.0.as_mut().reset(next);
        }
        Poll::Pending
    }
}
