//! Sagas that nobody works on are taken over: when they are due, the longest due first, each once.

use domain::{
    BookViolation, OrderRefusal, Saga, SagaEvent, SagaPatience, SagaPhase, Timestamp, TraceEvent,
};

use crate::Fixture;
use crate::given::{START, declined, unanswered};

const PATIENCE: SagaPatience = SagaPatience {
    lease: 1_000,
    quick_tries: 3,
    most_tries: 10,
};

/// The lease of those that the fixture begins, in microseconds.
fn lease() -> i64 {
    SagaPatience::default().lease
}

async fn take(fixture: &Fixture, limit: u32) -> Vec<Saga> {
    let taken = fixture.store.take_over_sagas(limit, PATIENCE).await;
    taken.unwrap()
}

/// So many sagas, begun one microsecond after the other, the last first by their ids.
async fn begun(fixture: &Fixture, number: i64) -> Vec<Saga> {
    let product = fixture.product(1_000, 100).await;
    let mut requests = Vec::new();
    for _ in 0..number {
        let request = fixture.purchase("a", &[(&product, 1)]);
        requests.push(crate::given::by_provider(request));
    }
    let mut sagas = Vec::new();
    for (micros, request) in (0..).zip(requests.iter().rev()) {
        fixture.clock.set(START.plus_micros(micros));
        let placed = fixture.place(request).await;
        sagas.push(crate::given::placed(placed).1);
    }
    fixture.clock.set(START);
    sagas
}

pub async fn a_saga_is_taken_over_when_its_lease_is_over_not_before(fixture: Fixture) {
    let saga = begun(&fixture, 1).await.remove(0);
    fixture.clock.set(START.plus_micros(lease() - 1));
    assert_eq!(take(&fixture, 9).await, []);
    let now = START.plus_micros(lease());
    fixture.clock.set(now);
    let taken = take(&fixture, 9).await;
    let (expected, trace) = saga.taken_over(now, &PATIENCE);
    assert_eq!(taken, std::slice::from_ref(&expected));
    assert_eq!(taken[0].epoch, saga.epoch + 1);
    let (stored, traced) = fixture.store.saga(saga.id).await.unwrap().unwrap();
    assert_eq!(stored, expected);
    assert_eq!(traced[1..], [trace]);
    // It has a new lease now, of the taker's.
    assert_eq!(take(&fixture, 9).await, []);
    fixture.clock.set(now.plus_micros(PATIENCE.lease));
    assert_eq!(take(&fixture, 9).await[0].epoch, saga.epoch + 2);
    fixture.assert_exact(&[]).await;
}

pub async fn the_longest_due_are_taken_over_first_and_no_more_than_asked_for(fixture: Fixture) {
    let sagas = begun(&fixture, 7).await;
    fixture.clock.set(START.plus_micros(lease() + 5));
    assert_eq!(take(&fixture, 0).await, []);
    let mut taken = Vec::new();
    for expected in [2, 2, 2, 0] {
        let more = take(&fixture, 2).await;
        assert_eq!(more.len(), expected);
        taken.extend(more.iter().map(|saga| saga.id));
    }
    // The last one is not due yet.
    let due: Vec<_> = sagas[..6].iter().map(|saga| saga.id).collect();
    assert_eq!(taken, due);
    fixture.assert_exact(&[]).await;
}

pub async fn a_worker_that_has_slept_changes_nothing(fixture: Fixture) {
    let saga = begun(&fixture, 1).await.remove(0);
    fixture.clock.set(START.plus_micros(lease()));
    let taken = take(&fixture, 9).await.remove(0);
    for event in [SagaEvent::Succeeded, declined(), unanswered()] {
        let stale = fixture.told(&saga, event).await;
        assert_eq!(stale, Err(OrderRefusal::StaleWorker));
    }
    assert_eq!(fixture.saga(saga.id).await, taken);
    fixture.told(&taken, SagaEvent::Succeeded).await.unwrap();
    let stale = fixture.told(&taken, SagaEvent::Succeeded).await;
    assert_eq!(stale, Err(OrderRefusal::StaleWorker));
    fixture.assert_exact(&[]).await;
}

pub async fn what_has_ended_is_never_taken_over(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 1_000).await;
    fixture.buy("a", &product).await;
    let sagas = begun(&fixture, 2).await;
    fixture.told(&sagas[0], declined()).await.unwrap();
    fixture
        .told_often(sagas[1].id, 2, SagaEvent::Succeeded)
        .await;
    fixture.clock.set(START.plus_micros(1_000 * lease()));
    assert_eq!(take(&fixture, 9).await, []);
    fixture.assert_exact(&[]).await;
}

pub async fn a_parked_saga_is_taken_over_after_its_wait(fixture: Fixture) {
    let saga = begun(&fixture, 1).await.remove(0);
    let (_, saga) = fixture.told_often(saga.id, 6, unanswered()).await;
    assert_eq!(saga.phase, SagaPhase::Parked);
    assert!(saga.due_at > START);
    fixture.clock.set(saga.due_at.plus_micros(-1));
    assert_eq!(take(&fixture, 9).await, []);
    fixture.clock.set(saga.due_at);
    let taken = take(&fixture, 9).await.remove(0);
    assert_eq!((taken.phase, taken.tries), (SagaPhase::Running, saga.tries));
    let (_, trace) = fixture.store.saga(saga.id).await.unwrap().unwrap();
    assert_eq!(trace.last().unwrap().event, TraceEvent::TakenOver);
    fixture.assert_exact(&[]).await;
}

pub async fn a_saga_that_is_due_for_longer_than_the_grace_is_a_violation(fixture: Fixture) {
    const GRACE: i64 = 500;
    let saga = begun(&fixture, 1).await.remove(0);
    let violations = async |now: Timestamp| {
        fixture.clock.set(now);
        let audit = fixture.store.audit_books(GRACE).await.unwrap();
        assert_eq!(audit.live_sagas, 1);
        audit.violations
    };
    assert_eq!(violations(saga.due_at).await, []);
    assert_eq!(violations(saga.due_at.plus_micros(GRACE)).await, []);
    let late = saga.due_at.plus_micros(GRACE + 1);
    let overdue = [BookViolation::Overdue(saga.id)];
    assert_eq!(violations(late).await, overdue);
    take(&fixture, 1).await;
    assert_eq!(violations(late).await, []);
    fixture.assert_exact(&[]).await;
}
