use domain::{AmountOverflow, MinimumOrderNotMet, Money, UseRefusal};
use hyper::Method;
use rstest::rstest;
use serde_json::{Value, json};
use warp::{Filter, filters::BoxedFilter};

use super::*;
use crate::{
    api_filter,
    testing::{Answer, api, ask, code_of},
};

const PLACE: (Method, &str) = (Method::POST, "/v1/orders");

#[rstest]
#[case(
    PurchaseRefusal::ProductNotFound(ProductId::OF_NOTHING),
    Code::ProductNotFound
)]
#[case(PurchaseRefusal::IssuedCouponNotFound, Code::IssuedCouponNotFound)]
#[case(PurchaseRefusal::ExcessivePointUse, Code::ExcessivePointUse)]
#[case(
    PurchaseRefusal::NotEnoughProductStock(ProductId::OF_NOTHING),
    Code::NotEnoughProductStock
)]
#[case(PurchaseRefusal::NotEnoughPoint, Code::NotEnoughPoint)]
#[case(PurchaseRefusal::NotEnoughBalance, Code::NotEnoughBalance)]
#[case(PurchaseRefusal::TooLarge(AmountOverflow), Code::BindError)]
#[case(UseRefusal::AlreadyUsedCoupon.into(), Code::AlreadyUsedCoupon)]
#[case(UseRefusal::ResourceExpired.into(), Code::ResourceExpired)]
#[case(UseRefusal::CouponPaused.into(), Code::CouponPaused)]
#[case(UseRefusal::CouponNotUsable.into(), Code::CouponNotUsable)]
#[case(
    UseRefusal::from(MinimumOrderNotMet { minimum: Money::ZERO }).into(),
    Code::MinimumOrderNotMet
)]
#[case(UseRefusal::CopyHeld.into(), Code::CouponHeld)]
#[case(UseRefusal::CouponHeld.into(), Code::CouponHeld)]
fn every_refusal_has_its_code(#[case] refusal: PurchaseRefusal, #[case] code: Code) {
    let error = PlaceOrderError::from(refusal);
    assert_eq!(code_of(error.into()), code);
}

fn shop() -> BoxedFilter<(Response,)> {
    api_filter(api()).boxed()
}

async fn place(shop: &BoxedFilter<(Response,)>, headers: &[(&str, &str)], body: Value) -> Answer {
    ask(shop, ("ann", Role::Consumer), PLACE, headers, Some(body)).await
}

fn order_of(product: &str) -> Value {
    json!({"items": [{"productId": product, "quantity": 1}]})
}

