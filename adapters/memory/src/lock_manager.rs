//! The port of locks with a lease.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::{Lease, LockManager, StoreError};
use uuid::Uuid;

use crate::MemoryStore;

/// The newest lease of a lock. It stays when it is over, so that generations go on rising.
pub(crate) struct Held {
    lease: Lease,
    /// The first instant at which it is over.
    until: Timestamp,
}

impl Held {
    fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now
    }
}

#[async_trait]
impl LockManager for MemoryStore {
    async fn acquire(
        &self,
        name: &'static str,
        owner: Uuid,
        micros: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let (mut tables, now) = self.lock();
        let generation = match tables.locks.get(name) {
            None => 1,
            Some(held) if held.is_over(now) => held.lease.generation.saturating_add(1),
            Some(held) if held.lease.owner == owner => held.lease.generation,
            Some(_) => return Ok(None),
        };
        let lease = Lease {
            name,
            owner,
            generation,
        };
        let held = Held {
            lease: lease.clone(),
            until: now.plus_micros(micros),
        };
        tables.locks.insert(name, held);
        Ok(Some(lease))
    }

    async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError> {
        let (mut tables, now) = self.lock();
        let held = tables.locks.get_mut(lease.name);
        let held = held.filter(|held| held.lease == *lease && !held.is_over(now));
        let renewed = held.map(|held| held.until = now.plus_micros(micros));
        Ok(renewed.is_some())
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let (mut tables, now) = self.lock();
        let held = tables.locks.get_mut(lease.name);
        if let Some(held) = held.filter(|held| held.lease == *lease) {
            held.until = held.until.min(now);
        }
        Ok(())
    }
}
