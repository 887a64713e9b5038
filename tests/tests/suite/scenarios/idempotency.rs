//! The same request again is the same request: at once, later, after a restart, and where the rules
//! would refuse it now.

use std::{sync::Arc, time::Duration};

use application::LaneLimits;
use firstcome_tests::{
    Call, Fault, FaultyLedger, Fixture, Gate,
    given::{END, END_TEXT, START_TEXT},
    over_http::{Answer, Client, InProcess, Market, Server, Shop, Tokens, market},
    until,
};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::JoinSet};

use super::raw::Raw;

const AT_ONCE: usize = 100;

/// A POST under a key.
#[derive(Clone)]
struct Keyed {
    path: String,
    token: String,
    key: String,
    body: Option<Value>,
}

impl Keyed {
    fn issue(coupon: &str, consumer: &str, key: &str) -> Self {
        Self {
            path: format!("/v1/coupons/{coupon}/issued-coupons"),
            token: Tokens::default().consumer(consumer),
            key: key.to_owned(),
            body: None,
        }
    }

    fn event(name: &str, key: &str) -> Self {
        Self {
            path: "/v1/events".to_owned(),
            token: Tokens::default().admin(),
            key: key.to_owned(),
            body: Some(json!({"name": name, "endsAt": "2099-01-01T00:00:00Z"})),
        }
    }

    async fn send(&self, client: &mut Client) -> Answer {
        let key = [("idempotency-key", self.key.as_str())];
        let sent = client.send(
            Method::POST,
            &self.path,
            Some(&self.token),
            &key,
            self.body.as_ref(),
        );
        sent.await.unwrap()
    }
}

/// What a replay must have in common with the first answer: everything.
fn assert_same(first: &Answer, again: &Answer) {
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    assert_eq!(again.bytes, first.bytes);
    assert_eq!(again.header("location"), first.header("location"));
    assert!(!first.header("location").is_empty());
}

/// Sends it so many times at once, over as many connections.
async fn all_at_once(server: &Server, request: &Keyed) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(AT_ONCE));
    let mut asking = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (mut client, request, start) = (server.client(), request.clone(), Arc::clone(&start));
        asking.spawn(async move {
            client.get("/health/live", "").await;
            start.wait().await;
            request.send(&mut client).await
        });
    }
    asking.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_a_hundred_times_at_once_is_one_effect_and_one_answer() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(1_000).await;
    let answers = all_at_once(&server, &Keyed::issue(&coupon, "ann", "k")).await;
    for answer in &answers {
        assert_same(&answers[0], answer);
    }
    assert_eq!(shop.assert_exact(&coupon).await["rows"]["issued"], 1);

    let answers = all_at_once(&server, &Keyed::event("once only", "k")).await;
    for answer in &answers {
        assert_same(&answers[0], answer);
    }
    let admin = Tokens::default().admin();
    let events = server.client().get("/v1/events", &admin).await.json();
    let named = events["items"].as_array().unwrap().iter();
    let named = named.filter(|event| event["name"] == "once only");
    assert_eq!(named.count(), 1);
}

#[tokio::test]
async fn an_answer_outlives_its_server() {
    let mut server = Server::start();
    let coupon = Shop::open(&server).await.use_coupon(5, 5).await;
    let requests = [
        Keyed::issue(&coupon, "ann", "k"),
        Keyed::issue(&coupon, "ann", "another"),
        Keyed::event("kept", "k"),
    ];
    let mut firsts = Vec::new();
    for request in &requests {
        firsts.push(request.send(&mut server.client()).await);
    }
    assert_ne!(firsts[0].bytes, firsts[1].bytes);
    server.restart();
    for (request, first) in requests.iter().zip(&firsts) {
        assert_same(first, &request.send(&mut server.client()).await);
    }
    let other = Keyed::event("another name", "k");
    let answer = other.send(&mut server.client()).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.code(), "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn an_answer_is_given_again_where_the_rules_would_refuse_it_now() {
    let fixture = Fixture::sqlite().await;
    let application = InProcess::start(fixture.adapters(), LaneLimits::default()).await;
    let mut client = application.client();
    let mut shop = Shop::during(application.client(), Some(START_TEXT), END_TEXT).await;
    let coupon = shop.issue_coupon(1).await;
    let request = Keyed::issue(&coupon, "ann", "k");
    let first = request.send(&mut client).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");

    // Until what the ledger says is what the node's memory says too, whoever asks.
    let refused = async |code: &str| {
        let stranger = Keyed::issue(&coupon, "bob", "k");
        let mut client = application.client();
        until(code, async || {
            (stranger.send(&mut client).await.code() == code).then_some(())
        })
        .await;
        assert_same(&first, &request.send(&mut client).await);
    };
    refused("COUPON_NOT_ISSUABLE").await;
    shop.change(&coupon, json!({"paused": true})).await;
    refused("COUPON_PAUSED").await;
    fixture.clock.set(END);
    refused("RESOURCE_EXPIRED").await;
    // Long after, when the node has forgotten the coupon.
    fixture.clock.set(END.plus_micros(3_600_000_000));
    refused("RESOURCE_EXPIRED").await;
    application.stop().await;
}

