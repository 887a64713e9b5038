//! The lock of one job, as this node holds it. Believes in it for less time than the one who gave it
//! does: every lease is counted from before it was asked for, and given up at two thirds.

use std::{sync::Arc, time::Duration};

use domain::ports::{Lease, LockManager, StoreError};
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

/// See the module's header.
pub(crate) struct Lock {
    pub(crate) locks: Arc<dyn LockManager>,
    pub(crate) name: &'static str,
    pub(crate) owner: Uuid,
    pub(crate) lease: Duration,
    pub(crate) held: Option<Held>,
}

pub(crate) struct Held {
    lease: Lease,
    /// Before it was last asked for.
    since: Instant,
}

impl Lock {
    /// Is it this node's? Asks only when it must: not when it was given the lock a moment ago.
    pub(crate) async fn take(&mut self) -> Result<bool, StoreError> {
        let third = self.third();
        let is_fresh = |held: &Held| held.since.elapsed() < third;
        if self.held.as_ref().is_some_and(is_fresh) {
            return Ok(true);
        }
        self.held = None;
        let since = Instant::now();
        let asked = self.locks.acquire(self.name, self.owner, self.micros());
        let lease = timeout(third, asked).await.map_err(StoreError::unknown)??;
        self.held = lease.map(|lease| Held { lease, since });
        Ok(self.held.is_some())
    }

    /// Prolongs it for as long as it can; returns when it is lost.
    pub(crate) async fn lost(&mut self) {
        let (third, micros) = (self.third(), self.micros());
        while let Some(held) = &mut self.held {
            sleep_until(held.since + third).await;
            let since = Instant::now();
            let asked = self.locks.renew(&held.lease, micros);
            match timeout(third, asked).await {
                Ok(Ok(true)) => held.since = since,
                _ => self.held = None,
            }
        }
    }

    /// Gives it back, so that another node has it at once; if that fails, the lease runs out.
    pub(crate) async fn give_back(&mut self) {
        if let Some(held) = self.held.take() {
            let _given_back_or_runs_out =
                timeout(self.third(), self.locks.release(&held.lease)).await;
        }
    }

    fn third(&self) -> Duration {
        self.lease / 3
    }

    fn micros(&self) -> i64 {
        i64::try_from(self.lease.as_micros()).unwrap_or(i64::MAX)
    }
}
