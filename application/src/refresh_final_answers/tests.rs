use super::*;
use crate::HolderSet;
use crate::testing::{MockLedger, at, coupon, issue_kind, who};
use domain::{ConsumerId, Coupon, IssuedCouponId, Window, ports::Changes};
use mockall::{Sequence, predicate::eq};
use uuid::Uuid;

fn changes(epoch: u64, coupons: Vec<Coupon>) -> Changes {
    Changes {
        now: at(150),
        epoch: Epoch(epoch),
        coupons,
    }
}

/// When exhausted coupons expire: real time passes in these tests, an hour of it never.
const HOUR: i64 = 3_600_000_000;

fn exhausted(epoch: u64) -> Coupon {
    let mut full = coupon(issue_kind(1));
    full.event_window = Window::new(at(100), at(HOUR)).unwrap();
    full.expires_at = at(HOUR);
    full.counters.issued = 1;
    full.epoch = Epoch(epoch);
    full
}

fn copy(n: u128, name: &str) -> (IssuedCouponId, ConsumerId) {
    (IssuedCouponId::from_uuid(Uuid::from_u128(n)), who(name))
}

async fn begin(ledger: MockLedger) -> (RefreshFinalAnswers, Arc<FinalAnswers>) {
    let answers = Arc::new(FinalAnswers::default());
    let refresh = RefreshFinalAnswers::begin(Arc::new(ledger), Arc::clone(&answers)).await;
    (refresh.unwrap(), answers)
}

#[tokio::test]
async fn each_step_asks_only_for_what_is_newer_than_the_last() {
    let mut ledger = MockLedger::new();
    let mut order = Sequence::new();
    for (since, epoch) in [(None, 5), (Some(Epoch(5)), 7), (Some(Epoch(7)), 7)] {
        ledger
            .expect_changes()
            .with(eq(since), mockall::predicate::always())
            .once()
            .in_sequence(&mut order)
            .returning(move |_, _| Ok(changes(epoch, vec![])));
    }
    let (refresh, _) = begin(ledger).await;
    refresh.step().await.unwrap();
    refresh.step().await.unwrap();
}

#[tokio::test]
async fn a_closed_coupon_gets_its_holders_page_by_page() {
    let mut ledger = MockLedger::new();
    ledger
        .expect_changes()
        .returning(|_, _| Ok(changes(1, vec![])));
    ledger.expect_holders().times(3).returning(|_, page| {
        Ok(match page.after {
            None => vec![copy(1, "a"), copy(2, "b")],
            Some(id) if id == copy(2, "b").0 => vec![copy(3, "c")],
            Some(_) => vec![],
        })
    });
    let (refresh, answers) = begin(ledger).await;
    answers.learn(KnownCoupon::learned(exhausted(1)));
    refresh.step().await.unwrap();
    let known = answers.get(exhausted(1).id).unwrap();
    let holders = known.closed.as_ref().unwrap().holders.as_ref().unwrap();
    assert!(
        ["a", "b", "c"]
            .iter()
            .all(|name| holders.may_contain(&who(name)))
    );
    assert!(!holders.may_contain(&who("d")));
    assert!(answers.without_holders().is_empty());
}

#[tokio::test]
async fn holders_that_could_not_be_read_are_read_at_the_next_step() {
    let mut ledger = MockLedger::new();
    ledger
        .expect_changes()
        .returning(|_, _| Ok(changes(1, vec![])));
    let mut order = Sequence::new();
    ledger
        .expect_holders()
        .once()
        .in_sequence(&mut order)
        .returning(|_, _| Err(StoreError::unavailable("down")));
    ledger
        .expect_holders()
        .once()
        .in_sequence(&mut order)
        .returning(|_, _| Ok(vec![]));
    let (refresh, answers) = begin(ledger).await;
    answers.learn(KnownCoupon::learned(exhausted(1)));
    assert!(refresh.step().await.is_err());
    assert_eq!(answers.without_holders().len(), 1);
    refresh.step().await.unwrap();
    assert!(answers.without_holders().is_empty());
}

