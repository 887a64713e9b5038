//! SIGTERM and Ctrl-C: nothing new is taken, what is in flight is answered, and what was answered is
//! stored.

use std::{
    collections::HashMap,
    io::ErrorKind,
    time::{Duration, Instant},
};

use firstcome_tests::{
    over_http::{Answer, Metrics, Server, ServerBuilder, Shop},
    until,
};
use hyper::StatusCode;
use rstest::rstest;
use sqlx::Executor;
use tokio::{net::TcpStream, task::JoinSet};

use super::held_up::hold_up;

const IN_FLIGHT: u64 = 10;

/// Consumers who ask, and have been heard when this returns.
async fn in_flight(server: &Server, coupon: &str) -> JoinSet<std::io::Result<(String, Answer)>> {
    const HEARD: &str = r#"firstcome_issue_answers_total{from="ledger"}"#;
    let mut asking = JoinSet::new();
    for n in 0..IN_FLIGHT {
        let (mut client, coupon) = (server.client(), coupon.to_owned());
        let consumer = format!("consumer-{n}");
        let token = server.tokens().consumer(&consumer);
        asking.spawn(async move { Ok((consumer, client.issue(&coupon, &token).await?)) });
    }
    let mut client = server.client();
    until("all to be heard", async || {
        let heard = Metrics::of(&mut client).await.counter(HEARD);
        (heard == IN_FLIGHT).then_some(())
    })
    .await;
    asking
}

async fn refuses_connections(server: &Server) {
    until("a refused connection", async || {
        // One that comes while the port is being closed is reset.
        let refused = TcpStream::connect(server.address()).await.err()?;
        (refused.kind() == ErrorKind::ConnectionRefused).then_some(())
    })
    .await;
}

#[rstest]
#[case::sigterm(Server::terminate)]
#[case::ctrl_c(Server::interrupt)]
#[tokio::test]
async fn what_is_in_flight_is_answered_and_nothing_new_is_taken(#[case] stop: fn(&Server)) {
    let mut server = ServerBuilder::on_file().start();
    let coupon = Shop::open(&server).await.issue_coupon(100).await;
    let mut held_up = hold_up(&server).await;
    let asking = in_flight(&server, &coupon).await;

    stop(&server);
    refuses_connections(&server).await;
    assert!(server.ended().is_none());
    held_up.execute("ROLLBACK").await.unwrap();

    let mut copies = HashMap::new();
    for told in asking.join_all().await {
        let (consumer, answer) = told.unwrap();
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        copies.insert(consumer, answer.text("issuedCouponId"));
    }
    assert_eq!(u64::try_from(copies.len()), Ok(IN_FLIGHT));
    let status = until("the end", async || server.ended()).await;
    assert_eq!(status.code(), Some(0), "{}", server.logged());

    server.restart();
    for (consumer, copy) in copies {
        let path = format!("/v1/issued-coupons/{copy}");
        let token = server.tokens().consumer(&consumer);
        let found = server.client().get(&path, &token).await;
        assert_eq!(found.status, StatusCode::OK, "{consumer} lost {copy}");
    }
    let audit = Shop::open(&server).await.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], IN_FLIGHT);
    server.assert_audited();
}

#[tokio::test]
async fn a_store_that_does_not_answer_does_not_keep_the_server_from_ending() {
    let mut server = ServerBuilder::on_file().with("drain_seconds", 1).start();
    let coupon = Shop::open(&server).await.issue_coupon(100).await;
    let mut held_up = hold_up(&server).await;
    let asking = in_flight(&server, &coupon).await;

    let begun = Instant::now();
    server.terminate();
    let status = until("the end", async || server.ended()).await;
    println!("ended after {:?}", begun.elapsed());
    assert_eq!(status.code(), Some(0), "{}", server.logged());
    // The drain limit, and what a store may take to give up. Generous: it holds that there is a bound.
    assert!(begun.elapsed() < Duration::from_secs(20));
    for told in asking.join_all().await {
        let told = told.map(|(_, answer)| answer.status);
        assert_ne!(told.ok(), Some(StatusCode::CREATED));
    }

    held_up.execute("ROLLBACK").await.unwrap();
    server.restart();
    let audit = Shop::open(&server).await.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], 0);
}
