use super::*;
use crate::testing::{
    GENERATION, Given, MockAdmissions, MockGenerations, MockLedger, MockLocks, MockShelf, copy_id,
    coupon, use_kind, who,
};
use domain::{CouponId, ports::StoreError};
use mockall::Sequence;

const OWNER: Uuid = Uuid::from_u128(5);

fn lease() -> Lease {
    Lease {
        name: LOCK,
        owner: OWNER,
        generation: 1,
    }
}

/// A lock that is free, and this node's for as long as `renewed` says so.
fn locks(renewed: fn() -> Result<bool, StoreError>) -> MockLocks {
    let mut locks = MockLocks::new();
    locks
        .expect_acquire()
        .returning(|_, _, _| Ok(Some(lease())));
    locks.expect_renew().returning(move |_, _| renewed());
    locks.expect_release().returning(|_| Ok(()));
    locks
}

/// The generations that are read, one after the other; the last one again and again.
fn generations(read: &'static [u128]) -> MockGenerations {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut generations = MockGenerations::new();
    generations.expect_gate_generation().returning(move || {
        let next = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Uuid::from_u128(read[next.min(read.len() - 1)]))
    });
    generations
}

/// An event with an ISSUE_COUPON and a USE_COUPON.
fn shelf() -> MockShelf {
    let mut shelf = MockShelf::new();
    shelf.expect_event().returning(|_| Ok(Some(Given::event())));
    shelf.expect_coupons().returning(|event, page| {
        assert_eq!(event, Some(Given::event().id));
        let mut other = coupon(use_kind(1));
        other.id = CouponId::from_uuid(Uuid::from_u128(2));
        Ok(match page.after {
            None => vec![Given::coupon(), other],
            Some(_) => vec![],
        })
    });
    shelf
}

/// Two pages of holders of the ISSUE_COUPON.
fn ledger() -> MockLedger {
    let mut ledger = MockLedger::new();
    ledger.expect_holders().returning(|coupon, page| {
        assert_eq!(coupon, Given::coupon().id);
        Ok(match page.after {
            None => vec![(copy_id(1), who("a")), (copy_id(2), who("b"))],
            Some(after) if after == copy_id(2) => vec![(copy_id(3), who("c"))],
            Some(_) => vec![],
        })
    });
    ledger
}

fn holds(copy: u128, consumer: &str) -> Decided {
    Decided::Holder(who(consumer), Given::coupon().id, copy_id(copy))
}

fn expect_filled(gate: &mut MockAdmissions, order: &mut Sequence) {
    for facts in [vec![holds(1, "a"), holds(2, "b")], vec![holds(3, "c")]] {
        gate.expect_fill()
            .once()
            .in_sequence(order)
            .withf(move |event, decided| *event == Given::event().id && *decided == facts)
            .returning(|_, _| Ok(()));
    }
}

fn gate_that_is(open: bool) -> MockAdmissions {
    let mut gate = MockAdmissions::new();
    gate.expect_is_open().returning(move |_, _| Ok(open));
    gate
}

async fn step(
    gate: MockAdmissions,
    generations: MockGenerations,
    locks: MockLocks,
    shelf: MockShelf,
    why: Why,
) -> Result<u64, JobError> {
    let given = Given::with(gate, generations);
    given.gate.to_fill().note(Given::event().id, why);
    let fill = FillGate::new(
        Arc::clone(&given.gate),
        Arc::new(shelf),
        Arc::new(ledger()),
        Arc::new(locks),
        OWNER,
    );
    fill.noted().await;
    let done = fill.step().await;
    // What was tried is forgotten, however it went.
    assert!(given.gate.to_fill().take().is_empty());
    done
}

const MINE: fn() -> Result<bool, StoreError> = || Ok(true);