#[tokio::test]
async fn a_raised_cap_reopens_what_was_closed_and_an_old_answer_does_not_close_it_again() {
    let mut raised = exhausted(2);
    raised.kind = issue_kind(2);
    let mut ledger = MockLedger::new();
    let answer = raised.clone();
    ledger.expect_changes().returning(move |since, _| {
        Ok(changes(
            2,
            if since == Some(Epoch(2)) {
                vec![]
            } else {
                vec![answer.clone()]
            },
        ))
    });
    ledger.expect_holders().returning(|_, _| Ok(vec![]));
    let (refresh, answers) = begin(ledger).await;
    *refresh.seen.lock() = Epoch(1);
    answers.learn(KnownCoupon::learned(exhausted(1)));
    refresh.step().await.unwrap();
    assert!(answers.get(raised.id).unwrap().closed.is_none());
    answers.learn(KnownCoupon::learned(exhausted(1)).with_holders(HolderSet::default()));
    assert!(answers.get(raised.id).unwrap().closed.is_none());
}

/// A ledger on whose clock it is `first` when a node begins, and `then` at every step.
fn ledger_at(first: i64, then: i64) -> MockLedger {
    let mut ledger = MockLedger::new();
    let asked = std::sync::atomic::AtomicBool::new(false);
    ledger.expect_changes().returning(move |_, _| {
        let again = asked.swap(true, std::sync::atomic::Ordering::SeqCst);
        Ok(Changes {
            now: at(if again { then } else { first }),
            ..changes(1, vec![])
        })
    });
    ledger
}

#[tokio::test]
async fn an_expired_coupon_is_forgotten_an_hour_later() {
    const MINUTE: i64 = 60_000_000;
    for (minutes, remembered) in [(59, true), (60, false)] {
        let (refresh, answers) = begin(ledger_at(150, 190 + minutes * MINUTE)).await;
        answers.learn(KnownCoupon::learned(coupon(issue_kind(1))));
        refresh.step().await.unwrap();
        let known = answers.get(coupon(issue_kind(1)).id);
        assert_eq!(known.is_some(), remembered, "after {minutes} minutes");
    }
}

#[tokio::test]
async fn the_holders_of_an_expired_coupon_are_not_loaded() {
    let mut ledger = ledger_at(150, HOUR);
    ledger.expect_holders().never();
    let (refresh, answers) = begin(ledger).await;
    answers.learn(KnownCoupon::learned(exhausted(1)));
    refresh.step().await.unwrap();
    assert_eq!(answers.without_holders().len(), 1);
}

#[tokio::test]
async fn a_cap_that_is_raised_while_holders_are_loaded_counts_at_once() {
    let mut raised = exhausted(2);
    raised.kind = issue_kind(2);
    let mut ledger = MockLedger::new();
    let answer = raised.clone();
    let asked = std::sync::atomic::AtomicUsize::new(0);
    ledger.expect_changes().returning(move |_, _| {
        // At the start, at the step's begin, and then between the pages.
        let raised = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) >= 2;
        Ok(changes(
            2,
            if raised { vec![answer.clone()] } else { vec![] },
        ))
    });
    ledger
        .expect_holders()
        .once()
        .returning(|_, _| Ok(vec![copy(1, "a")]));
    let (refresh, answers) = begin(ledger).await;
    answers.learn(KnownCoupon::learned(exhausted(1)));
    refresh.step().await.unwrap();
    assert!(answers.get(raised.id).unwrap().closed.is_none());
}

#[tokio::test]
async fn one_coupon_whose_holders_can_not_be_read_keeps_no_other_from_its_turn() {
    let bad = exhausted(1);
    let good = Coupon {
        id: domain::CouponId::from_uuid(Uuid::from_u128(77)),
        ..exhausted(1)
    };
    let mut ledger = MockLedger::new();
    ledger
        .expect_changes()
        .returning(|_, _| Ok(changes(1, vec![])));
    let broken = bad.id;
    ledger.expect_holders().returning(move |coupon, _| {
        if coupon == broken {
            Err(StoreError::unavailable("down"))
        } else {
            Ok(vec![])
        }
    });
    let (refresh, answers) = begin(ledger).await;
    answers.learn(KnownCoupon::learned(bad.clone()));
    answers.learn(KnownCoupon::learned(good));
    assert!(refresh.step().await.is_err());
    let without: Vec<_> = answers
        .without_holders()
        .iter()
        .map(|known| known.coupon.id)
        .collect();
    assert_eq!(without, [bad.id]);
}
