//! Which refusal comes first, when several hold: on the issue route, from the ledger and from the
//! node's memory alike.
//!
//! Each test begins where all of them hold at once and takes them away one by one; what is left must
//! be the contract's next.

use std::sync::Arc;

use application::LaneLimits;
use domain::{Timestamp, ports::StoreError};
use firstcome_tests::{
    Call, Fault, FaultyLedger, Fixture,
    given::{END, END_TEXT, START, START_TEXT},
    over_http::{Answer, Client, InProcess, Metrics, Server, Shop, Tokens},
    until,
};
use hyper::{Method, StatusCode};
use serde_json::json;

const HOUR: i64 = 3_600_000_000;

/// Who answers what is certain.
#[derive(Clone, Copy, Debug, PartialEq)]
enum From {
    /// The ledger, because the node never gets to know who has a copy.
    Ledger,
    /// The node, which knows.
    Memory,
}

/// An application whose ledger counts its calls and whose clock can be set.
struct Given {
    from: From,
    fixture: Fixture,
    ledger: Arc<FaultyLedger>,
    application: InProcess,
    client: Client,
}

impl Given {
    async fn new(from: From) -> Self {
        Self::at(START, from).await
    }

    async fn at(now: Timestamp, from: From) -> Self {
        let fixture = Fixture::memory().await;
        fixture.clock.set(now);
        let ledger = Arc::new(FaultyLedger::new(fixture.store.clone()));
        if from == From::Ledger {
            let never = Fault::Before(StoreError::unavailable("the test says so"));
            ledger.always(Call::Holders, never);
        }
        let mut adapters = fixture.adapters();
        adapters.ledger = ledger.clone();
        let application = InProcess::start(adapters, LaneLimits::default()).await;
        let client = application.client();
        Self {
            from,
            fixture,
            ledger,
            application,
            client,
        }
    }

    async fn shop(&self) -> Shop {
        Shop::during(self.application.client(), Some(START_TEXT), END_TEXT).await
    }

    async fn ask(&mut self, coupon: &str, consumer: &str, key: &str) -> Answer {
        let path = format!("/v1/coupons/{coupon}/issued-coupons");
        let token = Tokens::default().consumer(consumer);
        let key = [("idempotency-key", key)];
        let answer = self
            .client
            .send(Method::POST, &path, Some(&token), &key, None);
        answer.await.unwrap()
    }

    /// A copy, issued now.
    async fn issued(&mut self, coupon: &str, consumer: &str, key: &str) -> Answer {
        let answer = self.ask(coupon, consumer, key).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer
    }

    /// The refusal that `consumer` gets who asks under a new key, once the node has taken in what was
    /// changed; from whom it must come.
    async fn refused(&mut self, coupon: &str, consumer: &str, code: &str) -> Answer {
        let mut count = 0;
        until(code, async || {
            count += 1;
            let before = self.ledger.calls(Call::Issue);
            let key = format!("{code}-{count}");
            let answer = self.ask(coupon, consumer, &key).await;
            let asked = self.ledger.calls(Call::Issue) - before;
            let from = match asked {
                0 => From::Memory,
                _ => From::Ledger,
            };
            (answer.code() == code && from == self.from).then_some(answer)
        })
        .await
    }

    /// What a holder is told who asks under a new key: always by the ledger, which alone knows
    /// whether that was answered before.
    async fn told_by_the_ledger(&mut self, coupon: &str, holder: &str) -> Answer {
        let before = self.ledger.calls(Call::Issue);
        let answer = self.ask(coupon, holder, "never-used-before").await;
        assert_eq!(self.ledger.calls(Call::Issue) - before, 1, "{answer:?}");
        answer
    }

    async fn is_told(&mut self, coupon: &str, holder: &str, code: &str, copy: &str) {
        let answer = self.told_by_the_ledger(coupon, holder).await;
        assert_eq!(
            (answer.code().as_str(), answer.status),
            (code, StatusCode::CONFLICT)
        );
        assert_eq!(answer.text("issuedCouponId"), copy);
    }
}

const SINGLE: &str = "SINGLE_COUPON_AVAILABLE_PER_EVENT";
const LIMIT: &str = "COUPON_LIMIT_PER_CONSUMER";

async fn an_issue_coupon(from: From) {
    let mut given = Given::new(from).await;
    let mut shop = given.shop().await;
    let (full, other) = (shop.issue_coupon(1).await, shop.issue_coupon(9).await);
    let first = given.issued(&full, "ann", "k").await;
    let anns = first.text("issuedCouponId");
    let bobs = given
        .issued(&other, "bob", "k")
        .await
        .text("issuedCouponId");
    shop.change(&full, json!({"paused": true})).await;
    given.refused(&full, "carol", "COUPON_PAUSED").await;
    given.fixture.clock.set(END);

    // Over, paused and exhausted; ann has a copy of it, bob has one of the event's other coupon.
    for stranger in ["carol", "bob"] {
        let refused = given.refused(&full, stranger, "RESOURCE_EXPIRED").await;
        assert_eq!(refused.status, StatusCode::GONE);
    }
    let unknown = given.ask(&anns, "ann", "k").await;
    assert_eq!(unknown.code(), "COUPON_NOT_FOUND");
    assert_eq!(given.issued(&full, "ann", "k").await.bytes, first.bytes);
    let told = given.told_by_the_ledger(&full, "ann").await;
    assert_eq!(told.code(), "RESOURCE_EXPIRED");

    given.fixture.clock.set(START);
    for stranger in ["carol", "bob"] {
        given.refused(&full, stranger, "COUPON_PAUSED").await;
    }
    given.is_told(&full, "ann", SINGLE, &anns).await;

    shop.change(&full, json!({"paused": false})).await;
    for stranger in ["carol", "bob"] {
        given.refused(&full, stranger, "COUPON_NOT_ISSUABLE").await;
    }
    given.is_told(&full, "ann", SINGLE, &anns).await;

    shop.change(&full, json!({"maximumIssued": 2})).await;
    given.is_told(&full, "ann", SINGLE, &anns).await;
    given.is_told(&full, "bob", SINGLE, &bobs).await;
    given.issued(&full, "carol", "k").await;
    assert_eq!(shop.assert_exact(&full).await["rows"]["issued"], 2);
    given.application.stop().await;
}

