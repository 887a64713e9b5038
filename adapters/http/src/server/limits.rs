//! How long and how much a connection may take.

use std::time::Duration;

/// What a connection may take before it is refused or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections served at once: 10,000. One more may stand accepted, unread, while a place is made
    /// for it; the rest wait with the operating system.
    pub max_connections: usize,
    /// From the first byte of a request head (on a new connection: from its acceptance) to its last:
    /// 2 s. Later is answered 408.
    pub head: Duration,
    /// Silence between two requests of one connection: 30 s.
    pub idle: Duration,
    /// A reply, from where its reader falls behind to its last byte: 30 s.
    pub stalled_write: Duration,
    /// Request line and headers: 16 KiB. More is answered 431.
    pub max_head_bytes: usize,
    /// What is being answered when the server stops has this long to finish: 10 s.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_connections: 10_000,
            head: Duration::from_secs(2),
            idle: Duration::from_secs(30),
            stalled_write: Duration::from_secs(30),
            max_head_bytes: 16 * 1024,
            drain: Duration::from_secs(10),
        }
    }
}
