mod gated;

use super::*;
use crate::testing::{MockLedger, coupon, issue_kind, who};
use domain::{Coupon, CouponId, IssueRefusal, IssuedCouponId, ports::IssuedBatch};
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use uuid::Uuid;

fn scope(n: u128) -> IssueScope {
    IssueScope::Coupon(CouponId::from_uuid(Uuid::from_u128(n)))
}

fn request(n: u128) -> IssueRequest {
    IssueRequest {
        issued_coupon_id: IssuedCouponId::from_uuid(Uuid::from_u128(n)),
        coupon_id: coupon(issue_kind(1)).id,
        consumer_id: who("a"),
        request_key: None,
    }
}

/// Everybody is refused.
fn refuse(requests: &[IssueRequest], coupons: Vec<Coupon>) -> IssuedBatch {
    let refused = IssueOutcome::Refused(IssueRefusal::CouponNotIssuable);
    IssuedBatch {
        outcomes: requests.iter().map(|_| refused.clone()).collect(),
        coupons,
    }
}

/// A ledger whose batches of lane 1 wait for a permit each (and panic when there will never be one),
/// and that keeps the sizes of its batches.
struct Gated {
    permits: Arc<Semaphore>,
    sizes: Arc<parking_lot::Mutex<Vec<(IssueScope, usize)>>>,
}

#[async_trait::async_trait]
impl CouponLedger for Gated {
    async fn issue(
        &self,
        scope: IssueScope,
        requests: Vec<IssueRequest>,
    ) -> Result<IssuedBatch, StoreError> {
        self.sizes.lock().push((scope, requests.len()));
        if scope == self::scope(1) {
            self.permits.acquire().await.unwrap().forget();
        }
        Ok(refuse(&requests, vec![]))
    }
    async fn issued_coupon(
        &self,
        _: IssuedCouponId,
    ) -> Result<Option<domain::IssuedCoupon>, StoreError> {
        unreachable!()
    }
    async fn issued_coupons(
        &self,
        _: domain::ConsumerId,
        _: domain::Page<IssuedCouponId>,
    ) -> Result<Vec<domain::IssuedCoupon>, StoreError> {
        unreachable!()
    }
    async fn copies_among(
        &self,
        _: IssueScope,
        _: Vec<domain::ConsumerId>,
    ) -> Result<Vec<domain::IssuedCoupon>, StoreError> {
        unreachable!()
    }
    async fn holders(
        &self,
        _: CouponId,
        _: domain::Page<IssuedCouponId>,
    ) -> Result<Vec<(IssuedCouponId, domain::ConsumerId)>, StoreError> {
        unreachable!()
    }
    async fn changes(
        &self,
        _: Option<domain::Epoch>,
        _: u32,
    ) -> Result<domain::ports::Changes, StoreError> {
        unreachable!()
    }
    async fn to_be_withdrawn(&self, _: u32) -> Result<Vec<Coupon>, StoreError> {
        unreachable!()
    }
    async fn withdraw(
        &self,
        _: CouponId,
        _: domain::Epoch,
        _: u32,
    ) -> Result<domain::ports::Withdrawn, StoreError> {
        unreachable!()
    }
    async fn event_report(
        &self,
        _: domain::EventId,
    ) -> Result<Option<Vec<domain::CouponReport>>, StoreError> {
        unreachable!()
    }
    async fn audit(&self, _: CouponId) -> Result<Option<domain::AuditReading>, StoreError> {
        unreachable!()
    }
    async fn ready(&self) -> Result<(), StoreError> {
        unreachable!()
    }
}

type Sizes = Arc<parking_lot::Mutex<Vec<(IssueScope, usize)>>>;

fn gated(limits: LaneLimits) -> (Arc<Lanes>, Arc<Semaphore>, Sizes) {
    let (permits, sizes) = (Arc::new(Semaphore::new(0)), Sizes::default());
    let ledger = Gated {
        permits: Arc::clone(&permits),
        sizes: Arc::clone(&sizes),
    };
    (
        Lanes::new(Arc::new(ledger), Arc::default(), None, limits),
        permits,
        sizes,
    )
}

/// Sends `count` requests into a lane and lets them get there.
async fn send(lanes: &Arc<Lanes>, lane: u128, count: u128) -> tokio::task::JoinSet<bool> {
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..count {
        let lanes = Arc::clone(lanes);
        tasks.spawn(async move { lanes.issue(scope(lane), request(n)).await.is_ok() });
    }
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    tasks
}

#[tokio::test]
async fn what_arrives_while_a_commit_is_in_flight_is_the_next_batch() {
    let (lanes, permits, sizes) = gated(LaneLimits::default());
    let first = send(&lanes, 1, 1).await;
    let rest = send(&lanes, 1, 7).await;
    permits.add_permits(2);
    assert!(first.join_all().await.into_iter().all(|ok| ok));
    assert!(rest.join_all().await.into_iter().all(|ok| ok));
    assert_eq!(*sizes.lock(), [(scope(1), 1), (scope(1), 7)]);
}

