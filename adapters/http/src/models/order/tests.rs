use super::*;
use crate::{
    filters::digest,
    testing::{order, refused_field},
};
use domain::{CouponId, OrderId};
use rstest::rstest;
use serde_json::{Value, json};

const PRODUCT: &str = "01920000-0000-7000-8000-000000000001";

fn parsed(json: Value) -> PlaceOrderBody {
    serde_json::from_value::<PlaceOrderBody>(json)
        .unwrap()
        .with_defaults()
}

fn line(product: &str, quantity: i64) -> Value {
    json!({"productId": product, "quantity": quantity})
}

#[rstest]
#[case(0, false)]
#[case(1, true)]
#[case(100, true)]
#[case(101, false)]
fn an_order_has_1_to_100_lines(#[case] lines: usize, #[case] valid: bool) {
    let items: Vec<_> = (0..lines).map(|one| line(&one.to_string(), 1)).collect();
    let field = refused_field(parsed(json!({"items": items})).items());
    assert_eq!(field, (!valid).then_some("items".to_owned()));
}

#[rstest]
#[case(0, false)]
#[case(1, true)]
#[case(10_000, true)]
#[case(10_001, false)]
#[case(-1, false)]
fn a_line_has_1_to_10000_of_its_product(#[case] quantity: i64, #[case] valid: bool) {
    let body = parsed(json!({"items": [line("a", 1), line("b", quantity)]}));
    let expected = (!valid).then_some("items[1].quantity".to_owned());
    assert_eq!(refused_field(body.items()), expected);
}

#[test]
fn no_product_is_there_twice_whether_or_not_it_can_be_one() {
    for twice in ["x", PRODUCT] {
        let body = parsed(json!({"items": [line(twice, 1), line("y", 1), line(twice, 2)]}));
        let field = refused_field(body.items());
        assert_eq!(field.as_deref(), Some("items[2].productId"));
    }
}

#[rstest]
#[case(-1, false)]
#[case(0, true)]
#[case(1_000_000_000_000, true)]
#[case(1_000_000_000_001, false)]
fn points_are_as_many_as_money_can_be(#[case] points: i64, #[case] valid: bool) {
    let body = parsed(json!({"items": [], "points": points}));
    assert_eq!(
        refused_field(body.points()),
        (!valid).then_some("points".to_owned())
    );
}

#[rstest]
#[case("t".to_owned(), true)]
#[case("t".repeat(255), true)]
#[case("t".repeat(256), false)]
#[case(String::new(), false)]
#[case("a b".to_owned(), false)]
fn a_way_to_pay_is_a_visible_token(#[case] method: String, #[case] valid: bool) {
    let body = parsed(json!({"items": [], "paymentMethod": method}));
    let field = refused_field(body.payment_method());
    assert_eq!(field, (!valid).then_some("paymentMethod".to_owned()));
}

#[test]
fn what_can_not_be_an_id_is_left_to_the_ledger_as_the_id_of_nothing() {
    let body = parsed(json!({
        "items": [line("x", 1), line(PRODUCT, 2)],
        "issuedCouponId": "y",
    }));
    let ids: Vec<_> = body
        .items()
        .unwrap()
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(ids, [ProductId::OF_NOTHING, PRODUCT.parse().unwrap()]);
    assert_eq!(body.copy(), Some(IssuedCouponId::OF_NOTHING));
}

#[test]
fn equal_orders_are_equal_in_whatever_way_they_are_spelled() {
    let of = |json: Value| digest(&parsed(json)).unwrap();
    let one = of(json!({"items": [line("a", 1), line("b", 2)]}));
    let same = json!({
        "paymentMethod": null,
        "points": 0,
        "issuedCouponId": null,
        "items": [{"quantity": 1, "productId": "a"}, line("b", 2)],
    });
    assert_eq!(of(same), one);
    for other in [
        json!({"items": [line("a", 1), line("b", 3)]}),
        json!({"items": [line("b", 2), line("a", 1)]}),
        json!({"items": [line("a", 1), line("b", 2)], "points": 1}),
        json!({"items": [line("a", 1), line("b", 2)], "issuedCouponId": "c"}),
        json!({"items": [line("a", 1), line("b", 2)], "paymentMethod": "t"}),
    ] {
        assert_ne!(of(other), one);
    }
}

#[rstest]
#[case(json!({"status": "IN_DELIVERY"}), true)]
#[case(json!({"status": "COMPLETE_DELIVERY"}), true)]
#[case(json!({"status": "BEFORE_DELIVERY"}), false)]
#[case(json!({"status": {"IN_DELIVERY": null}}), false)]
#[case(json!({}), false)]
fn a_delivery_moves_to_where_it_can_move(#[case] json: Value, #[case] valid: bool) {
    let body = serde_json::from_value::<DeliverOrderBody>(json);
    assert_eq!(body.is_ok(), valid);
}

#[test]
fn an_order_looks_as_the_contract_says_and_leaves_out_what_it_has_not() {
    let expected = json!({
        "orderId": OrderId::OF_NOTHING.to_string(),
        "consumerId": "ann",
        "status": "PAID",
        "deliveryStatus": "BEFORE_DELIVERY",
        "items": [{
            "productId": ProductId::OF_NOTHING.to_string(), "quantity": 2, "price": 500, "amount": 1_000,
        }],
        "itemsAmount": 1_000,
        "discountAmount": 300,
        "pointsUsed": 100,
        "paidAmount": 600,
        "earnedPoints": 15,
        "createdAt": "1970-01-01T00:00:00Z",
    });
    assert_eq!(
        serde_json::to_value(OrderReply::from(&order(OrderStatus::Paid))).unwrap(),
        expected
    );
}

#[rstest]
#[case(OrderFailure::PaymentDeclined, "PAYMENT_DECLINED")]
#[case(OrderFailure::PaymentUnavailable, "PAYMENT_UNAVAILABLE")]
fn a_failed_order_says_why_and_an_order_with_a_copy_which(
    #[case] failure: OrderFailure,
    #[case] code: &str,
) {
    let copy = IssuedCouponId::OF_NOTHING;
    let failed = Order {
        failure: Some(failure),
        coupon: Some((copy, CouponId::OF_NOTHING)),
        ..order(OrderStatus::Failed)
    };
    let json = serde_json::to_value(OrderReply::from(&failed)).unwrap();
    assert_eq!(
        (&json["status"], &json["failure"]),
        (&json!("FAILED"), &json!(code))
    );
    assert_eq!(json["issuedCouponId"], copy.to_string());
}
