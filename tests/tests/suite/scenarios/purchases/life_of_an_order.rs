//! Paid, delivered, confirmed; or refunded, of both kinds of coupons, before and after they expire.

use std::time::Duration;

use firstcome_tests::{
    over_http::{Market, Server, Shop, market::of, market::with_copy},
    until,
};
use hyper::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_confirmed_order_credits_sellers_and_points_and_is_never_refunded() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.issue_coupon(10).await;
    let copy = market.copy(&coupon, "anna").await;
    let product = market.product("seller", 1_001, 10).await;
    market.charge("anna", 10_000).await;

    let placed = market
        .order("anna", "one", &with_copy(of(&product, 3), &copy))
        .await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    let order = placed.text("orderId");
    assert_eq!(placed.header("location"), format!("/v1/orders/{order}"));
    let shown = placed.json();
    // 3 · 1,001, less 30 %, floored; 2.5 % of it, floored.
    assert_eq!(shown["itemsAmount"], 3_003);
    assert_eq!(shown["discountAmount"], 900);
    assert_eq!(shown["paidAmount"], 2_103);
    assert_eq!(shown["earnedPoints"], 52);
    assert_eq!(shown["status"], "PAID");

    let early = market.do_with("confirm", &order, "anna").await;
    assert_eq!(early.code(), "CONFIRM_NOT_AVAILABLE");
    let skipped = market.deliver(&order, "COMPLETE_DELIVERY").await;
    assert_eq!(skipped.code(), "INVALID_DELIVERY_STATUS_REQUEST");
    for status in ["IN_DELIVERY", "IN_DELIVERY", "COMPLETE_DELIVERY"] {
        let delivered = market.deliver(&order, status).await;
        assert_eq!(delivered.text("deliveryStatus"), status, "{delivered:?}");
    }
    let back = market.deliver(&order, "IN_DELIVERY").await;
    assert_eq!(back.code(), "INVALID_DELIVERY_STATUS_REQUEST");
    let late = market.do_with("refund", &order, "anna").await;
    assert_eq!(late.code(), "REFUND_NOT_AVAILABLE");

    for _ in 0..2 {
        let confirmed = market.do_with("confirm", &order, "anna").await;
        assert_eq!(confirmed.text("status"), "CONFIRMED", "{confirmed:?}");
    }
    assert_eq!(market.wallet("anna").await, (10_000 - 2_103, 52));
    // 95 % of the line, not of what was paid: the platform funds the discount.
    assert_eq!(market.seller_balance("seller").await, 3_003 * 95 / 100);
    assert_eq!(market.look_at_copy(&copy, "anna").await["usedCount"], 1);
    server.assert_audited();
}

#[tokio::test]
async fn a_refund_returns_money_points_stock_and_the_use_of_an_issue_coupon_alone() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let product = market.product("seller", 1_000, 10).await;
    let first_come = shop.issue_coupon(10).await;
    let first_used = shop.use_coupon(10, 1).await;
    market.charge("anna", 10_000).await;
    for (coupon, returns) in [(&first_come, true), (&first_used, false)] {
        let copy = market.copy(coupon, "anna").await;
        let body = with_copy(of(&product, 1), &copy);
        let placed = market.order("anna", coupon, &body).await;
        assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
        let order = placed.text("orderId");
        for _ in 0..2 {
            let refunded = market.do_with("refund", &order, "anna").await;
            assert_eq!(refunded.status, StatusCode::OK, "{refunded:?}");
            assert_eq!(refunded.text("status"), "REFUNDED");
        }
        assert_eq!(market.wallet("anna").await, (10_000, 0));
        assert_eq!(market.look_at(&product).await["stock"], 10);
        let copy = market.look_at_copy(&copy, "anna").await;
        assert_eq!(copy["usedCount"], i64::from(!returns));
        let again = market.order("anna", &format!("{coupon}-2"), &body).await;
        match returns {
            true => assert_eq!(again.status, StatusCode::CREATED, "{again:?}"),
            false => assert_eq!(again.code(), "ALREADY_USED_COUPON"),
        }
        if returns {
            let order = again.text("orderId");
            market.do_with("refund", &order, "anna").await;
        }
        shop.assert_exact(coupon).await;
    }
    server.assert_audited();
}

#[tokio::test]
async fn a_use_does_not_return_once_its_coupon_has_expired() {
    let server = Server::start();
    let mut market = Market::of(&server);
    let ends = in_so_long(Duration::from_secs(3));
    let mut shop = Shop::during(server.client(), None, &ends).await;
    let coupon = shop.issue_coupon(10).await;
    let copy = market.copy(&coupon, "anna").await;
    let product = market.product("seller", 1_000, 10).await;
    market.charge("anna", 10_000).await;
    let body = with_copy(of(&product, 1), &copy);
    let placed = market.order("anna", "one", &body).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");

    until("the coupon expires", async || {
        (shop.look(&coupon).await["status"] == "EXPIRED").then_some(())
    })
    .await;

    let refunded = market
        .do_with("refund", &placed.text("orderId"), "anna")
        .await;
    assert_eq!(refunded.text("status"), "REFUNDED", "{refunded:?}");
    assert_eq!(market.wallet("anna").await, (10_000, 0));
    assert_eq!(market.look_at_copy(&copy, "anna").await["usedCount"], 1);
    let again = market.order("anna", "two", &body).await;
    assert_eq!(again.code(), "ALREADY_USED_COUPON");
    server.assert_audited();
}

/// An instant that is so far away, as the API reads it.
fn in_so_long(time: Duration) -> String {
    let at = std::time::SystemTime::now() + time;
    let since = at.duration_since(std::time::UNIX_EPOCH).unwrap();
    let seconds = i64::try_from(since.as_secs()).unwrap();
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

#[tokio::test]
async fn an_order_is_its_consumers_and_the_admins_alone() {
    let server = Server::start();
    let mut market = Market::of(&server);
    let product = market.product("seller", 1_000, 10).await;
    market.charge("anna", 10_000).await;
    let placed = market.order("anna", "one", &of(&product, 1)).await;
    let order = placed.text("orderId");
    for what in ["refund", "confirm"] {
        let others = market.do_with(what, &order, "eve").await;
        assert_eq!(others.code(), "ORDER_NOT_FOUND");
    }
    assert_eq!(
        market.look_at_order(&order, "eve").await["code"],
        "ORDER_NOT_FOUND"
    );
    assert_eq!(
        market.look_at_order(&order, "anna").await["orderId"],
        json!(order)
    );
    let all = market.admin(Method::GET, "/v1/orders", None).await.json();
    assert_eq!(all["items"][0]["orderId"], json!(order));
    assert_eq!(market.wallet("anna").await, (9_000, 0));
    server.assert_audited();
}
