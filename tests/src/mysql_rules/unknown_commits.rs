//! A connection that is lost at COMMIT: it may have happened. The unit runs again under the same ids,
//! and finds what it has written itself.

use std::sync::atomic::{AtomicU32, Ordering};

use domain::ports::{
    Catalogue, CouponChanged, CouponLedger, Creation, KeyScope, KeyedRequest, RequestDigest,
    StoreError,
};
use domain::{CouponChange, Event, IssueScope};

use super::ground::Ground;
use super::wire::{Shears, through};
use crate::assert_exact;
use crate::given::{created, issue_kind, issued, use_kind};
use crate::servers::{Make, SqlServer};

pub(super) async fn ground(make: Make) -> (Ground, Shears) {
    let shears = Shears::default();
    let wire = |ledger: &_, _| through(ledger, &shears);
    let ground = Ground::with(SqlServer::shared(make), wire).await;
    (ground, shears)
}

/// The wire is cut at the next COMMIT.
pub(super) fn cut(place: &AtomicU32) {
    assert_eq!(place.swap(1, Ordering::SeqCst), 0, "the last was not made");
}

/// Issues and pauses coupons of both kinds, the wire cut each time.
async fn assert_done_once(ground: &Ground, place: &AtomicU32) {
    let fixture = &ground.fixture;
    for kind in [issue_kind(9), use_kind(9, 9)] {
        let coupon = fixture.coupon(kind).await;
        cut(place);
        let copy = issued(&fixture.ask(&coupon, "a").await);
        assert_eq!(fixture.read(&coupon).await.counters.issued, 1);
        let pause = CouponChange {
            paused: Some(true),
            ..CouponChange::default()
        };
        cut(place);
        match ground.store.change_coupon(coupon.id, pause).await {
            Ok(CouponChanged::Changed(paused, _)) => {
                assert!(paused.paused);
                assert_eq!(fixture.read(&coupon).await, paused);
            }
            other => panic!("not paused: {other:?}"),
        }
        assert_exact(&*fixture.store, &[coupon.id], [&copy]).await;
    }
    assert_eq!(place.load(Ordering::SeqCst), 0);
}

pub async fn a_commit_whose_answer_is_lost_is_done_once(make: Make) {
    let (ground, shears) = ground(make).await;
    assert_done_once(&ground, &shears.after).await;
}

pub async fn a_commit_that_is_lost_is_done_once(make: Make) {
    let (ground, shears) = ground(make).await;
    assert_done_once(&ground, &shears.before).await;
}

pub async fn a_creation_whose_answer_is_lost_is_still_a_creation(make: Make) {
    let (ground, shears) = ground(make).await;
    let (fixture, store) = (&ground.fixture, &ground.store);
    let event = fixture.new_event();
    cut(&shears.after);
    let stored = created(store.create_event(event.clone(), None).await.unwrap());
    assert_eq!(stored, event);
    let policy = fixture.policy().await;
    let coupon = fixture.new_coupon(&event, &policy, issue_kind(1));
    cut(&shears.after);
    let stored = created(store.create_coupon(coupon.clone(), None).await.unwrap());
    assert_eq!(fixture.read(&coupon).await, stored);

    let key = KeyedRequest {
        scope: KeyScope([1; 32]),
        digest: RequestDigest([1; 32]),
        answer: |event: &Event, _| event.id.as_bytes().to_vec(),
    };
    let event = fixture.new_event();
    cut(&shears.after);
    match store.create_event(event.clone(), Some(key)).await.unwrap() {
        Creation::Answered(answered) => assert_eq!(answered.answer, event.id.as_bytes()),
        other => panic!("the key was kept by the first try: {other:?}"),
    }
    assert_eq!(store.event(event.id).await.unwrap(), Some(event));
}

pub async fn a_commit_that_never_answers_is_unknown_and_told_when_asked_again(make: Make) {
    let (ground, shears) = ground(make).await;
    let coupon = ground.fixture.coupon(issue_kind(9)).await;
    let request = ground.fixture.request(&coupon, "a");
    let scope = IssueScope::of(&coupon);
    shears.after.store(u32::MAX, Ordering::SeqCst);
    let unknown = ground.store.issue(scope, vec![request.clone()]).await;
    let unknown = unknown.unwrap_err();
    assert!(matches!(unknown, StoreError::Unknown(_)), "{unknown:?}");
    shears.after.store(0, Ordering::SeqCst);
    let told = ground.store.issue(scope, vec![request]).await.unwrap();
    let copy = issued(&told.outcomes[0]);
    assert_eq!(ground.fixture.read(&coupon).await.counters.issued, 1);
    assert_exact(&*ground.fixture.store, &[coupon.id], [&copy]).await;
}
