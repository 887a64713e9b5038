//! The drop: everybody comes at once.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use firstcome_tests::over_http::{Answer, Server, Shop};
use hyper::StatusCode;
use tokio::task::JoinSet;

/// Lets `consumers` ask once each over so many connections; the answers, by consumer.
async fn everybody_asks(
    server: &Server,
    coupon: &str,
    consumers: usize,
    connections: usize,
) -> HashMap<String, Answer> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (next, coupon) = (Arc::clone(&next), coupon.to_owned());
        let (mut client, tokens) = (server.client(), server.tokens());
        tasks.spawn(async move {
            let mut answers = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                if n >= consumers {
                    return answers;
                }
                let consumer = format!("consumer-{n}");
                let token = tokens.consumer(&consumer);
                answers.push((consumer, client.issue(&coupon, &token).await.unwrap()));
            }
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_50_000_consumers_exactly_10_000_get_one_and_the_others_are_told_why() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(10_000).await;
    let answers = everybody_asks(&server, &coupon, 50_000, 256).await;
    let issued = answers
        .values()
        .filter(|answer| answer.status == StatusCode::CREATED)
        .count();
    let refused = answers
        .values()
        .filter(|answer| answer.code() == "COUPON_NOT_ISSUABLE")
        .count();
    assert_eq!((issued, refused), (10_000, 40_000));
    let audit = shop.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], 10_000);
    server.assert_audited();
}
