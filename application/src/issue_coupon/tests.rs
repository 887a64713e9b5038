use super::*;
use crate::testing::{MockIds, MockLedger, MockShelf, at, coupon, issue_kind, who};
use crate::{HolderSet, LaneLimits};
use domain::{Coupon, IssuedCouponState, Timestamp, ports::IssuedBatch};
use std::time::{Duration, Instant};
use uuid::Uuid;

const KEY: KeyScope = KeyScope([7; 32]);

struct Given {
    answers: Arc<FinalAnswers>,
    issue: IssueCoupon,
}

/// The use case at a ledger's time of 150 (inside the window), whose uncertainty is nothing.
fn given(ledger: MockLedger, catalogue: MockShelf) -> Given {
    given_at(Timestamp::from_micros(150), ledger, catalogue)
}

fn given_at(now: Timestamp, ledger: MockLedger, catalogue: MockShelf) -> Given {
    let answers = Arc::new(FinalAnswers::default());
    let lanes = Lanes::new(
        Arc::new(ledger),
        Arc::clone(&answers),
        None,
        LaneLimits::default(),
    );
    let mut ids = MockIds::new();
    ids.expect_next_id().returning(|| Uuid::from_u128(42));
    let issue = IssueCoupon::new(
        Arc::clone(&answers),
        lanes,
        Arc::new(catalogue),
        Arc::new(LedgerClock::new(now, Instant::now())),
        Arc::new(ids),
        Arc::new(KeysInFlight::new(Duration::from_millis(1))),
    );
    Given { answers, issue }
}

/// A coupon whose event is on for an hour around the tests' time.
fn long_coupon() -> Coupon {
    let mut coupon = coupon(issue_kind(1));
    let hour = at(3_600_000_000);
    coupon.event_window = domain::Window::new(at(100), hour).unwrap();
    coupon.expires_at = hour;
    coupon
}

fn catalogue_with(coupon: Coupon, reads: usize) -> MockShelf {
    let mut catalogue = MockShelf::new();
    catalogue
        .expect_coupon()
        .times(reads)
        .returning(move |_| Ok(Some(coupon.clone())));
    catalogue
}

fn ask(consumer: &str, key: Option<KeyScope>) -> IssueCouponRequest {
    IssueCouponRequest {
        coupon_id: long_coupon().id,
        consumer_id: who(consumer),
        key,
    }
}

fn copy_of(request: &IssueRequest) -> IssuedCoupon {
    IssuedCoupon {
        id: request.issued_coupon_id,
        coupon_id: request.coupon_id,
        event_id: long_coupon().event_id,
        consumer_id: request.consumer_id.clone(),
        ordinal: 0,
        state: IssuedCouponState::Withdrawn,
        used: 3,
        issued_at: at(150),
        expires_at: long_coupon().expires_at,
        request_key: request.request_key,
    }
}

fn ledger_that(outcome: fn(&IssueRequest) -> IssueOutcome) -> MockLedger {
    let mut ledger = MockLedger::new();
    ledger.expect_issue().returning(move |_, requests| {
        let outcomes = requests.iter().map(outcome).collect();
        Ok(IssuedBatch {
            outcomes,
            coupons: vec![],
        })
    });
    ledger
}

#[tokio::test]
async fn an_unknown_coupon_is_read_once_and_then_remembered() {
    let ledger = ledger_that(|request| IssueOutcome::Issued(copy_of(request)));
    let given = given(ledger, catalogue_with(long_coupon(), 1));
    for _ in 0..3 {
        let copy = given.issue.execute(ask("a", None)).await.unwrap();
        assert_eq!(copy.id, IssuedCouponId::from_uuid(Uuid::from_u128(42)));
    }
}

#[tokio::test]
async fn a_coupon_that_does_not_exist_is_not_found_and_not_remembered() {
    let mut catalogue = MockShelf::new();
    catalogue.expect_coupon().times(2).returning(|_| Ok(None));
    let given = given(MockLedger::new(), catalogue);
    for _ in 0..2 {
        let refused = given.issue.execute(ask("a", None)).await.unwrap_err();
        assert!(matches!(
            refused,
            IssueCouponError::Refused(IssueRefusal::CouponNotFound)
        ));
    }
}

#[tokio::test]
async fn what_is_certain_is_refused_without_asking_the_ledger() {
    let mut full = long_coupon();
    full.counters.issued = 1;
    let given = given(MockLedger::new(), MockShelf::new());
    let holders: HolderSet = [who("holder")].into_iter().collect();
    given
        .answers
        .learn(KnownCoupon::learned(full).with_holders(holders));
    for key in [None, Some(KEY)] {
        let refused = given.issue.execute(ask("stranger", key)).await.unwrap_err();
        assert!(matches!(
            refused,
            IssueCouponError::Refused(IssueRefusal::CouponNotIssuable)
        ));
    }
}

#[tokio::test]
async fn a_holder_of_an_exhausted_coupon_is_answered_by_the_ledger() {
    let mut full = long_coupon();
    full.counters.issued = 1;
    let ledger = ledger_that(|request| {
        IssueOutcome::Refused(IssueRefusal::SingleCouponAvailablePerEvent {
            issued_coupon_id: request.issued_coupon_id,
        })
    });
    let given = given(ledger, MockShelf::new());
    let holders: HolderSet = [who("holder")].into_iter().collect();
    given
        .answers
        .learn(KnownCoupon::learned(full).with_holders(holders));
    let refused = given.issue.execute(ask("holder", None)).await.unwrap_err();
    assert!(matches!(
        refused,
        IssueCouponError::Refused(IssueRefusal::SingleCouponAvailablePerEvent { .. })
    ));
}

#[tokio::test]
async fn a_replay_is_answered_as_the_first_time() {
    let ledger = ledger_that(|request| IssueOutcome::Replayed(copy_of(request)));
    let given = given(ledger, catalogue_with(long_coupon(), 1));
    let copy = given.issue.execute(ask("a", Some(KEY))).await.unwrap();
    assert_eq!((copy.state, copy.used), (IssuedCouponState::Active, 0));
    assert_eq!(copy.request_key, Some(RequestKey([7; 16])));
}

#[tokio::test]
async fn a_key_that_stays_in_use_is_said_so() {
    let given = given(MockLedger::new(), catalogue_with(long_coupon(), 1));
    let _other = given.issue.keys.enter(KEY).await.unwrap();
    let refused = given.issue.execute(ask("a", Some(KEY))).await.unwrap_err();
    assert!(matches!(refused, IssueCouponError::Key(KeyError::InUse)));
}

#[tokio::test]
async fn before_the_event_nobody_reaches_the_ledger() {
    let given = given_at(
        at(-60_000_000),
        MockLedger::new(),
        catalogue_with(long_coupon(), 1),
    );
    let refused = given.issue.execute(ask("a", Some(KEY))).await.unwrap_err();
    let opens_at = at(100);
    assert!(matches!(
        refused,
        IssueCouponError::Refused(IssueRefusal::EventNotOpen { opens_at: at }) if at == opens_at
    ));
}
