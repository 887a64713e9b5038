//! Locks with a lease, for what is to run on one node at a time.

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;

/// A lock that is held until its lease runs out. No rule's correctness may depend on one: its holder
/// may be asleep when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The lock.
    pub name: &'static str,
    /// Who holds it.
    pub owner: Uuid,
    /// Rises with every new holder.
    pub generation: u64,
}

/// Gives locks to one owner at a time.
///
/// # Errors
/// Every method answers any [`StoreError`]; after one, the lock is to be taken for lost.
#[async_trait]
pub trait LockManager: Send + Sync {
    /// The lock for `micros` microseconds, unless somebody else holds it. The same owner again gets
    /// the same lease, prolonged.
    async fn acquire(
        &self,
        name: &'static str,
        owner: Uuid,
        micros: i64,
    ) -> Result<Option<Lease>, StoreError>;

    /// Holds it for another `micros` microseconds from now; false when it is lost: run out, or
    /// somebody else's.
    async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError>;

    /// Gives it back; nothing, when it is lost.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;
}
