//! What goes wrong before COMMIT: nothing has happened, and the whole unit runs again.

use std::time::Duration;

use domain::ports::{CouponLedger, StoreError};
use domain::{Coupon, IssueOutcome, IssueRequest, IssueScope, IssuedCoupon};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::ground::Ground;
use crate::given::{all_issued, issue_kind, issued};
use crate::servers::{Make, SqlServer};
use crate::{assert_exact, until};

/// Issues a copy in a task of its own.
fn issuing(ground: &Ground, coupon: &Coupon, name: &str) -> JoinHandle<IssueOutcome> {
    let (fixture, coupon, name) = (ground.fixture.clone(), coupon.clone(), name.to_owned());
    tokio::spawn(async move { fixture.ask(&coupon, &name).await })
}

async fn assert_issued_once(ground: &Ground, coupon: &Coupon, copy: &IssuedCoupon) {
    assert_eq!(ground.fixture.read(coupon).await.counters.issued, 1);
    assert_exact(&*ground.fixture.store, &[coupon.id], [copy]).await;
}

pub async fn a_unit_that_loses_a_deadlock_is_run_again_as_a_whole(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let coupon = ground.fixture.coupon(issue_kind(5)).await;
    let mut stranger = ground.stranger().await;
    stranger.writes_much().await;
    stranger.locks("coupons", coupon.id.as_uuid()).await;
    let issuing = issuing(&ground, &coupon, "a");
    ground.until_waiting(1).await;
    // The unit has this row, and does not give it back before it has the coupon: unless it is undone.
    stranger.locks("events", coupon.event_id.as_uuid()).await;
    stranger.ends().await;
    let copy = issued(&issuing.await.unwrap());
    assert_issued_once(&ground, &coupon, &copy).await;
}

pub async fn a_lock_that_is_not_given_is_asked_for_again(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let coupon = ground.fixture.coupon(issue_kind(5)).await;
    let mut stranger = ground.stranger().await;
    stranger.locks("coupons", coupon.id.as_uuid()).await;
    let issuing = issuing(&ground, &coupon, "a");
    let mut longest = 0;
    until("a second wait", async || {
        let open = ground.waiting().await.first()?.1;
        longest = longest.max(open);
        (open < longest).then_some(())
    })
    .await;
    stranger.ends().await;
    let copy = issued(&issuing.await.unwrap());
    assert_issued_once(&ground, &coupon, &copy).await;
}

pub async fn a_lock_that_is_never_given_is_an_error_and_nothing_happened(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let coupon = ground.fixture.coupon(issue_kind(5)).await;
    let mut stranger = ground.stranger().await;
    stranger.locks("coupons", coupon.id.as_uuid()).await;
    let request = ground.fixture.request(&coupon, "a");
    let scope = IssueScope::of(&coupon);
    let given_up = ground.store.issue(scope, vec![request]).await.unwrap_err();
    assert!(
        matches!(given_up, StoreError::Unavailable(_)),
        "{given_up:?}"
    );
    stranger.ends().await;
    assert_eq!(ground.fixture.read(&coupon).await.counters.issued, 0);
    let copy = issued(&ground.fixture.ask(&coupon, "a").await);
    assert_issued_once(&ground, &coupon, &copy).await;
}

pub async fn connections_that_were_lost_while_idle_are_nobodys_error(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let coupon = ground.fixture.coupon(issue_kind(50)).await;
    let mut copies = Vec::new();
    for round in 0..3 {
        // At once, so that there are several connections.
        let asked: Vec<_> = (0..8)
            .map(|number| issuing(&ground, &coupon, &format!("{round}-{number}")))
            .collect();
        for answer in asked {
            copies.push(issued(&answer.await.unwrap()));
        }
        ground.kill(&ground.connections().await).await;
    }
    assert_eq!(ground.fixture.read(&coupon).await.counters.issued, 24);
    assert_exact(&*ground.fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_connection_that_is_lost_in_the_middle_is_nobodys_error(make: Make) {
    let ground = Ground::on(SqlServer::shared(make)).await;
    let coupon = ground.fixture.coupon(issue_kind(5)).await;
    let mut stranger = ground.stranger().await;
    stranger.locks("coupons", coupon.id.as_uuid()).await;
    let issuing = issuing(&ground, &coupon, "a");
    let lost = ground.until_waiting(1).await;
    ground.kill(&lost).await;
    until("another connection that waits", async || {
        let waiting = ground.waiting().await;
        waiting
            .iter()
            .any(|(id, _)| !lost.contains(id))
            .then_some(())
    })
    .await;
    stranger.ends().await;
    let copy = issued(&issuing.await.unwrap());
    assert_issued_once(&ground, &coupon, &copy).await;
}

/// In sqlx, a `begin` that is cancelled leaves a transaction open that it does not know of: what the
/// next one writes is acknowledged and lost.
pub async fn callers_that_go_away_poison_no_connection(make: Make) {
    const CALLERS: u64 = 100;
    let one = std::num::NonZeroU16::MIN;
    let ground = Ground::with(SqlServer::shared(make), |_, mut config| {
        (config.writers, config.readers) = (one, one);
        config
    });
    let ground = ground.await;
    let coupon = ground.fixture.coupon(issue_kind(1_000)).await;
    let issue = |request: IssueRequest| ground.store.issue(IssueScope::of(&coupon), vec![request]);
    let mut copies = Vec::new();
    for number in 0..CALLERS {
        let request = ground.fixture.request(&coupon, &format!("goes-{number}"));
        let read = ground.store.issued_coupon(request.issued_coupon_id);
        let patience = Duration::from_micros(number * 20);
        if let Ok(answer) = timeout(patience, issue(request)).await {
            copies.extend(all_issued(&answer.unwrap().outcomes));
        }
        let _gone_too = timeout(patience, read).await;
        let stays = ground.fixture.request(&coupon, &format!("stays-{number}"));
        let answer = issue(stays.clone()).await.unwrap();
        copies.push(issued(&answer.outcomes[0]));
        // As others see it.
        let id = stays.issued_coupon_id.as_uuid().simple();
        let count = format!("SELECT COUNT(*) FROM issued_coupons WHERE id = x'{id}'");
        assert_eq!(ground.count(&count).await, 1);
        let read = ground.store.issued_coupon(stays.issued_coupon_id).await;
        assert_eq!(read.unwrap().as_ref(), copies.last());
    }
    assert_exact(&*ground.fixture.store, &[coupon.id], &copies).await;
}
