//! More than the store takes on.

use std::num::NonZeroU16;

use domain::ports::{CouponLedger, GateGenerations, LockManager, StoreError};
use domain::{Coupon, IssueScope};
use tokio::task::JoinSet;

use super::ground::Ground;
use crate::assert_exact;
use crate::given::{issue_kind, issued};
use crate::servers::{Make, SqlServer};

const WRITERS: u16 = 2;
const PENDING: u16 = 10;
const CROWD: usize = 50;

async fn crowd(ground: &Ground, coupon: &Coupon) -> JoinSet<Result<(), StoreError>> {
    let mut crowd = JoinSet::new();
    for number in 0..CROWD {
        let (store, scope) = (ground.store.clone(), IssueScope::of(coupon));
        let request = ground.fixture.request(coupon, &format!("crowd-{number}"));
        crowd.spawn(async move { store.issue(scope, vec![request]).await.map(drop) });
    }
    crowd
}

pub async fn a_crowd_is_refused_and_the_background_still_works(make: Make) {
    let ground = Ground::with(SqlServer::shared(make), |_, mut config| {
        config.writers = NonZeroU16::new(WRITERS).unwrap();
        config.pending_writes = NonZeroU16::new(PENDING).unwrap();
        config
    });
    let ground = ground.await;
    let mut coupons = Vec::new();
    for _ in 0..=WRITERS {
        coupons.push(ground.fixture.coupon(issue_kind(9)).await);
    }
    let (free, taken) = coupons.split_last().unwrap();
    // Whoever has a connection waits for a row.
    let mut stranger = ground.stranger().await;
    let mut stuck = JoinSet::new();
    for coupon in taken {
        stranger.locks("coupons", coupon.id.as_uuid()).await;
        let (fixture, coupon) = (ground.fixture.clone(), coupon.clone());
        stuck.spawn(async move { issued(&fixture.ask(&coupon, "stuck").await) });
    }
    ground.until_waiting(taken.len()).await;

    let crowd = crowd(&ground, free).await;
    let owner = ground.fixture.id();
    let lease = ground.store.acquire("work", owner, 1_000_000).await;
    let lease = lease.unwrap().unwrap();
    assert!(ground.store.renew(&lease, 1_000_000).await.unwrap());
    let generation = ground.store.renew_gate_generation().await.unwrap();
    assert_eq!(ground.store.gate_generation().await.unwrap(), generation);
    ground.store.changes(None, 1).await.unwrap();
    ground.store.ready().await.unwrap();
    for answer in crowd.join_all().await {
        assert!(matches!(answer, Err(StoreError::Overloaded)), "{answer:?}");
    }
    stranger.ends().await;
    let copies = stuck.join_all().await;
    assert_eq!(copies.len(), taken.len());
    let ids: Vec<_> = coupons.iter().map(|coupon| coupon.id).collect();
    assert_exact(&*ground.fixture.store, &ids, &copies).await;
}
