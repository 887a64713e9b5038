//! A stampede: many at once on one store, and the ledger stays exact.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::{Audit, Coupon, IssueOutcome, IssueRefusal, IssuedCoupon};
use tokio::task::{JoinSet, yield_now};

use super::changing::{changed, pause, raise_issued};
use crate::given::{all_issued, issue_kind, refused};
use crate::{Fixture, assert_exact};

const TASKS: u32 = 32;
const BATCHES: u32 = 8;
const BATCH: u32 = 5;
/// How many consumers there are: half the requests come from one who asks elsewhere too.
const CROWD: u32 = TASKS * BATCHES * BATCH / 2;

/// All of the crowd asks for these coupons of one scope, each twice, from many tasks at once: what
/// was issued, after all else was refused for a reason that the rules know.
async fn stampede(fixture: &Arc<Fixture>, coupons: &[Coupon]) -> Vec<IssuedCoupon> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (fixture, coupons) = (fixture.clone(), coupons.to_vec());
        tasks.spawn(async move { one_of_many(&fixture, &coupons, task).await });
    }
    let outcomes = tasks.join_all().await.concat();
    for outcome in &outcomes {
        if !matches!(outcome, IssueOutcome::Issued(_)) {
            assert!(matches!(
                refused(outcome),
                IssueRefusal::CouponNotIssuable
                    | IssueRefusal::CouponPaused
                    | IssueRefusal::SingleCouponAvailablePerEvent { .. }
            ));
        }
    }
    all_issued(&outcomes)
}

async fn one_of_many(fixture: &Fixture, coupons: &[Coupon], task: u32) -> Vec<IssueOutcome> {
    let mut outcomes = Vec::new();
    let mut coupons = coupons.iter().cycle();
    for batch in 0..BATCHES {
        let requests = (0..BATCH).map(|at| {
            let number = ((task * BATCHES + batch) * BATCH + at) % CROWD;
            let coupon = coupons.next().unwrap();
            fixture.request(coupon, &format!("consumer-{number}"))
        });
        let requests = requests.collect();
        outcomes.extend(fixture.issue(coupons.next().unwrap(), requests).await);
    }
    outcomes
}

fn consumers(copies: &[IssuedCoupon]) -> HashSet<&str> {
    copies
        .iter()
        .map(|copy| copy.consumer_id.as_str())
        .collect()
}

pub async fn a_stampede_gets_exactly_the_cap(fixture: Fixture) {
    const CAP: u32 = CROWD / 4;
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(issue_kind(CAP.into())).await;
    let copies = stampede(&fixture, std::slice::from_ref(&coupon)).await;
    assert_eq!(Ok(CAP), copies.len().try_into());
    assert_eq!(consumers(&copies).len(), copies.len());
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_stampede_of_one_crowd_on_two_coupons_gets_one_each(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let event = fixture.event().await;
    let cap = i64::from(CROWD);
    let coupons = [
        fixture.coupon_of(&event, issue_kind(cap)).await,
        fixture.coupon_of(&event, issue_kind(cap)).await,
    ];
    let copies = stampede(&fixture, &coupons).await;
    // Enough for all, so nobody goes away with nothing.
    assert_eq!(Ok(CROWD), copies.len().try_into());
    assert_eq!(consumers(&copies).len(), copies.len());
    assert_exact(&*fixture.store, &coupons.map(|coupon| coupon.id), &copies).await;
}

pub async fn many_events_at_once_do_not_mix(fixture: Fixture) {
    const CAP: u32 = 10;
    const EVENTS: u32 = 8;
    let fixture = Arc::new(fixture);
    let mut coupons = Vec::new();
    for _ in 0..EVENTS {
        coupons.push(fixture.coupon(issue_kind(CAP.into())).await);
    }
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (fixture, coupons) = (fixture.clone(), coupons.clone());
        tasks.spawn(async move {
            let mut outcomes = Vec::new();
            for coupon in &coupons {
                outcomes.push(fixture.ask(coupon, &format!("consumer-{task}")).await);
            }
            outcomes
        });
    }
    let copies = all_issued(&tasks.join_all().await.concat());
    assert_eq!(Ok(CAP * EVENTS), copies.len().try_into());
    let coupons: Vec<_> = coupons.iter().map(|coupon| coupon.id).collect();
    assert_exact(&*fixture.store, &coupons, &copies).await;
}

pub async fn an_audit_is_exact_in_the_middle_of_a_stampede(fixture: Fixture) {
    const CAP: u32 = CROWD - 1;
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(issue_kind(CAP.into())).await;
    let over = Arc::new(AtomicBool::new(false));
    let auditor = {
        let (fixture, over, id) = (fixture.clone(), over.clone(), coupon.id);
        tokio::spawn(async move {
            while !over.load(Ordering::SeqCst) {
                let reading = fixture.store.audit(id).await.unwrap().unwrap();
                assert_eq!(Audit::of(reading).violations, []);
                yield_now().await;
            }
        })
    };
    let copies = stampede(&fixture, std::slice::from_ref(&coupon)).await;
    over.store(true, Ordering::SeqCst);
    auditor.await.unwrap();
    assert_eq!(Ok(CAP), copies.len().try_into());
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_cap_raised_in_a_stampede_is_reached_exactly(fixture: Fixture) {
    const CAP: u32 = CROWD / 2;
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(issue_kind(1)).await;
    let raising = {
        let (fixture, coupon) = (fixture.clone(), coupon.clone());
        tokio::spawn(async move {
            for cap in (2..=CAP).step_by(7).chain([CAP + 1]) {
                changed(&fixture, &coupon, raise_issued(cap.into())).await;
            }
        })
    };
    let mut copies = stampede(&fixture, std::slice::from_ref(&coupon)).await;
    raising.await.unwrap();
    // Who was refused too early asks again.
    copies.extend(stampede(&fixture, std::slice::from_ref(&coupon)).await);
    assert_eq!(Ok(CAP + 1), copies.len().try_into());
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_pause_in_a_stampede_is_a_cut(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(issue_kind(CROWD.into())).await;
    let pausing = {
        let (fixture, coupon) = (fixture.clone(), coupon.clone());
        tokio::spawn(async move { changed(&fixture, &coupon, pause(true)).await })
    };
    let copies = stampede(&fixture, std::slice::from_ref(&coupon)).await;
    let paused = pausing.await.unwrap();
    // Nothing was issued after the pause had been answered.
    assert_eq!(fixture.read(&coupon).await, paused);
    assert_eq!(Ok(paused.counters.issued), copies.len().try_into());
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}
