//! Whole drops through memory, gate and ledger, while the gate loses, forgets and lies.

use std::sync::Arc;

use application::IssueCouponError;
use domain::ports::{AdmissionGate, Arrival, Decided, GateCount, GateGenerations};
use domain::{Cap, Coupon, CouponKind, IssueRefusal, IssuedCoupon, IssuedCouponId};
use firstcome_tests::funnel::{Funnel, Node};
use firstcome_tests::given::{START, consumer, issue_kind};
use firstcome_tests::{Fixture, assert_exact, until};
use rstest::rstest;
use tokio::task::JoinSet;
use uuid::Uuid;

const CAP: i64 = 60;
const CROWD: usize = 200;

/// The copies of a crowd, of whom each asks two nodes.
async fn drop_on(nodes: &[Arc<Node>; 2], coupon: &Coupon, from: usize) -> Vec<IssuedCoupon> {
    let mut asking = JoinSet::new();
    for n in from..from + CROWD {
        for node in nodes {
            let (node, coupon) = (node.clone(), coupon.clone());
            asking.spawn(async move { node.ask(&coupon, &format!("c-{n}")).await });
        }
    }
    let answers = asking.join_all().await.into_iter();
    answers
        .filter_map(|answer| match answer {
            Ok(copy) => Some(copy),
            Err(IssueCouponError::Refused(_)) => None,
            Err(other) => panic!("{other:?}"),
        })
        .collect()
}

async fn given(fixture: Fixture) -> (Funnel, Coupon, [Arc<Node>; 2]) {
    let funnel = Funnel::before(fixture);
    let coupon = funnel.fixture.coupon(issue_kind(CAP)).await;
    let nodes = [funnel.node().await, funnel.node().await].map(Arc::new);
    (funnel, coupon, nodes)
}

async fn count(funnel: &Funnel, coupon: &Coupon) -> GateCount {
    funnel.gate.count(coupon.event_id).await.unwrap()
}

/// Callers are answered before the gate is told.
async fn told(funnel: &Funnel, coupon: &Coupon, expected: GateCount) {
    until("a gate that was told of all", async || {
        (count(funnel, coupon).await == expected).then_some(())
    })
    .await;
}

const fn holders(holders: u64) -> GateCount {
    GateCount {
        holders,
        undecided: 0,
    }
}

/// Somebody gets a copy, and the gate is filled because it was found closed.
async fn opened(funnel: &Funnel, coupon: &Coupon, node: &Node) -> IssuedCoupon {
    let copy = node.ask(coupon, "first").await.unwrap();
    assert_eq!(node.fill().await, 1);
    assert_eq!(count(funnel, coupon).await, holders(1));
    copy
}

async fn memory() -> Fixture {
    Fixture::memory().await
}

async fn sqlite() -> Fixture {
    Fixture::sqlite().await
}

#[rstest]
#[case::memory(memory())]
#[case::sqlite(sqlite())]
#[tokio::test(flavor = "multi_thread")]
async fn a_drop_is_exact_before_and_after_its_gate_is_lost(
    #[case] fixture: impl Future<Output = Fixture>,
) {
    let (funnel, coupon, nodes) = given(fixture.await).await;
    let mut copies = vec![opened(&funnel, &coupon, &nodes[0]).await];
    for n in 0..20 {
        let copy = nodes[n % 2].ask(&coupon, &format!("c-{n}")).await;
        copies.push(copy.unwrap());
    }
    funnel.gate.lose();
    let crowd = drop_on(&nodes, &coupon, 0).await;
    assert_eq!(crowd.len(), 39);
    copies.extend(crowd);
    assert_exact(&*funnel.fixture.store, &[coupon.id], &copies).await;
    assert_eq!(count(&funnel, &coupon).await, holders(0));
    // Both have found it closed; it is filled once.
    assert_eq!(nodes[0].fill().await + nodes[1].fill().await, 1);
    assert_eq!(count(&funnel, &coupon).await, holders(60));
}

