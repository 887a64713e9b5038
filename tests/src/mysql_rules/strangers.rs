//! Units that have nothing to do with one another, or only their event, all at once.

use std::slice;
use std::sync::Arc;

use domain::{Coupon, IssueScope, IssuedCoupon};
use tokio::task::JoinSet;

use super::ground::Ground;
use crate::given::{all_issued, issue_kind, use_kind};
use crate::servers::{Make, SqlServer};
use crate::{Fixture, assert_exact};

const TASKS: u32 = 12;
const ROUNDS: u32 = 20;

/// How many deadlocks the server has undone.
async fn deadlocks(ground: &Ground) -> i64 {
    const COUNT: &str = "SELECT CAST(count AS SIGNED) FROM information_schema.innodb_metrics \
         WHERE name = 'lock_deadlocks'";
    ground.count(COUNT).await
}

/// Each task asks one of the nodes for copies of one coupon after the other, in batches, for the same
/// few consumers: their rows are neighbours in every index.
async fn asked(
    ids: &Arc<Fixture>,
    nodes: &[Arc<Fixture>],
    coupons: &[Coupon],
) -> Vec<IssuedCoupon> {
    let mut tasks = JoinSet::new();
    for (task, node) in (0..TASKS).zip(nodes.iter().cycle()) {
        let (ids, node, mut coupons) = (ids.clone(), node.clone(), coupons.to_vec());
        // Everybody begins with another one.
        let first = usize::try_from(task).unwrap() % coupons.len();
        coupons.rotate_left(first);
        tasks.spawn(async move {
            let mut copies = Vec::new();
            for round in 0..ROUNDS {
                for coupon in &coupons {
                    let consumers = (0..4).map(|number| (round * 3 + number * 7 + task) % 40);
                    let requests = consumers
                        .map(|number| ids.request(coupon, &format!("consumer-{number}")))
                        .collect();
                    let batch = node.store.issue(IssueScope::of(coupon), requests).await;
                    copies.extend(all_issued(&batch.unwrap().outcomes));
                }
            }
            copies
        });
    }
    tasks.join_all().await.concat()
}

pub async fn unrelated_coupons_never_deadlock(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let mut coupons = Vec::new();
    for _ in 0..6 {
        coupons.push(ground.fixture.coupon(issue_kind(30)).await);
        coupons.push(ground.fixture.coupon(use_kind(30, 2)).await);
    }
    let before = deadlocks(&ground).await;
    let copies = asked(&ground.fixture, slice::from_ref(&ground.fixture), &coupons).await;
    let undone = deadlocks(&ground).await - before;
    println!("{make:?}: {} copies, {undone} deadlocks", copies.len());
    let ids: Vec<_> = coupons.iter().map(|coupon| coupon.id).collect();
    assert_exact(&*ground.fixture.store, &ids, &copies).await;
    assert_eq!(undone, 0);
}

pub async fn two_coupons_of_one_event_on_two_nodes_give_one_copy_each(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let other = ground.another_node().await;
    let event = ground.fixture.event().await;
    let coupons = [
        ground.fixture.coupon_of(&event, issue_kind(1_000)).await,
        ground.fixture.coupon_of(&event, issue_kind(1_000)).await,
    ];
    let before = deadlocks(&ground).await;
    let copies = asked(&ground.fixture, &[ground.fixture.clone(), other], &coupons).await;
    let undone = deadlocks(&ground).await - before;
    println!("{make:?}: {} copies, {undone} deadlocks", copies.len());
    // Enough for all, so each consumer has one.
    assert_eq!(copies.len(), 40);
    assert_exact(
        &*ground.fixture.store,
        &coupons.map(|coupon| coupon.id),
        &copies,
    )
    .await;
    assert_eq!(undone, 0);
}
