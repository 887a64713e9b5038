//! How far one connection has come: what its socket, its service, its task and the accept loop must
//! agree on.
//!
//! ```text
//! Fresh ─bytes─► ReadingHead ─head complete─► Serving ─reply made─► Answered ─sent─► Idle
//!                     ▲                          ▲                                    │ │
//!                     │                          └──── head complete (pipelined) ─────┘ │
//!                     └──────────────────────────────── bytes ──────────────────────────┘
//! ```
//! A last reply leads to Lingering; everything ends as Closed, but Serving and Answered never because
//! room is needed.
//!
//! The lock is a connection's own: it is contended only in the moment when the accept loop wants to
//! close just this one. A request that was begun is never closed to make room, and a connection that
//! was closed never begins one, because both are decided under this lock.
//!
//! What hyper has in its buffer can't be seen from outside. So a piece of a head that came together with
//! the request before it is given the idle limit until more of it comes; when a limit has passed, the
//! task looks, and answers 408 all the same.

use parking_lot::Mutex;
use tokio::time::Instant;

use super::Limits;

/// Why a connection ended: the label of its metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// The client closed it, or the network did.
    Client,
    /// It was answered and one side had asked to close, or the request's rest was not worth reading.
    Answered,
    /// Nothing came, from the start or between two requests.
    Idle,
    /// A request head took too long: 408.
    SlowHead,
    /// A request head was too large: 431.
    LargeHead,
    /// That was no HTTP/1: 400.
    Malformed,
    /// The client did not read its reply.
    StalledWrite,
    /// Room was needed for another.
    Evicted,
    /// The server stops; nothing was being answered.
    Stopped,
    /// The server stops; what was being answered took too long.
    Cut,
    /// The service failed or panicked.
    Failed,
}

impl Reason {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Reason::Client => "client",
            Reason::Answered => "answered",
            Reason::Idle => "idle",
            Reason::SlowHead => "slow_head",
            Reason::LargeHead => "large_head",
            Reason::Malformed => "malformed",
            Reason::StalledWrite => "stalled_write",
            Reason::Evicted => "evicted",
            Reason::Stopped => "stopped",
            Reason::Cut => "cut",
            Reason::Failed => "failed",
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Accepted; not a byte has come.
    Fresh { since: Instant },
    /// Part of a head has come. Since when, is not known before somebody asks: a head that comes in one
    /// piece costs no look at the clock.
    ReadingHead { since: Option<Instant> },
    /// The service has the request.
    Serving,
    /// The whole reply is made, not all of it is sent.
    Answered,
    /// The reply is sent.
    Idle { since: Instant },
    /// The last reply is sent; what the client still sends is read and thrown away.
    Lingering { since: Instant },
    /// Over.
    Closed(Reason),
}

struct State {
    phase: Phase,
    /// Since when no byte of a reply could be sent on.
    write_blocked: Option<Instant>,
}

/// See the module's documentation.
pub(super) struct Progress(Mutex<State>);

impl Progress {
    /// A connection that was just accepted.
    pub(super) fn accepted(now: Instant) -> Self {
        Self(Mutex::new(State {
            phase: Phase::Fresh { since: now },
            write_blocked: None,
        }))
    }

    /// Bytes have come from the client.
    pub(super) fn bytes_came(&self) {
        let mut state = self.0.lock();
        state.phase = match state.phase {
            Phase::Fresh { since } => Phase::ReadingHead { since: Some(since) },
            Phase::Idle { .. } => Phase::ReadingHead { since: None },
            other => other,
        };
    }

    /// A head is complete. `false`: the connection was closed meanwhile, the request must not begin.
    #[must_use]
    pub(super) fn begin_request(&self) -> bool {
        let mut state = self.0.lock();
        let open = !matches!(state.phase, Phase::Closed(_));
        if open {
            state.phase = Phase::Serving;
        }
        open
    }

    /// All of the reply is made.
    pub(super) fn answered(&self) {
        let mut state = self.0.lock();
        if matches!(state.phase, Phase::Serving) {
            state.phase = Phase::Answered;
        }
    }

    /// Everything that was written is with the operating system.
    pub(super) fn flushed(&self) {
        let mut state = self.0.lock();
        state.write_blocked = None;
        if matches!(state.phase, Phase::Answered) {
            state.phase = Phase::Idle {
                since: Instant::now(),
            };
        }
    }

    /// Whether there is a request that bytes to the client can belong to.
    pub(super) fn has_request(&self) -> bool {
        matches!(self.0.lock().phase, Phase::Serving | Phase::Answered)
    }

    /// The client takes no more bytes for the moment. That counts until all is written: one that
    /// takes a byte now and then is as slow as one that takes none.
    pub(super) fn write_blocked(&self) {
        self.0.lock().write_blocked.get_or_insert_with(Instant::now);
    }

    /// The last reply is on its way.
    pub(super) fn linger(&self) {
        let mut state = self.0.lock();
        if !matches!(state.phase, Phase::Closed(_)) {
            state.phase = Phase::Lingering {
                since: Instant::now(),
            };
        }
    }

    /// Since when no request is being served; `None` if one is, or the connection is closed.
    pub(super) fn waiting_since(&self) -> Option<Instant> {
        match &mut self.0.lock().phase {
            Phase::ReadingHead { since } => Some(*since.get_or_insert_with(Instant::now)),
            Phase::Fresh { since } | Phase::Idle { since } | Phase::Lingering { since } => {
                Some(*since)
            }
            Phase::Serving | Phase::Answered | Phase::Closed(_) => None,
        }
    }

    /// Closes the connection unless a request is being served. `true`: no request will begin on it.
    #[must_use]
    pub(super) fn close_if_waiting(&self, reason: Reason) -> bool {
        let mut state = self.0.lock();
        let waiting = !matches!(
            state.phase,
            Phase::Serving | Phase::Answered | Phase::Closed(_)
        );
        if waiting {
            state.phase = Phase::Closed(reason);
        }
        waiting
    }

    /// Closes the connection. The first reason stays.
    pub(super) fn close(&self, reason: Reason) {
        let mut state = self.0.lock();
        if !matches!(state.phase, Phase::Closed(_)) {
            state.phase = Phase::Closed(reason);
        }
    }

    /// Why it was closed; a task that ended without saying so has failed.
    pub(super) fn closed_because(&self) -> Reason {
        match self.0.lock().phase {
            Phase::Closed(reason) => reason,
            _ => Reason::Failed,
        }
    }

    /// Until when the connection may stay as it is, and what it is guilty of after that.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<(Instant, Reason)> {
        let state = &mut *self.0.lock();
        match &mut state.phase {
            Phase::Fresh { since } => Some((*since + limits.head, Reason::Idle)),
            Phase::ReadingHead { since } => {
                let since = *since.get_or_insert_with(Instant::now);
                Some((since + limits.head, Reason::SlowHead))
            }
            Phase::Idle { since } => Some((*since + limits.idle, Reason::Idle)),
            Phase::Serving | Phase::Answered => state
                .write_blocked
                .map(|since| (since + limits.stalled_write, Reason::StalledWrite)),
            Phase::Lingering { .. } | Phase::Closed(_) => None,
        }
    }
}