/// A product that costs nothing; its id.
async fn free_product(shop: &BoxedFilter<(Response,)>) -> String {
    let body = json!({"name": "air", "price": 0, "stock": 2});
    let create = (Method::POST, "/v1/products");
    let made = ask(shop, ("sam", Role::Seller), create, &[], Some(body)).await;
    made.json()["productId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_missed_after_what_is_malformed_and_before_every_other_refusal() {
    let shop = shop();
    let malformed = place(&shop, &[], json!({"items": []})).await;
    assert_eq!(malformed.json()["field"], "items");
    let keyless = place(&shop, &[], order_of("x")).await;
    assert_eq!(keyless.code(), "IDEMPOTENCY_KEY_MISSING");
    let malformed = place(&shop, &[("idempotency-key", "a b")], order_of("x")).await;
    assert_eq!(malformed.json()["field"], "Idempotency-Key");
    let unknown = place(&shop, &[("idempotency-key", "k")], order_of("x")).await;
    assert_eq!(unknown.code(), "PRODUCT_NOT_FOUND");
}

#[tokio::test]
async fn what_can_not_be_an_id_is_refused_where_an_unknown_id_would_be() {
    let shop = shop();
    let product = free_product(&shop).await;
    let key = [("idempotency-key", "k")];
    let placed = place(&shop, &key, order_of(&product)).await;
    assert_eq!(placed.status, 201, "{placed:?}");
    // The key is looked at first, then the products, then the copy.
    let reused = place(&shop, &key, order_of("x")).await;
    assert_eq!(reused.code(), "IDEMPOTENCY_KEY_REUSED");
    let mut with_copy = order_of("x");
    with_copy["issuedCouponId"] = json!("y");
    let key = [("idempotency-key", "l")];
    let no_product = place(&shop, &key, with_copy.clone()).await;
    assert_eq!(no_product.code(), "PRODUCT_NOT_FOUND");
    with_copy["items"][0]["productId"] = json!(product);
    let no_copy = place(&shop, &key, with_copy).await;
    assert_eq!(no_copy.code(), "ISSUED_COUPON_NOT_FOUND");
}

#[tokio::test]
async fn the_same_order_again_has_the_same_answer_and_another_consumer_does_not_see_it() {
    let shop = shop();
    let order = order_of(&free_product(&shop).await);
    let key = [("idempotency-key", "k")];
    let placed = place(&shop, &key, order.clone()).await;
    let again = place(&shop, &key, order).await;
    assert_eq!((placed.status, again.status), (201, 201));
    assert_eq!(placed.bytes, again.bytes);
    let at = placed.header("location").unwrap();
    assert_eq!(again.header("location"), Some(at));
    for (who, role, status) in [
        ("ann", Role::Consumer, 200),
        ("bob", Role::Consumer, 404),
        ("root", Role::Admin, 200),
        ("till", Role::Service, 403),
        ("sam", Role::Seller, 403),
    ] {
        let found = ask(&shop, (who, role), (Method::GET, at), &[], None).await;
        assert_eq!(found.status, status, "{who}");
    }
    for (who, role, orders) in [
        ("ann", Role::Consumer, 1),
        ("bob", Role::Consumer, 0),
        ("root", Role::Admin, 1),
    ] {
        let list = ask(&shop, (who, role), (Method::GET, "/v1/orders"), &[], None).await;
        assert_eq!(
            list.json()["items"].as_array().unwrap().len(),
            orders,
            "{who}"
        );
    }
}

#[rstest]
#[case(OrderStatus::Pending, 202)]
#[case(OrderStatus::Paid, 201)]
#[case(OrderStatus::Confirmed, 201)]
#[case(OrderStatus::Refunding, 201)]
#[case(OrderStatus::Refunded, 201)]
fn an_order_that_is_there_is_told_with_its_address(
    #[case] status: OrderStatus,
    #[case] expected: u16,
) {
    let order = crate::testing::order(status);
    let response = placed(&order).unwrap();
    assert_eq!(response.status(), expected);
    let at = format!("/v1/orders/{}", order.id);
    assert_eq!(response.headers()["location"], at.as_str());
}

#[rstest]
#[case(Some(OrderFailure::PaymentDeclined), 409, "PAYMENT_DECLINED", None)]
#[case(
    Some(OrderFailure::PaymentUnavailable),
    503,
    "PAYMENT_UNAVAILABLE",
    Some("1")
)]
#[case(None, 500, "SERVER_ERROR", None)]
fn an_order_that_came_to_nothing_is_told_by_why(
    #[case] failure: Option<OrderFailure>,
    #[case] status: u16,
    #[case] code: &str,
    #[case] retry_after: Option<&str>,
) {
    let order = Order {
        failure,
        ..crate::testing::order(OrderStatus::Failed)
    };
    let problem = placed(&order).unwrap_err().problem("");
    assert_eq!(
        (problem.status().as_u16(), problem.code().as_str()),
        (status, code)
    );
    let response = warp::Reply::into_response(problem);
    let found = response.headers().get("retry-after");
    assert_eq!(found.map(|found| found.to_str().unwrap()), retry_after);
}

#[tokio::test]
async fn a_wait_that_was_preferred_is_told_also_with_a_refusal() {
    let shop = shop();
    let headers = [("idempotency-key", "k"), ("prefer", "wait=60")];
    let refused = place(&shop, &headers, order_of("x")).await;
    assert_eq!(refused.code(), "PRODUCT_NOT_FOUND");
    assert_eq!(refused.header("preference-applied"), Some("wait=10"));
    let headers = [("idempotency-key", "k"), ("prefer", "wait=soon")];
    let refused = place(&shop, &headers, order_of("x")).await;
    assert_eq!(refused.header("preference-applied"), None);
}
