use super::*;
use crate::testing::{
    GENERATION, Given, MockAdmissions, MockGenerations, MockLedger, MockShelf, at, copy, copy_id,
    who,
};
use domain::{
    Window,
    ports::{GateCount, LongUndecided},
};
use std::collections::VecDeque;
use uuid::Uuid;

fn event_id(n: u128) -> EventId {
    EventId::from_uuid(Uuid::from_u128(n))
}

fn counted(holders: u64, undecided: u64) -> GateCount {
    GateCount { holders, undecided }
}

/// A catalogue with the one event, of whose coupon so many copies are issued.
fn shelf(issued: u64) -> MockShelf {
    let mut shelf = MockShelf::new();
    shelf
        .expect_events()
        .returning(|_| Ok(vec![Given::event()]));
    shelf.expect_coupons().returning(move |_, page| {
        let mut coupon = Given::coupon();
        coupon.counters.issued = issued;
        Ok(if page.after.is_none() {
            vec![coupon]
        } else {
            vec![]
        })
    });
    shelf
}

fn generations() -> MockGenerations {
    let mut generations = MockGenerations::new();
    generations
        .expect_gate_generation()
        .returning(|| Ok(GENERATION));
    generations
}

fn open_gate() -> MockAdmissions {
    let mut gate = MockAdmissions::new();
    gate.expect_is_open()
        .returning(|_, generation| Ok(generation == GENERATION));
    gate
}

fn job(gate: MockAdmissions, shelf: MockShelf, ledger: MockLedger) -> (ReconcileGate, Given) {
    let given = Given::with(gate, generations());
    let job = ReconcileGate::new(Arc::clone(&given.gate), Arc::new(shelf), Arc::new(ledger));
    (job, given)
}

fn noted(given: &Given) -> Option<Why> {
    given.gate.to_fill().take().remove(&Given::event().id)
}

#[tokio::test]
async fn a_gate_that_is_closed_is_left_alone() {
    let mut gate = MockAdmissions::new();
    gate.expect_is_open().once().returning(|_, _| Ok(false));
    let (job, given) = job(gate, shelf(3), MockLedger::new());
    assert_eq!(job.step().await.unwrap(), Worked::default());
    assert_eq!(noted(&given), None);
}

#[tokio::test]
async fn places_that_are_undecided_for_long_become_what_the_ledger_says() {
    let mut gate = open_gate();
    gate.expect_count().returning(|_| Ok(counted(1, 0)));
    gate.expect_long_undecided()
        .once()
        .withf(|event, micros, _| *event == Given::event().id && *micros == 10_000_000)
        .returning(|_, _, _| {
            let place = |consumer| LongUndecided {
                consumer_id: who(consumer),
                coupon_id: Given::coupon().id,
            };
            Ok(vec![place("has-one"), place("has-none")])
        });
    gate.expect_settle()
        .once()
        .withf(|_, _, decided| {
            let coupon = Given::coupon().id;
            let holder = Decided::Holder(who("has-one"), coupon, copy_id(1));
            *decided == [holder, Decided::Free(who("has-none"), coupon)]
        })
        .returning(|_, _, _| Ok(()));
    let mut ledger = MockLedger::new();
    ledger
        .expect_copies_among()
        .once()
        .withf(|scope, consumers| {
            *scope == IssueScope::Event(Given::event().id)
                && *consumers == [who("has-one"), who("has-none")]
        })
        .returning(|_, _| Ok(vec![copy(1, "has-one")]));
    let (job, _) = job(gate, shelf(1), ledger);
    let worked = job.step().await.unwrap();
    assert_eq!((worked.done, worked.more), (2, false));
}

/// Looks as often as there are pairs of counts, with so many copies in the ledger; what was noted
/// each time.
async fn looks(issued: u64, counts: &[(GateCount, GateCount)]) -> Vec<Option<Why>> {
    let mut answers: VecDeque<_> = counts.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let mut gate = open_gate();
    gate.expect_long_undecided().returning(|_, _, _| Ok(vec![]));
    gate.expect_count()
        .returning(move |_| Ok(answers.pop_front().unwrap()));
    let (job, given) = job(gate, shelf(issued), MockLedger::new());
    let mut all = Vec::new();
    for _ in counts {
        job.step().await.unwrap();
        all.push(noted(&given));
    }
    all
}

fn same(holders: u64, undecided: u64) -> (GateCount, GateCount) {
    let count = counted(holders, undecided);
    (count, count)
}

#[tokio::test]
async fn a_gate_that_knows_every_copy_or_has_a_place_for_it_is_not_filled() {
    let late = (counted(1, 2), counted(3, 0));
    let noted = looks(3, &[same(3, 0), same(1, 2), same(3, 9), late]).await;
    assert_eq!(noted, [None; 4]);
}

#[tokio::test]
async fn what_stays_missing_is_filled_and_not_again_at_every_look() {
    let noted = looks(9, &[same(7, 0); 4]).await;
    assert_eq!(noted, [None, Some(Why::Missing), None, None]);
}

#[tokio::test]
async fn what_is_missing_and_still_changes_is_waited_for() {
    let noted = looks(9, &[same(5, 0), same(6, 0), same(7, 0), same(9, 0)]).await;
    assert_eq!(noted, [None; 4]);
}

#[tokio::test]
async fn a_gate_with_ghosts_is_filled_anew_at_once() {
    let noted = looks(3, &[same(4, 0); 2]).await;
    assert_eq!(noted, [Some(Why::Ghosts), None]);
}

#[tokio::test]
async fn a_copy_that_came_after_the_first_count_is_no_ghost() {
    let noted = looks(3, &[(counted(3, 0), counted(4, 0))]).await;
    assert_eq!(noted, [None]);
}

#[tokio::test]
async fn only_events_on_offer_are_looked_at_and_those_that_are_over_are_not_read_again() {
    let event = |n, starts_at, ends_at| Event {
        id: event_id(n),
        window: Window::new(at(starts_at), at(ends_at)).unwrap(),
        ..Given::event()
    };
    // The clock stands at 150, and goes on.
    const LATER: i64 = 3_600_000_000;
    let all = [
        event(1, 10, 20),
        event(2, 10, 150),
        event(3, 100, LATER),
        event(4, 100, 120),
        event(5, LATER, LATER * 2),
    ];
    let mut shelf = MockShelf::new();
    let mut order = mockall::Sequence::new();
    for after in [None, Some(event_id(2))] {
        let left: Vec<_> = all
            .iter()
            .filter(|event| Some(event.id) > after)
            .cloned()
            .collect();
        shelf
            .expect_events()
            .once()
            .in_sequence(&mut order)
            .withf(move |page| page.after == after)
            .return_once(move |_| Ok(left));
    }
    let mut gate = MockAdmissions::new();
    gate.expect_is_open()
        .times(2)
        .withf(|event, _| *event == event_id(3))
        .returning(|_, _| Ok(false));
    let (job, _) = job(gate, shelf, MockLedger::new());
    for _ in 0..2 {
        assert!(!job.step().await.unwrap().more);
    }
}
