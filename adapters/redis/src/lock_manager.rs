//! Locks with a lease. A lock is a key that expires; what stands in it names its holder and no other
//! holder ever, so that whoever has lost a lock neither prolongs nor gives back somebody else's.
//!
//! A Redis that loses what it keeps frees every lock: the next [`renew`](LockManager::renew) tells the
//! holder that it is lost. Must never be what a rule stands on.

use std::sync::LazyLock;

use async_trait::async_trait;
use domain::ports::{Lease, LockManager, StoreError};
use uuid::Uuid;

use crate::connection::RedisConnection;
use crate::script::Script;

static ACQUIRE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lock_manager/acquire.lua")));
static RENEW: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lock_manager/renew.lua")));
static RELEASE: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("lock_manager/release.lua")));

/// Locks in Redis. See the module's header.
pub struct RedisLocks {
    redis: RedisConnection,
}

impl RedisLocks {
    /// The locks over there.
    #[must_use]
    pub const fn new(redis: RedisConnection) -> Self {
        Self { redis }
    }
}

#[async_trait]
impl LockManager for RedisLocks {
    async fn acquire(
        &self,
        name: &'static str,
        owner: Uuid,
        micros: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let mut acquire = ACQUIRE.on(&keys(name));
        acquire.arg(owner.to_string()).arg(millis(micros));
        let generation: Option<u64> = self.redis.run(&acquire).await?;
        Ok(generation.map(|generation| Lease {
            name,
            owner,
            generation,
        }))
    }

    async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError> {
        let mut renew = RENEW.on(&keys(lease.name));
        renew.arg(holder(lease)).arg(millis(micros));
        Ok(self.redis.run(&renew).await?)
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut release = RELEASE.on(&keys(lease.name));
        release.arg(holder(lease));
        Ok(self.redis.run(&release).await?)
    }
}

/// The lock, and the generation of its newest holder; what is between the braces puts both into one
/// slot.
fn keys(name: &str) -> [String; 2] {
    ["holder", "generation"].map(|what| format!("firstcome:lock:{{{name}}}:{what}"))
}

/// What stands in the lock while this lease holds it.
fn holder(lease: &Lease) -> String {
    format!("{}:{}", lease.owner, lease.generation)
}

/// At least as long; a key can't expire at once.
fn millis(micros: i64) -> u64 {
    u64::try_from(micros).unwrap_or(0).div_ceil(1_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::slot_of;
    use rstest::rstest;

    #[rstest]
    #[case(i64::MIN, 1)]
    #[case(0, 1)]
    #[case(1_000, 1)]
    #[case(1_001, 2)]
    #[case(5_000_000, 5_000)]
    fn a_lease_is_never_shorter_than_was_asked_for(#[case] micros: i64, #[case] expected: u64) {
        assert_eq!(millis(micros), expected);
    }

    #[test]
    fn both_keys_of_a_lock_are_in_one_slot() {
        let [holder, generation] = keys("fill_gate");
        assert_ne!(holder, generation);
        assert_eq!(slot_of(&holder), slot_of(&generation));
    }
}
