//! Orders that a payment provider pays, over HTTP against the built binary: a provider that declines,
//! loses answers, hangs, is gone; a server that is killed in between; an operator.

use domain::ports::PaymentAction;
use std::sync::Arc;

use firstcome_tests::{
    Gate,
    over_http::{Market, Server, ServerBuilder, Shop, market::of, market::with_copy},
    provider::{DECLINED, Misbehaviour, Provider},
    until,
};
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

struct Given {
    provider: Provider,
    server: Server,
    shop: Shop,
    market: Market,
    coupon: String,
    copy: String,
    product: String,
}

/// A server whose orders a provider pays; Anna has a copy of a USE_COUPON with one use, and 30 points.
async fn given() -> Given {
    let provider = Provider::start();
    let server = ServerBuilder::default()
        .with("payments", provider.base_url())
        .with("saga_tries", 3)
        .start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.use_coupon(1, 1).await;
    let copy = market.copy(&coupon, "anna").await;
    let product = market.product("seller", 1_000, 10).await;
    Given {
        provider,
        server,
        shop,
        market,
        coupon,
        copy,
        product,
    }
}

impl Given {
    fn body(&self, method: &str) -> Value {
        let mut body = with_copy(of(&self.product, 1), &self.copy);
        body["paymentMethod"] = json!(method);
        body
    }

    async fn order(&mut self, key: &str, method: &str) -> firstcome_tests::over_http::Answer {
        let body = self.body(method);
        self.market.order("anna", key, &body).await
    }

    /// The one saga of this kind, as an admin sees it.
    async fn saga(&mut self, kind: &str) -> Value {
        let sagas = self
            .market
            .admin(Method::GET, "/v1/sagas", None)
            .await
            .json();
        let mut of_kind = sagas["items"].as_array().unwrap().iter();
        let found = of_kind.rfind(|saga| saga["kind"] == kind);
        found.unwrap_or(&Value::Null).clone()
    }

    async fn until_saga(&mut self, kind: &str, phase: &str) -> Value {
        until("the saga gets there", async || {
            let saga = self.saga(kind).await;
            (saga["phase"] == phase).then_some(saga)
        })
        .await
    }