#[tokio::test]
async fn an_equal_request_that_waits_too_long_is_told_that_the_key_is_in_use() {
    let fixture = Fixture::memory().await;
    let ledger = Arc::new(FaultyLedger::new(fixture.store.clone()));
    let mut adapters = fixture.adapters();
    adapters.ledger = ledger.clone();
    let lanes = LaneLimits {
        // Longer than an equal request waits, by more than a slow machine is late.
        patience: Duration::from_secs(6),
        ..LaneLimits::default()
    };
    let application = InProcess::start(adapters, lanes).await;
    let mut shop = Shop::during(application.client(), Some(START_TEXT), END_TEXT).await;
    let coupon = shop.issue_coupon(9).await;
    let request = Keyed::issue(&coupon, "ann", "k");

    let gate = Arc::new(Gate::default());
    ledger.next(Call::Issue, Fault::WaitAfter(gate.clone()));
    let hanging = tokio::spawn({
        let (request, mut client) = (request.clone(), application.client());
        async move { request.send(&mut client).await }
    });
    gate.has_waiting(1).await;

    let mut client = application.client();
    let second = request.send(&mut client).await;
    assert_eq!(second.status, StatusCode::CONFLICT, "{second:?}");
    assert_eq!(second.code(), "IDEMPOTENCY_KEY_IN_USE");
    assert!(!second.header("retry-after").is_empty());

    let first = hanging.await.unwrap();
    assert_eq!(first.status, StatusCode::SERVICE_UNAVAILABLE, "{first:?}");
    assert_eq!(first.code(), "STORE_UNAVAILABLE");
    assert!(!first.header("retry-after").is_empty());

    // It had happened; asking again tells.
    gate.open();
    let told = request.send(&mut client).await;
    assert_eq!(told.status, StatusCode::CREATED, "{told:?}");
    assert_same(&told, &request.send(&mut client).await);
    let other = Keyed::issue(&coupon, "ann", "another-key");
    let other = other.send(&mut client).await;
    assert_eq!(other.code(), "SINGLE_COUPON_AVAILABLE_PER_EVENT");
    assert_eq!(other.text("issuedCouponId"), told.text("issuedCouponId"));
    assert_eq!(shop.assert_exact(&coupon).await["rows"]["issued"], 1);
    application.stop().await;
}

/// A refusal is no promise about a try that is still on its way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_arrives_after_its_repetition_was_refused_is_decided_anew_and_counts_once() {
    let server = Server::start();
    let mut market = Market::of(&server);
    let order = market::of(&market.product("sam", 100, 10).await, 1);
    let (token, body) = (server.tokens().consumer("ann"), order.to_string());
    let mut late = Raw::connect(server.address()).await;
    let head = format!(
        "POST /v1/orders HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\n\
         idempotency-key: k\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let (most, last) = body.split_at(body.len() - 1);
    late.send(head + most).await;

    let refused = market.order("ann", "k", &order).await;
    assert_eq!(refused.code(), "NOT_ENOUGH_BALANCE", "{refused:?}");
    market.charge("ann", 1_000).await;

    late.send(last).await;
    let taken = late.reply().await;
    assert_eq!(taken.status, 201, "{taken:?}");
    // Who asks again is told, as the README says.
    let again = market.order("ann", "k", &order).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    assert_eq!(again.json()["orderId"], taken.json()["orderId"]);
    assert_eq!(market.wallet("ann").await.0, 900);
}
