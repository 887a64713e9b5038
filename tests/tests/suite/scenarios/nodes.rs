//! Two servers on one data folder: together they are as exact as one, and what an admin changes on
//! one reaches the other.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use firstcome_tests::{
    over_http::{Answer, Client, Metrics, Server, Shop},
    until,
};
use hyper::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

fn two_nodes() -> [Server; 2] {
    let first = Server::start();
    let second = first.builder().clone().start();
    [first, second]
}

/// Asks until the answer is not "ask again".
async fn issue(client: &mut Client, coupon: &str, token: &str) -> Answer {
    for _ in 0..100 {
        let answer = client.issue(coupon, token).await.unwrap();
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
    }
    panic!("nothing but 503")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_over_two_nodes_ends_at_exactly_its_cap() {
    const CAP: usize = 3_000;
    const CONSUMERS: usize = 4_500;
    const CONNECTIONS: usize = 64;
    let nodes = two_nodes();
    let mut shop = Shop::open(&nodes[0]).await;
    let coupon = shop.issue_coupon(3_000).await;
    let next = Arc::new(AtomicUsize::default());
    let mut asking = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let node = &nodes[connection % nodes.len()];
        let (mut client, tokens) = (node.client(), node.tokens());
        let (next, coupon) = (Arc::clone(&next), coupon.clone());
        asking.spawn(async move {
            let mut told = HashMap::<_, usize>::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= CONSUMERS {
                    return told;
                }
                let token = tokens.consumer(&format!("consumer-{n}"));
                let answer = issue(&mut client, &coupon, &token).await;
                *told.entry((answer.status, answer.code())).or_default() += 1;
            }
        });
    }
    let mut told = HashMap::<_, usize>::new();
    for (answer, times) in asking.join_all().await.into_iter().flatten() {
        *told.entry(answer).or_default() += times;
    }
    let refused = (StatusCode::CONFLICT, "COUPON_NOT_ISSUABLE".to_owned());
    let expected = [
        ((StatusCode::CREATED, String::new()), CAP),
        (refused, CONSUMERS - CAP),
    ];
    assert_eq!(told, HashMap::from(expected));
    for node in &nodes {
        let audit = Shop::open(node).await.assert_exact(&coupon).await;
        assert_eq!(audit["rows"]["issued"], CAP);
    }
    nodes[0].assert_audited();
}

/// Until the node refuses this consumer without asking the ledger.
async fn refuses_from_memory(node: &Server, coupon: &str, consumer: &str, code: &str) {
    const FROM_MEMORY: &str = r#"firstcome_issue_answers_total{from="memory"}"#;
    let (mut client, token) = (node.client(), node.tokens().consumer(consumer));
    until(code, async || {
        let before = Metrics::of(&mut client).await.counter(FROM_MEMORY);
        let answer = client.issue(coupon, &token).await.unwrap();
        let after = Metrics::of(&mut client).await.counter(FROM_MEMORY);
        (answer.code() == code && after > before).then_some(())
    })
    .await;
}

/// Until the node issues a copy to this consumer; prints how long that took.
async fn issues(node: &Server, coupon: &str, consumer: &str, after: &str) {
    let (begun, mut client) = (Instant::now(), node.client());
    let token = node.tokens().consumer(consumer);
    until(after, async || {
        let answer = client.issue(coupon, &token).await.unwrap();
        (answer.status == StatusCode::CREATED).then_some(())
    })
    .await;
    println!("{after} on the other node after {:?}", begun.elapsed());
}

#[tokio::test]
async fn what_an_admin_changes_on_one_node_reopens_and_closes_the_other() {
    let [first, second] = two_nodes();
    let mut shop = Shop::open(&first).await;
    let coupon = shop.issue_coupon(1).await;
    issues(&second, &coupon, "ann", "there from the start").await;
    refuses_from_memory(&second, &coupon, "bob", "COUPON_NOT_ISSUABLE").await;

    shop.change(&coupon, json!({"maximumIssued": 3})).await;
    issues(&second, &coupon, "bob", "a raised cap").await;

    shop.change(&coupon, json!({"paused": true})).await;
    refuses_from_memory(&second, &coupon, "carol", "COUPON_PAUSED").await;

    shop.change(&coupon, json!({"paused": false})).await;
    issues(&second, &coupon, "carol", "a resumed coupon").await;

    let audit = shop.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], 3);
    first.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_who_asks_two_nodes_at_once_for_two_coupons_of_an_event_gets_one() {
    const CONSUMERS: usize = 100;
    let nodes = two_nodes();
    let mut shop = Shop::open(&nodes[0]).await;
    let coupons = [
        shop.issue_coupon(1_000).await,
        shop.issue_coupon(1_000).await,
    ];
    let mut clients = [nodes[0].client(), nodes[1].client()];
    let mut by_coupon = [0; 2];
    for n in 0..CONSUMERS {
        let token = nodes[0].tokens().consumer(&format!("consumer-{n}"));
        let [first, second] = &mut clients;
        let (one, other) = tokio::join!(
            issue(first, &coupons[0], &token),
            issue(second, &coupons[1], &token)
        );
        let (won, got, refused) = match one.status {
            StatusCode::CREATED => (0, one, other),
            _ => (1, other, one),
        };
        assert_eq!(got.status, StatusCode::CREATED, "{got:?}");
        assert_eq!(refused.code(), "SINGLE_COUPON_AVAILABLE_PER_EVENT");
        assert_eq!(refused.text("issuedCouponId"), got.text("issuedCouponId"));
        by_coupon[won] += 1;
    }
    println!("won by each coupon: {by_coupon:?}");
    for (coupon, issued) in coupons.iter().zip(by_coupon) {
        assert_eq!(shop.assert_exact(coupon).await["rows"]["issued"], issued);
    }
    nodes[0].assert_audited();
}
