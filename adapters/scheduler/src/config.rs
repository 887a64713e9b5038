//! How long a node has a lock.

use std::time::Duration;

/// How a scheduler holds its locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// After this time a node that has died is succeeded by another. Prolonged at a third of it while
    /// a step runs.
    pub lease: Duration,
}

impl Default for SchedulerConfig {
    /// 10 s.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
        }
    }
}
