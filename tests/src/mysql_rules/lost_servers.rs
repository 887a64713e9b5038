//! A server that hangs, and one that dies: errors in bounded time, and then as if nothing had been.

use domain::ports::{CouponLedger, GateGenerations, StoreError};
use domain::{Coupon, IssueScope, IssuedCoupon};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::ground::Ground;
use crate::given::{all_issued, issue_kind};
use crate::patience::PATIENCE;
use crate::servers::{Make, SqlServer};
use crate::{assert_exact, until};

const CROWD: u32 = 40;

/// What a crowd is answered that asks at once, each with a name of its own.
async fn crowd(
    ground: &Ground,
    coupon: &Coupon,
    name: &str,
) -> Vec<Result<Vec<IssuedCoupon>, StoreError>> {
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let (store, scope) = (ground.store.clone(), IssueScope::of(coupon));
        let request = ground.fixture.request(coupon, &format!("{name}-{number}"));
        crowd.spawn(async move {
            let batch = store.issue(scope, vec![request]).await?;
            Ok(all_issued(&batch.outcomes))
        });
    }
    timeout(PATIENCE, crowd.join_all()).await.unwrap()
}

/// All that a store does ends in time.
async fn assert_nothing_hangs(ground: &Ground, coupon: &Coupon) {
    let store = &ground.store;
    let reads = async {
        let copies = store.holders(coupon.id, crate::given::everything());
        let (audit, changes, copies) =
            tokio::join!(store.audit(coupon.id), store.changes(None, 1), copies);
        assert!(audit.is_err() && changes.is_err() && copies.is_err());
    };
    let others = async {
        let (renewed, ready) = tokio::join!(store.renew_gate_generation(), store.ready());
        assert!(renewed.is_err() && ready.is_err());
    };
    let everything = async {
        tokio::join!(reads, others, async {
            for answer in crowd(ground, coupon, "lost").await {
                assert!(!matches!(answer, Ok(_) | Err(StoreError::Corrupt(_))));
            }
        })
    };
    timeout(PATIENCE, everything).await.unwrap();
}

/// Issues again, to new consumers, as soon as the server is there and has made connections for all.
async fn assert_all_is_well(ground: &Ground, coupon: &Coupon, mut copies: Vec<IssuedCoupon>) {
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let (store, scope) = (ground.store.clone(), IssueScope::of(coupon));
        let request = ground.fixture.request(coupon, &format!("after-{number}"));
        crowd.spawn(until(
            "a copy, now that the server is back",
            async move || {
                let batch = store.issue(scope, vec![request.clone()]).await.ok()?;
                Some(all_issued(&batch.outcomes))
            },
        ));
    }
    let after = crowd.join_all().await.concat();
    assert_eq!(Ok(CROWD), after.len().try_into());
    copies.extend(after);
    until("a store that is ready", async || {
        ground.store.ready().await.ok()
    })
    .await;
    assert_exact(&*ground.fixture.store, &[coupon.id], &copies).await;
}

async fn before(ground: &Ground) -> (Coupon, Vec<IssuedCoupon>) {
    let coupon = ground.fixture.coupon(issue_kind(1_000)).await;
    let mut copies = Vec::new();
    for answer in crowd(ground, &coupon, "before").await {
        copies.extend(answer.unwrap());
    }
    (coupon, copies)
}

pub async fn a_server_that_hangs_is_an_error_in_bounded_time_and_then_forgiven(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let (coupon, copies) = before(&ground).await;
    server.pause();
    assert_nothing_hangs(&ground, &coupon).await;
    server.resume();
    assert_all_is_well(&ground, &coupon, copies).await;
}

pub async fn a_server_that_is_killed_keeps_what_was_acknowledged(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let (coupon, mut copies) = before(&ground).await;
    let under_way = {
        let (store, scope) = (ground.store.clone(), IssueScope::of(&coupon));
        let requests: Vec<_> = (0..500)
            .map(|number| ground.fixture.request(&coupon, &format!("while-{number}")))
            .collect();
        tokio::spawn(async move {
            let mut copies = Vec::new();
            for request in requests {
                match store.issue(scope, vec![request]).await {
                    Ok(batch) => copies.extend(all_issued(&batch.outcomes)),
                    Err(_) => break,
                }
            }
            copies
        })
    };
    until("a copy that was issued while others go on", async || {
        let issued = ground.fixture.read(&coupon).await.counters.issued;
        (issued > u64::from(CROWD)).then_some(())
    })
    .await;
    server.kill();
    copies.extend(under_way.await.unwrap());
    assert_nothing_hangs(&ground, &coupon).await;
    server.restart();
    assert_all_is_well(&ground, &coupon, copies).await;
}
