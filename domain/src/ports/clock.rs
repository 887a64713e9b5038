//! Time and ids come from outside.

use uuid::Uuid;

use crate::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in UTC. May step back when the machine's clock is set; callers take differences with
    /// care.
    fn now(&self) -> Timestamp;
}

/// Makes ids.
pub trait IdGenerator: Send + Sync {
    /// A new id that nobody else has. *Must* be a UUIDv7, and rise from call to call on this node,
    /// so that rows are appended, not scattered.
    fn next_id(&self) -> Uuid;
}
