//! Who is connected, in the order in which they have to make room.
//!
//! The order is kept by looking late: an entry stands where its connection stood when it was last
//! looked at, and is moved when it comes up. So a request costs nothing here, and the longest idle of
//! many idle connections is found at once. It has one owner, the accept loop, and no lock.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::progress::{Progress, Reason};

/// How many entries are looked at for one place. Only where nearly all are busy does that not do; the
/// next look then goes on with others.
const LOOKS: usize = 1024;

/// How long a connection may wait for a request before it may have to make room. With less, a crowd
/// larger than all places would close each connection before the request that it brings is read, and
/// nobody would be served.
const GRACE: Duration = Duration::from_millis(100);

/// Below this many entries it is not worth looking for ended ones.
const SMALLEST_SWEEP: usize = 64;

struct Entry {
    /// A time before which it was not waiting: exact, if it has not moved since it was looked at.
    since: Instant,
    progress: Arc<Progress>,
    task: AbortHandle,
}

/// See the module's documentation.
pub(super) struct Roster {
    longest_idle_first: BinaryHeap<Reverse<Entry>>,
    sweep_at: usize,
}

impl Roster {
    pub(super) const fn new() -> Self {
        Self {
            longest_idle_first: BinaryHeap::new(),
            sweep_at: SMALLEST_SWEEP,
        }
    }

    /// Enters a connection that was accepted at `since`.
    pub(super) fn enter(&mut self, since: Instant, progress: Arc<Progress>, task: AbortHandle) {
        if self.longest_idle_first.len() >= self.sweep_at {
            self.longest_idle_first
                .retain(|Reverse(entry)| !entry.task.is_finished());
            self.sweep_at = self
                .longest_idle_first
                .len()
                .saturating_mul(2)
                .max(SMALLEST_SWEEP);
        }
        self.longest_idle_first.push(Reverse(Entry {
            since,
            progress,
            task,
        }));
    }

    /// Closes the connection that has waited longest for a request, and long enough. `false`: none was
    /// found.
    pub(super) fn evict_longest_idle(&mut self) -> bool {
        let now = Instant::now();
        for _ in 0..LOOKS {
            let Some(Reverse(mut entry)) = self.longest_idle_first.pop() else {
                return false;
            };
            if entry.task.is_finished() {
                continue;
            }
            let waiting_since = entry.progress.waiting_since();
            if waiting_since == Some(entry.since) {
                if now < entry.since + GRACE {
                    // All others have waited less.
                    self.longest_idle_first.push(Reverse(entry));
                    return false;
                }
                if entry.close_if_waiting(Reason::Evicted) {
                    return true;
                }
            }
            entry.since = waiting_since.unwrap_or(now);
            self.longest_idle_first.push(Reverse(entry));
        }
        false
    }

    /// Closes every connection on which no request is being served.
    pub(super) fn close_waiting(&self) {
        for Reverse(entry) in &self.longest_idle_first {
            entry.close_if_waiting(Reason::Stopped);
        }
    }

    /// Closes every connection.
    pub(super) fn cut(&self) {
        for Reverse(entry) in &self.longest_idle_first {
            entry.progress.close(Reason::Cut);
            entry.task.abort();
        }
    }
}

impl Entry {
    fn close_if_waiting(&self, reason: Reason) -> bool {
        let closed = self.progress.close_if_waiting(reason);
        if closed {
            self.task.abort();
        }
        closed
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.since.cmp(&other.since)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.since == other.since
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(roster: &mut Roster) -> Arc<Progress> {
        let progress = Arc::new(Progress::accepted(Instant::now()));
        let task = tokio::spawn(std::future::pending::<()>());
        roster.enter(Instant::now(), Arc::clone(&progress), task.abort_handle());
        progress
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_has_a_moment_to_bring_its_request_before_it_makes_room() {
        let mut roster = Roster::new();
        let first = connection(&mut roster);
        tokio::time::advance(GRACE / 2).await;
        let second = connection(&mut roster);
        assert!(!roster.evict_longest_idle());
        tokio::time::advance(GRACE / 2).await;
        assert!(roster.evict_longest_idle());
        assert!(first.waiting_since().is_none() && second.waiting_since().is_some());
        assert!(!roster.evict_longest_idle());
        tokio::time::advance(GRACE / 2).await;
        assert!(roster.evict_longest_idle());
    }
}