#[tokio::test]
async fn the_ledger_refuses_an_issue_coupon_in_order() {
    an_issue_coupon(From::Ledger).await;
}

#[tokio::test]
async fn memory_refuses_an_issue_coupon_in_order() {
    an_issue_coupon(From::Memory).await;
}

async fn a_use_coupon(from: From) {
    let mut given = Given::new(from).await;
    let mut shop = given.shop().await;
    let coupon = shop.use_coupon(9, 2).await;
    let first = given.issued(&coupon, "ann", "k").await;
    let newest = given
        .issued(&coupon, "ann", "l")
        .await
        .text("issuedCouponId");
    shop.change(&coupon, json!({"paused": true})).await;
    given.refused(&coupon, "bob", "COUPON_PAUSED").await;
    given.fixture.clock.set(END);

    // Over and paused; ann has as many as one may.
    given.refused(&coupon, "bob", "RESOURCE_EXPIRED").await;
    assert_eq!(given.issued(&coupon, "ann", "k").await.bytes, first.bytes);
    let told = given.told_by_the_ledger(&coupon, "ann").await;
    assert_eq!(told.code(), "RESOURCE_EXPIRED");

    given.fixture.clock.set(START);
    given.refused(&coupon, "bob", "COUPON_PAUSED").await;
    given.is_told(&coupon, "ann", LIMIT, &newest).await;

    shop.change(&coupon, json!({"paused": false})).await;
    given.is_told(&coupon, "ann", LIMIT, &newest).await;
    given.issued(&coupon, "bob", "k").await;
    assert_eq!(shop.assert_exact(&coupon).await["rows"]["issued"], 3);
    given.application.stop().await;
}

#[tokio::test]
async fn the_ledger_refuses_a_use_coupon_in_order() {
    a_use_coupon(From::Ledger).await;
}

#[tokio::test]
async fn memory_refuses_a_use_coupon_in_order() {
    a_use_coupon(From::Memory).await;
}

#[tokio::test]
async fn before_the_event_there_is_nothing_but_its_opening_to_wait_for() {
    let mut given = Given::at(START.plus_micros(-HOUR), From::Memory).await;
    let mut shop = given.shop().await;
    let coupon = shop.issue_coupon(1).await;
    shop.change(&coupon, json!({"paused": true})).await;
    let refused = given.refused(&coupon, "ann", "EVENT_NOT_OPEN").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.text("opensAt"), START_TEXT);
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((3_000..=3_600).contains(&seconds), "{seconds}");

    given.fixture.clock.set(START);
    given.refused(&coupon, "ann", "COUPON_PAUSED").await;
    shop.change(&coupon, json!({"paused": false})).await;
    given.issued(&coupon, "ann", "k").await;
    given.application.stop().await;
}

/// How many answers on the issue route came from memory, and how many from the ledger or the gate in
/// front of it.
async fn answers(client: &mut Client) -> (u64, u64) {
    let metrics = Metrics::of(client).await;
    let from = |who| metrics.counter(&format!("firstcome_issue_answers_total{{from=\"{who}\"}}"));
    (from("memory"), from("ledger") + from("gate"))
}

#[tokio::test]
async fn a_stranger_is_refused_from_memory_and_a_holder_gets_the_copy_that_it_has() {
    let server = Server::start();
    let mut client = server.client();
    let coupon = Shop::open(&server).await.issue_coupon(1).await;
    let [ann, bob] = ["ann", "bob"].map(|name| server.tokens().consumer(name));
    let copy = client.issue(&coupon, &ann).await.unwrap();
    assert_eq!(copy.status, StatusCode::CREATED);

    until("a refusal from memory", async || {
        let refused = client.issue(&coupon, &bob).await.unwrap();
        assert_eq!(refused.code(), "COUPON_NOT_ISSUABLE");
        (answers(&mut client).await.0 > 0).then_some(())
    })
    .await;
    let (memory, asked) = answers(&mut client).await;
    for _ in 0..10 {
        let refused = client.issue(&coupon, &bob).await.unwrap();
        assert_eq!(refused.code(), "COUPON_NOT_ISSUABLE");
    }
    assert_eq!(answers(&mut client).await, (memory + 10, asked));

    let told = client.issue(&coupon, &ann).await.unwrap();
    assert_eq!(told.code(), SINGLE);
    assert_eq!(told.text("issuedCouponId"), copy.text("issuedCouponId"));
    assert_eq!(answers(&mut client).await, (memory + 10, asked + 1));
}