#[rstest]
#[case::memory(memory())]
#[case::sqlite(sqlite())]
#[tokio::test(flavor = "multi_thread")]
async fn a_gate_of_an_old_generation_is_not_believed(
    #[case] fixture: impl Future<Output = Fixture>,
) {
    let (funnel, coupon, nodes) = given(fixture.await).await;
    let copy = opened(&funnel, &coupon, &nodes[0]).await;
    // A copy that the ledger had before it was restored.
    let lost = IssuedCouponId::from_uuid(Uuid::new_v4());
    let ghost = [Decided::Holder(consumer("c-7"), coupon.id, lost)];
    funnel.gate.fill(coupon.event_id, &ghost).await.unwrap();
    funnel.renew_generation().await;
    for node in &nodes {
        node.refresh().await;
    }
    let mut copies = vec![copy, nodes[0].ask(&coupon, "c-7").await.unwrap()];
    copies.extend(drop_on(&nodes, &coupon, 8).await);
    assert_exact(&*funnel.fixture.store, &[coupon.id], &copies).await;
    assert_eq!(copies.len(), 60);
    assert_eq!(nodes[0].fill().await + nodes[1].fill().await, 1);
    assert_eq!(count(&funnel, &coupon).await, holders(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_that_is_restored_to_what_it_was_learns_what_it_has_missed() {
    let (funnel, coupon, nodes) = given(memory().await).await;
    let mut copies = vec![opened(&funnel, &coupon, &nodes[0]).await];
    let dump = funnel.gate.dump();
    copies.extend(drop_on(&nodes, &coupon, 0).await);
    told(&funnel, &coupon, holders(60)).await;
    funnel.gate.restore(dump);
    assert_eq!(count(&funnel, &coupon).await, holders(1));
    // Whoever is not known asks the ledger, which knows.
    let known = copies.last().unwrap();
    let again = nodes[0].ask(&coupon, known.consumer_id.as_str()).await;
    let single = IssueRefusal::SingleCouponAvailablePerEvent {
        issued_coupon_id: known.id,
    };
    assert!(matches!(again, Err(IssueCouponError::Refused(why)) if why == single));
    told(&funnel, &coupon, holders(2)).await;
    // A difference that stays.
    for _ in 0..2 {
        nodes[1].reconcile().await;
    }
    assert_eq!(nodes[1].fill().await, 1);
    assert_eq!(count(&funnel, &coupon).await, holders(60));
    assert_exact(&*funnel.fixture.store, &[coupon.id], &copies).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_with_ghosts_locks_nobody_out_for_long() {
    let (funnel, coupon, nodes) = given(memory().await).await;
    let mut copies = vec![opened(&funnel, &coupon, &nodes[0]).await];
    let none = IssuedCouponId::from_uuid(Uuid::new_v4());
    let ghost = [Decided::Holder(consumer("c-7"), coupon.id, none)];
    funnel.gate.fill(coupon.event_id, &ghost).await.unwrap();
    nodes[1].reconcile().await;
    assert_eq!(nodes[1].fill().await, 1);
    assert_eq!(count(&funnel, &coupon).await, holders(1));
    copies.push(nodes[0].ask(&coupon, "c-7").await.unwrap());
    copies.extend(drop_on(&nodes, &coupon, 8).await);
    assert_exact(&*funnel.fixture.store, &[coupon.id], &copies).await;
    assert_eq!(copies.len(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_a_node_that_died_cost_nobody_a_copy_and_are_free_again_in_time() {
    let (funnel, coupon, nodes) = given(memory().await).await;
    let mut copies = vec![opened(&funnel, &coupon, &nodes[0]).await];
    let CouponKind::Issue { maximum_issued, .. } = coupon.kind else {
        panic!("an ISSUE_COUPON");
    };
    let places = left_by_a_dead_node(&funnel, &coupon, maximum_issued).await;
    assert_eq!(count(&funnel, &coupon).await.undecided, places);
    copies.extend(drop_on(&nodes, &coupon, 0).await);
    assert_eq!(copies.len(), 60);
    assert_exact(&*funnel.fixture.store, &[coupon.id], &copies).await;

    let known = GateCount {
        holders: 60,
        undecided: places,
    };
    told(&funnel, &coupon, known).await;
    assert_eq!(nodes[0].reconcile().await, 0);
    funnel.fixture.clock.set(START.plus_micros(10_000_001));
    assert_eq!(nodes[0].reconcile().await, places);
    assert_eq!(count(&funnel, &coupon).await, holders(60));
}

/// It has asked for all places there are, and told nobody.
async fn left_by_a_dead_node(funnel: &Funnel, coupon: &Coupon, cap: Cap) -> u64 {
    let generation = funnel.generations.gate_generation().await.unwrap();
    let names = (0..200).map(|n| format!("gone-{n}"));
    let arrivals: Vec<_> = names
        .map(|name| Arrival {
            coupon_id: coupon.id,
            cap,
            consumer_id: consumer(name),
        })
        .collect();
    let asked = funnel.gate.admit(coupon.event_id, generation, &arrivals);
    assert!(asked.await.unwrap().is_some());
    // Cap and slack, but for the one that has a copy.
    159
}