#[tokio::test]
async fn a_batch_has_a_largest_size() {
    let (lanes, permits, sizes) = gated(LaneLimits {
        batch: 3,
        ..LaneLimits::default()
    });
    let first = send(&lanes, 1, 1).await;
    let rest = send(&lanes, 1, 7).await;
    permits.add_permits(9);
    first.join_all().await;
    rest.join_all().await;
    assert_eq!(
        sizes.lock().iter().map(|(_, n)| *n).collect::<Vec<_>>(),
        [1, 3, 3, 1]
    );
}

#[tokio::test]
async fn a_lane_that_waits_for_its_ledger_does_not_delay_another() {
    let (lanes, permits, _) = gated(LaneLimits::default());
    let busy = send(&lanes, 1, 5).await;
    assert!(lanes.issue(scope(2), request(9)).await.is_ok());
    permits.add_permits(9);
    busy.join_all().await;
}

#[tokio::test]
async fn beyond_the_bound_a_request_is_refused_at_once_and_the_others_are_answered() {
    let (lanes, permits, _) = gated(LaneLimits {
        waiting: 2,
        ..LaneLimits::default()
    });
    let first = send(&lanes, 1, 1).await;
    let waiting = send(&lanes, 1, 2).await;
    assert_eq!(lanes.waiting(), 2);
    assert!(matches!(
        lanes.issue(scope(2), request(9)).await,
        Err(LanesError::Overloaded)
    ));
    permits.add_permits(9);
    assert!(first.join_all().await.into_iter().all(|ok| ok));
    assert!(waiting.join_all().await.into_iter().all(|ok| ok));
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let (lanes, permits, sizes) = gated(LaneLimits::default());
    let first = send(&lanes, 1, 1).await;
    let mut gone = send(&lanes, 1, 4).await;
    gone.abort_all();
    while gone.join_next().await.is_some() {}
    permits.add_permits(9);
    first.join_all().await;
    lanes.drained().await;
    assert_eq!(*sizes.lock(), [(scope(1), 1), (scope(1), 4)]);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_answer_is_told_that_the_outcome_is_unknown() {
    let (lanes, _permits, _) = gated(LaneLimits::default());
    let outcome = lanes.issue(scope(1), request(1)).await;
    assert!(matches!(
        outcome,
        Err(LanesError::Store(StoreError::Unknown(_)))
    ));
}

#[tokio::test]
async fn all_of_a_failed_batch_are_told_so_and_the_lane_goes_on() {
    let mut ledger = MockLedger::new();
    let calls = AtomicUsize::new(0);
    ledger
        .expect_issue()
        .times(2)
        .returning(
            move |_, requests| match calls.fetch_add(1, Ordering::SeqCst) {
                0 => Err(StoreError::unavailable("down")),
                _ => Ok(refuse(&requests, vec![])),
            },
        );
    let lanes = Lanes::new(
        Arc::new(ledger),
        Arc::default(),
        None,
        LaneLimits::default(),
    );
    let failed = lanes.issue(scope(1), request(1)).await;
    assert!(matches!(
        failed,
        Err(LanesError::Store(StoreError::Unavailable(_)))
    ));
    assert!(lanes.issue(scope(1), request(2)).await.is_ok());
}

#[tokio::test]
async fn a_ledger_that_panics_leaves_no_lane_without_a_worker() {
    let (lanes, permits, _) = gated(LaneLimits::default());
    permits.close();
    let lost = lanes.issue(scope(1), request(1)).await;
    assert!(matches!(
        lost,
        Err(LanesError::Store(StoreError::Unknown(_)))
    ));
    let lost_again = lanes.issue(scope(1), request(2)).await;
    assert!(matches!(
        lost_again,
        Err(LanesError::Store(StoreError::Unknown(_)))
    ));
    assert_eq!(lanes.waiting(), 0);
}

#[tokio::test]
async fn each_batch_teaches_this_node_what_is_closed() {
    let mut full = coupon(issue_kind(1));
    full.counters.issued = 1;
    let mut ledger = MockLedger::new();
    let answered = full.clone();
    ledger
        .expect_issue()
        .returning(move |_, requests| Ok(refuse(&requests, vec![answered.clone()])));
    let answers = Arc::new(FinalAnswers::default());
    let lanes = Lanes::new(
        Arc::new(ledger),
        Arc::clone(&answers),
        None,
        LaneLimits::default(),
    );
    lanes.issue(scope(1), request(1)).await.unwrap();
    let known = answers.get(full.id).unwrap();
    assert_eq!(
        known.closed.as_ref().unwrap().because,
        IssueRefusal::CouponNotIssuable
    );
}