#[rstest::rstest]
#[case::closed(Why::Closed, false)]
#[case::with_ghosts(Why::Ghosts, true)]
#[case::lost_since_something_was_missing(Why::Missing, false)]
#[tokio::test]
async fn a_gate_is_cleared_then_filled_then_opened(#[case] why: Why, #[case] is_open: bool) {
    let mut gate = gate_that_is(is_open);
    let mut order = Sequence::new();
    gate.expect_clear()
        .once()
        .in_sequence(&mut order)
        .returning(|_| Ok(()));
    expect_filled(&mut gate, &mut order);
    let hour_after = Given::event().window.ends_at().plus_micros(AFTERMATH);
    gate.expect_open()
        .once()
        .in_sequence(&mut order)
        .withf(move |event, generation, until| {
            *event == Given::event().id && *generation == GENERATION && *until == hour_after
        })
        .returning(|_, _, _| Ok(()));
    let filled = step(gate, generations(&[77]), locks(MINE), shelf(), why).await;
    assert_eq!(filled.unwrap(), 1);
}

#[tokio::test]
async fn what_is_missing_is_put_in_without_closing_the_gate() {
    let mut gate = gate_that_is(true);
    expect_filled(&mut gate, &mut Sequence::new());
    let filled = step(gate, generations(&[77]), locks(MINE), shelf(), Why::Missing).await;
    assert_eq!(filled.unwrap(), 1);
}

#[tokio::test]
async fn a_gate_that_another_node_has_opened_is_left_alone() {
    let filled = step(
        gate_that_is(true),
        generations(&[77]),
        locks(MINE),
        shelf(),
        Why::Closed,
    );
    assert_eq!(filled.await.unwrap(), 0);
}

#[tokio::test]
async fn while_another_node_fills_nothing_is_asked() {
    let mut locks = MockLocks::new();
    locks
        .expect_acquire()
        .once()
        .withf(|name, owner, _| name == LOCK && *owner == OWNER)
        .returning(|_, _, _| Ok(None));
    let (gate, generations) = (MockAdmissions::new(), MockGenerations::new());
    let filled = step(gate, generations, locks, shelf(), Why::Closed).await;
    assert_eq!(filled.unwrap(), 0);
}

#[tokio::test]
async fn who_loses_the_lock_stops_and_opens_nothing() {
    let mut gate = gate_that_is(false);
    gate.expect_clear().returning(|_| Ok(()));
    let lost = locks(|| Ok(false));
    let filled = step(gate, generations(&[77]), lost, shelf(), Why::Closed).await;
    assert_eq!(filled.unwrap(), 0);
}

#[tokio::test]
async fn what_was_read_before_the_generation_was_renewed_opens_nothing() {
    let mut gate = gate_that_is(false);
    gate.expect_clear().returning(|_| Ok(()));
    expect_filled(&mut gate, &mut Sequence::new());
    let renewed = generations(&[77, 78]);
    step(gate, renewed, locks(MINE), shelf(), Why::Closed)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_gate_of_an_event_that_has_been_over_for_an_hour_is_not_filled() {
    let mut shelf = MockShelf::new();
    shelf.expect_event().returning(|_| {
        let mut event = Given::event();
        let (starts_at, ends_at) = (-AFTERMATH - 1_000, 140 - AFTERMATH);
        let at = domain::Timestamp::from_micros;
        event.window = domain::Window::new(at(starts_at), at(ends_at)).unwrap();
        Ok(Some(event))
    });
    let gate = gate_that_is(false);
    let filled = step(gate, generations(&[77]), locks(MINE), shelf, Why::Closed).await;
    assert_eq!(filled.unwrap(), 0);
}

#[tokio::test]
async fn the_failure_of_one_gate_keeps_no_other_from_its_turn() {
    let other = EventId::from_uuid(Uuid::from_u128(99));
    let mut gate = MockAdmissions::new();
    gate.expect_is_open().returning(move |event, _| {
        if event == other {
            let down: Box<dyn std::error::Error + Send + Sync> = "down".into();
            return Err(domain::ports::GateError(Arc::from(down)));
        }
        Ok(true)
    });
    expect_filled(&mut gate, &mut Sequence::new());
    let given = Given::with(gate, generations(&[77]));
    given.gate.to_fill().note(other, Why::Missing);
    given.gate.to_fill().note(Given::event().id, Why::Missing);
    let fill = FillGate::new(
        given.gate,
        Arc::new(shelf()),
        Arc::new(ledger()),
        Arc::new(locks(MINE)),
        OWNER,
    );
    fill.step().await.unwrap_err();
}