    /// Everything that an order takes is free again.
    async fn assert_all_is_back(&mut self) {
        assert_eq!(self.market.look_at(&self.product).await["stock"], 10);
        let coupon = self.shop.look(&self.coupon).await;
        assert_eq!(
            (&coupon["heldCount"], &coupon["usedCount"]),
            (&json!(0), &json!(0))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_authorised_captured_and_refunded_once() {
    let mut given = given().await;
    let placed = given.order("one", "tok_good").await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    assert_eq!(placed.text("status"), "PAID");
    let saga = given.until_saga("PURCHASE", "DONE").await;
    assert_eq!(saga["outcome"], "COMPLETED");
    assert_eq!(given.provider.moved().captured, 700);
    let order = placed.text("orderId");
    for _ in 0..2 {
        let refunded = given.market.do_with("refund", &order, "anna").await;
        assert_eq!(refunded.text("status"), "REFUNDED", "{refunded:?}");
    }
    assert_eq!(given.provider.moved().refunded, 700);
    assert_eq!(given.market.look_at(&given.product).await["stock"], 10);
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_order_gives_everything_back_at_once_and_may_be_tried_with_a_new_key() {
    let mut given = given().await;
    for _ in 0..2 {
        let declined = given.order("one", DECLINED).await;
        assert_eq!(declined.status, StatusCode::CONFLICT, "{declined:?}");
        assert_eq!(declined.code(), "PAYMENT_DECLINED");
    }
    given.assert_all_is_back().await;
    assert_eq!(given.provider.asked(PaymentAction::Authorise), 1);
    let placed = given.order("two", "tok_good").await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    assert_eq!(given.shop.look(&given.coupon).await["usedCount"], 1);
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_is_asked_for_and_nothing_is_paid_twice() {
    let mut given = given().await;
    let lost = Misbehaviour::LoseAnswer;
    given
        .provider
        .misbehave(PaymentAction::Authorise, 1, lost.clone());
    given.provider.misbehave(PaymentAction::Capture, 1, lost);
    let placed = given.order("one", "tok_good").await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    given.until_saga("PURCHASE", "DONE").await;
    let moved = given.provider.moved();
    assert_eq!((moved.authorised, moved.captured), (700, 700));
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_gone_costs_a_refusal_and_no_coupon() {
    let mut given = given().await;
    given.provider.stop().await;
    let refused = given.order("one", "tok_good").await;
    assert_eq!(refused.code(), "PAYMENT_UNAVAILABLE", "{refused:?}");
    assert_eq!(refused.header("retry-after"), "1");
    given.assert_all_is_back().await;
    // The void can't be made either, and is parked or, at last, an operator's.
    given.until_saga("PURCHASE", "STUCK").await;
    given.provider.start_again();
    let placed = given.order("two", "tok_good").await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");

    let stuck = given
        .market
        .admin(Method::GET, "/v1/sagas?phase=STUCK", None)
        .await;
    let id = stuck.json()["items"][0]["sagaId"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/sagas/{id}");
    let retried = given
        .market
        .admin(Method::POST, &format!("{path}/retry"), None)
        .await;
    assert_eq!(retried.status, StatusCode::OK, "{retried:?}");
    until("the void is made", async || {
        let saga = given.market.admin(Method::GET, &path, None).await.json();
        (saga["phase"] == "DONE").then_some(())
    })
    .await;
    let again = given
        .market
        .admin(Method::POST, &format!("{path}/retry"), None)
        .await;
    assert_eq!(again.code(), "SAGA_NOT_STUCK");
    let saga = given.market.admin(Method::GET, &path, None).await.json();
    let events: Vec<_> = saga["trace"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["event"].as_str().unwrap())
        .collect();
    assert!(events.contains(&"RETRIED"), "{saga}");
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stuck_void_that_is_declared_settled_ends_with_who_and_why_on_record() {
    let mut given = given().await;
    given.provider.stop().await;
    given.order("one", "tok_good").await;
    let saga = given.until_saga("PURCHASE", "STUCK").await;
    let path = format!("/v1/sagas/{}", saga["sagaId"].as_str().unwrap());
    let abandon = format!("{path}/abandon");
    let body = json!({"reason": "the provider says that it never came", "settled": "NOTHING"});
    let settled = given
        .market
        .admin(Method::POST, &abandon, Some(&body))
        .await;
    assert_eq!(settled.status, StatusCode::OK, "{settled:?}");
    assert_eq!(settled.text("outcome"), "UNDONE");
    let last = settled.json()["trace"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(last["event"], "ABANDONED");
    let detail = last["detail"].as_str().unwrap();
    assert!(
        detail.contains("admin") && detail.contains("never came"),
        "{detail}"
    );
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_whose_bound_passes_first_is_pending_and_ends_without_its_client() {
    let mut given = given().await;
    given
        .provider
        .misbehave(PaymentAction::Authorise, 1, Misbehaviour::KeepSilent);
    let body = given.body("tok_good");
    let pending = given
        .market
        .order_waiting("anna", "one", Some(0), &body)
        .await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");
    assert_eq!(pending.text("status"), "PENDING");
    assert_eq!(pending.header("preference-applied"), "wait=0");
    let location = pending.header("location").to_owned();
    assert_eq!(location, format!("/v1/orders/{}", pending.text("orderId")));
    // The same request again waits for the end.
    let placed = given
        .market
        .order_waiting("anna", "one", Some(10), &body)
        .await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    assert_eq!(placed.text("orderId"), pending.text("orderId"));
    assert_eq!(given.provider.moved().authorised, 700);
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_server_has_begun_is_ended_by_the_next() {
    let mut given = given().await;
    let gate = Arc::new(Gate::default());
    let waits = Misbehaviour::WaitAfter(Arc::clone(&gate));
    given.provider.misbehave(PaymentAction::Authorise, 1, waits);
    let body = given.body("tok_good");
    let pending = given
        .market
        .order_waiting("anna", "one", Some(0), &body)
        .await;
    assert_eq!(pending.status, StatusCode::ACCEPTED, "{pending:?}");
    given.server.restart();
    given.market = Market::of(&given.server);
    given.shop = Shop::open(&given.server).await;
    until("the order is paid", async || {
        let order = given
            .market
            .look_at_order(&pending.text("orderId"), "anna")
            .await;
        (order["status"] == "PAID").then_some(())
    })
    .await;
    given.until_saga("PURCHASE", "DONE").await;
    let moved = given.provider.moved();
    assert_eq!((moved.authorised, moved.captured), (700, 700));
    assert_eq!(given.shop.look(&given.coupon).await["usedCount"], 1);
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_is_asked_for_again_under_its_key_is_never_another_refund() {
    let mut given = given().await;
    let placed = given.order("one", "tok_good").await;
    let order = placed.text("orderId");
    given.until_saga("PURCHASE", "DONE").await;
    let gate = Arc::new(Gate::default());
    let stands = Misbehaviour::WaitBefore(Arc::clone(&gate));
    given.provider.misbehave(PaymentAction::Refund, 1, stands);
    let path = format!("/v1/orders/{order}/refund");
    let token = given.server.tokens().consumer("anna");
    let mut client = given.server.client();
    let mut refund = async |key: &str| {
        let headers = [("idempotency-key", key), ("prefer", "wait=0")];
        let asked = client.send(Method::POST, &path, Some(&token), &headers, None);
        asked.await.unwrap()
    };
    let under_way = refund("k").await;
    assert_eq!(under_way.status, StatusCode::ACCEPTED, "{under_way:?}");
    gate.has_waiting(1).await;
    assert_eq!(refund("k").await.status, StatusCode::ACCEPTED);
    // What waits there breaks off; every further try is declined.
    given
        .provider
        .always(PaymentAction::Refund, Misbehaviour::Decline);
    let saga = given.until_saga("REFUND", "DONE").await;
    assert_eq!(saga["outcome"], "UNDONE");
    for _ in 0..3 {
        let declined = refund("k").await;
        assert_eq!(declined.code(), "REFUND_NOT_AVAILABLE", "{declined:?}");
    }
    let sagas = given.market.admin(Method::GET, "/v1/sagas", None).await;
    let sagas = sagas.json()["items"].as_array().unwrap().len();
    assert_eq!(sagas, 2, "the purchase and one refund");
    // Another key is another request.
    given.provider.heal();
    until("the refund is done", async || {
        (refund("another").await.text("status") == "REFUNDED").then_some(())
    })
    .await;
    assert_eq!(given.provider.moved().refunded, 700);
    given.server.assert_audited();
}
