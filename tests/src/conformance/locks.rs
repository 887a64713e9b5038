//! Locks: one owner at a time, for as long as the lease lasts, and a generation that rises.

use domain::ports::Lease;
use uuid::Uuid;

use crate::Fixture;
use crate::given::START;

const LEASE: i64 = 1_000;

async fn acquire(fixture: &Fixture, name: &'static str, owner: Uuid) -> Option<Lease> {
    fixture.store.acquire(name, owner, LEASE).await.unwrap()
}

async fn renew(fixture: &Fixture, lease: &Lease) -> bool {
    fixture.store.renew(lease, LEASE).await.unwrap()
}

pub async fn a_lock_has_one_owner_until_its_lease_is_over(fixture: Fixture) {
    let (one, two) = (fixture.id(), fixture.id());
    let first = acquire(&fixture, "a", one).await.unwrap();
    assert_eq!((first.name, first.owner), ("a", one));
    for micros in [0, LEASE - 1] {
        fixture.clock.set(START.plus_micros(micros));
        assert_eq!(acquire(&fixture, "a", two).await, None);
    }
    // Another lock is another.
    assert!(acquire(&fixture, "b", two).await.is_some());
    fixture.clock.set(START.plus_micros(LEASE));
    let second = acquire(&fixture, "a", two).await.unwrap();
    assert!(second.generation > first.generation);
    assert!(!renew(&fixture, &first).await);
    assert_eq!(acquire(&fixture, "a", one).await, None);
    assert!(renew(&fixture, &second).await);
}

pub async fn the_same_owner_again_gets_the_same_lease_prolonged(fixture: Fixture) {
    let (one, two) = (fixture.id(), fixture.id());
    let first = acquire(&fixture, "a", one).await.unwrap();
    fixture.clock.set(START.plus_micros(LEASE - 1));
    let again = acquire(&fixture, "a", one).await.unwrap();
    assert_eq!(again, first);
    fixture.clock.set(START.plus_micros(2 * LEASE - 2));
    assert_eq!(acquire(&fixture, "a", two).await, None);
    fixture.clock.set(START.plus_micros(2 * LEASE - 1));
    assert!(acquire(&fixture, "a", two).await.is_some());
}

pub async fn a_renewed_lease_lasts_from_then_on(fixture: Fixture) {
    let (one, two) = (fixture.id(), fixture.id());
    let lease = acquire(&fixture, "a", one).await.unwrap();
    fixture.clock.set(START.plus_micros(LEASE - 1));
    assert!(renew(&fixture, &lease).await);
    fixture.clock.set(START.plus_micros(2 * LEASE - 2));
    assert_eq!(acquire(&fixture, "a", two).await, None);
    assert!(renew(&fixture, &lease).await);
}

pub async fn a_lease_that_has_run_out_is_lost_though_nobody_took_it(fixture: Fixture) {
    let one = fixture.id();
    let lease = acquire(&fixture, "a", one).await.unwrap();
    fixture.clock.set(START.plus_micros(LEASE));
    assert!(!renew(&fixture, &lease).await);
    let next = acquire(&fixture, "a", one).await.unwrap();
    assert!(next.generation > lease.generation);
    assert!(!renew(&fixture, &lease).await);
    assert!(renew(&fixture, &next).await);
}

pub async fn a_lock_that_is_given_back_is_free_at_once(fixture: Fixture) {
    let (one, two) = (fixture.id(), fixture.id());
    let first = acquire(&fixture, "a", one).await.unwrap();
    fixture.store.release(&first).await.unwrap();
    assert!(!renew(&fixture, &first).await);
    let second = acquire(&fixture, "a", two).await.unwrap();
    assert!(second.generation > first.generation);
    // What is lost can't be given back: it is somebody else's.
    fixture.store.release(&first).await.unwrap();
    assert!(renew(&fixture, &second).await);
    assert_eq!(acquire(&fixture, "a", one).await, None);
}

pub async fn a_lock_that_was_never_held_can_not_be_renewed(fixture: Fixture) {
    let lease = Lease {
        name: "a",
        owner: fixture.id(),
        generation: 1,
    };
    assert!(!renew(&fixture, &lease).await);
    fixture.store.release(&lease).await.unwrap();
    assert!(acquire(&fixture, "a", fixture.id()).await.is_some());
}
