//! Locks: one owner at a time, for as long as the lease lasts, and a generation that rises.

use domain::ports::Lease;
use uuid::Uuid;

use crate::Locks;

impl Locks {
    async fn acquire(&self, name: &'static str, owner: Uuid) -> Option<Lease> {
        let acquired = self.manager.acquire(name, owner, self.lease);
        acquired.await.unwrap()
    }

    async fn renew(&self, lease: &Lease) -> bool {
        self.manager.renew(lease, self.lease).await.unwrap()
    }

    async fn release(&self, lease: &Lease) {
        self.manager.release(lease).await.unwrap();
    }

    /// A lease that began now is almost over.
    async fn almost(&self) {
        self.pass(self.lease - self.moment).await;
    }
}

fn owners() -> (Uuid, Uuid) {
    (Uuid::new_v4(), Uuid::new_v4())
}

pub async fn a_lock_has_one_owner_until_its_lease_is_over(locks: impl Into<Locks>) {
    let (locks, (one, two)) = (locks.into(), owners());
    let [a, b] = locks.names;
    let first = locks.acquire(a, one).await.unwrap();
    assert_eq!((first.name, first.owner), (a, one));
    assert_eq!(locks.acquire(a, two).await, None);
    locks.almost().await;
    assert_eq!(locks.acquire(a, two).await, None);
    // Another lock is another.
    assert!(locks.acquire(b, two).await.is_some());
    locks.pass(locks.moment).await;
    let second = locks.acquire(a, two).await.unwrap();
    assert!(second.generation > first.generation);
    assert!(!locks.renew(&first).await);
    assert_eq!(locks.acquire(a, one).await, None);
    assert!(locks.renew(&second).await);
}

pub async fn the_same_owner_again_gets_the_same_lease_prolonged(locks: impl Into<Locks>) {
    let (locks, (one, two)) = (locks.into(), owners());
    let [a, _] = locks.names;
    let first = locks.acquire(a, one).await.unwrap();
    locks.almost().await;
    let again = locks.acquire(a, one).await.unwrap();
    assert_eq!(again, first);
    locks.almost().await;
    assert_eq!(locks.acquire(a, two).await, None);
    locks.pass(locks.moment).await;
    assert!(locks.acquire(a, two).await.is_some());
}

pub async fn a_renewed_lease_lasts_from_then_on(locks: impl Into<Locks>) {
    let (locks, (one, two)) = (locks.into(), owners());
    let [a, _] = locks.names;
    let lease = locks.acquire(a, one).await.unwrap();
    locks.almost().await;
    assert!(locks.renew(&lease).await);
    locks.almost().await;
    assert_eq!(locks.acquire(a, two).await, None);
    assert!(locks.renew(&lease).await);
}

pub async fn a_lease_that_has_run_out_is_lost_though_nobody_took_it(locks: impl Into<Locks>) {
    let (locks, (one, _)) = (locks.into(), owners());
    let [a, _] = locks.names;
    let lease = locks.acquire(a, one).await.unwrap();
    locks.pass(locks.lease).await;
    assert!(!locks.renew(&lease).await);
    let next = locks.acquire(a, one).await.unwrap();
    assert!(next.generation > lease.generation);
    assert!(!locks.renew(&lease).await);
    assert!(locks.renew(&next).await);
}

pub async fn a_lock_that_is_given_back_is_free_at_once(locks: impl Into<Locks>) {
    let (locks, (one, two)) = (locks.into(), owners());
    let [a, _] = locks.names;
    let first = locks.acquire(a, one).await.unwrap();
    locks.release(&first).await;
    assert!(!locks.renew(&first).await);
    let second = locks.acquire(a, two).await.unwrap();
    assert!(second.generation > first.generation);
    // What is lost can't be given back: it is somebody else's.
    locks.release(&first).await;
    assert!(locks.renew(&second).await);
    assert_eq!(locks.acquire(a, one).await, None);
}

pub async fn a_lock_that_was_never_held_can_not_be_renewed(locks: impl Into<Locks>) {
    let (locks, (one, two)) = (locks.into(), owners());
    let [a, _] = locks.names;
    let lease = Lease {
        name: a,
        owner: one,
        generation: 1,
    };
    assert!(!locks.renew(&lease).await);
    locks.release(&lease).await;
    assert!(locks.acquire(a, two).await.is_some());
}
