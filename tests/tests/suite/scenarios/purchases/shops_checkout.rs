//! A shop with a checkout of its own: holds, and how each of them ends.

use firstcome_tests::over_http::{Market, Server, Shop};
use hyper::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_hold_is_confirmed_returned_and_can_be_used_again() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.issue_coupon(5).await;
    let copy = market.copy(&coupon, "anna").await;

    let opened = market.hold("shop", "h-1", &copy, None).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    assert_eq!(opened.text("state"), "OPEN");
    assert_eq!(opened.json()["discountAmount"], 3_000);
    let same = market.hold("shop", "h-1", &copy, None).await;
    assert_eq!((same.status, same.json()), (StatusCode::OK, opened.json()));
    let second = market.hold("shop", "h-2", &copy, None).await;
    assert_eq!(second.code(), "COUPON_HELD");
    let others = market.settle("another-shop", "h-1", "confirm").await;
    assert_eq!(others.code(), "HOLD_NOT_FOUND");
    let early = market.settle("shop", "h-1", "return").await;
    assert_eq!(early.code(), "REFUND_NOT_AVAILABLE");

    for _ in 0..2 {
        let confirmed = market.settle("shop", "h-1", "confirm").await;
        assert_eq!(confirmed.text("state"), "CONFIRMED", "{confirmed:?}");
    }
    let cancelled = market.settle("shop", "h-1", "cancel").await;
    assert_eq!(cancelled.code(), "HOLD_NOT_OPEN");
    assert_eq!(cancelled.text("state"), "CONFIRMED");
    let used = market.hold("shop", "h-3", &copy, None).await;
    assert_eq!(used.code(), "ALREADY_USED_COUPON");
    for _ in 0..2 {
        let returned = market.settle("shop", "h-1", "return").await;
        assert_eq!(returned.text("state"), "RETURNED", "{returned:?}");
    }
    let again = market.hold("shop", "h-4", &copy, None).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    shop.assert_exact(&coupon).await;
    server.assert_audited();
}

#[tokio::test]
async fn the_uses_of_a_use_coupon_that_are_final_never_return_and_the_rest_is_withdrawn() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.use_coupon(1, 1).await;
    let copy = market.copy(&coupon, "anna").await;
    let other = market.copy(&coupon, "ben").await;
    market.hold("shop", "h-1", &copy, None).await;
    market.settle("shop", "h-1", "confirm").await;
    let returned = market.settle("shop", "h-1", "return").await;
    assert_eq!(returned.code(), "REFUND_NOT_AVAILABLE");
    let late = market.hold("shop", "h-2", &other, None).await;
    assert_eq!(late.code(), "COUPON_NOT_USABLE");
    firstcome_tests::until("the unused copy is withdrawn", async || {
        let copy = market.look_at_copy(&other, "ben").await;
        (copy["state"] == "WITHDRAWN").then_some(())
    })
    .await;
    assert_eq!(market.look_at_copy(&copy, "anna").await["state"], "ACTIVE");
    assert_eq!(shop.assert_exact(&coupon).await["rows"]["withdrawn"], 1);
    server.assert_audited();
}

#[tokio::test]
async fn a_hold_past_its_time_is_expired_at_once_and_its_use_is_free() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.use_coupon(1, 1).await;
    let copy = market.copy(&coupon, "anna").await;
    let token = server.tokens().token("shop", adapter_http::Role::Service);
    let body = json!({
        "holdId": "short", "issuedCouponId": copy, "orderAmount": 100, "ttlSeconds": 1
    });
    let mut client = server.client();
    let opened = client.post("/v1/holds", &token, &body).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{opened:?}");
    firstcome_tests::until("the hold expires", async || {
        let hold = client.get("/v1/holds/short", &token).await;
        (hold.text("state") == "EXPIRED").then_some(())
    })
    .await;
    let late = market.settle("shop", "short", "confirm").await;
    assert_eq!(late.code(), "HOLD_NOT_OPEN");
    assert_eq!(late.text("state"), "EXPIRED");
    let again = market.hold("shop", "another", &copy, None).await;
    assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    let mut changed = body.clone();
    changed["orderAmount"] = json!(101);
    let reused = client.post("/v1/holds", &token, &changed).await;
    assert_eq!(reused.code(), "HOLD_ID_REUSED");
    let unknown = market.admin(Method::GET, "/v1/holds/short", None).await;
    assert_eq!(unknown.code(), "HOLD_NOT_FOUND");
    server.assert_audited();
}
