//! What stands behind the question mark.

use hyper::Method;
use serde_json::Value;

use super::{Desk, assert_refused};

/// Every list, and what its query must have to be good.
fn lists() -> [(&'static str, &'static str); 7] {
    [
        ("/v1/events", ""),
        ("/v1/discount-policies", ""),
        ("/v1/coupons", ""),
        ("/v1/issued-coupons", "consumerId=ann&"),
        ("/v1/orders", ""),
        ("/v1/products", ""),
        ("/v1/sagas", ""),
    ]
}

#[tokio::test]
async fn the_lists_tested_here_are_all_that_are_documented() {
    let mut desk = Desk::open().await;
    let document = desk
        .send(Method::GET, "/openapi.json", &[], "")
        .await
        .json();
    let paged = |operation: &Value| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["name"] == "cursor")
    };
    let mut documented: Vec<&str> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, operations)| paged(&operations["get"]))
        .map(|(path, _)| path.as_str())
        .collect();
    let mut tested = lists().map(|(path, _)| path);
    documented.sort_unstable();
    tested.sort_unstable();
    assert_eq!(documented, tested);
}

#[tokio::test]
async fn a_limit_is_from_1_to_200_and_a_cursor_is_one_that_a_list_gave() {
    let mut desk = Desk::open().await;
    let (event, unknown) = (
        desk.shop.event().to_owned(),
        "01920000-0000-7000-8000-000000000001",
    );
    for (path, needed) in lists() {
        for (query, field) in [
            ("limit=", "limit"),
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            ("limit=201", "limit"),
            ("limit=4294967297", "limit"),
            ("limit=9223372036854775808", "limit"),
            ("limit=1.0", "limit"),
            ("limit=1e1", "limit"),
            ("limit=0x10", "limit"),
            ("limit=ten", "limit"),
            ("limit=%31%00", "limit"),
            ("limit=%zz", "limit"),
            ("limit=%ff", "limit"),
            ("limit=1&limit=1", "limit"),
            ("limit[]=1", "limit[]"),
            ("Limit=1", "Limit"),
            ("cursor=", "cursor"),
            ("cursor=x", "cursor"),
            ("cursor=%ff", "cursor"),
            ("cursor=' OR 1=1 --".replace(' ', "%20").as_str(), "cursor"),
            ("cursor=null", "cursor"),
            (&format!("cursor={}", event.to_uppercase()), "cursor"),
            (&format!("cursor={event}&cursor={event}"), "cursor"),
            (&format!("cursor={}", "0".repeat(10_000)), "cursor"),
            ("page=2", "page"),
            ("limit=1&offset=1", "offset"),
            ("%00=1", "\0"),
        ] {
            let path = format!("{path}?{needed}{query}");
            let answer = desk.send(Method::GET, &path, &[], "").await;
            assert_refused(&path, &answer, "BIND_ERROR", Some(field));
        }
        for query in [
            "",
            "&",
            "limit=1",
            "limit=200",
            "l%69mit=%31",
            &format!("cursor={event}"),
            &format!("cursor={unknown}&limit=1"),
        ] {
            let path = format!("{path}?{needed}{query}");
            let answer = desk.send(Method::GET, &path, &[], "").await;
            assert_eq!(answer.status, 200, "{path} {answer:?}");
        }
    }
}

#[tokio::test]
async fn coupons_are_asked_for_by_an_event_that_exists() {
    let mut desk = Desk::open().await;
    let (event, policy) = (desk.shop.event().to_owned(), desk.shop.policy().to_owned());
    let coupon = desk.shop.issue_coupon(1).await;
    for (id, code, field) in [
        ("", "EVENT_NOT_FOUND", None),
        ("x", "EVENT_NOT_FOUND", None),
        ("%00", "EVENT_NOT_FOUND", None),
        (&policy, "EVENT_NOT_FOUND", None),
        (&event.to_uppercase(), "EVENT_NOT_FOUND", None),
        (
            &format!("{event}&eventId={event}"),
            "BIND_ERROR",
            Some("eventId"),
        ),
        (
            &format!("{event}&consumerId=ann"),
            "BIND_ERROR",
            Some("consumerId"),
        ),
    ] {
        let path = format!("/v1/coupons?eventId={id}");
        let answer = desk.send(Method::GET, &path, &[], "").await;
        assert_refused(&path, &answer, code, field);
    }
    let path = format!("/v1/coupons?eventId={event}");
    let found = desk.send(Method::GET, &path, &[], "").await.json();
    assert_eq!(found["items"][0]["couponId"], coupon);
}

#[tokio::test]
async fn copies_are_asked_for_by_a_consumer_that_can_be_one() {
    let mut desk = Desk::open().await;
    let longest = "x".repeat(64);
    for (consumer, field) in [
        ("", "consumerId"),
        ("a%20b", "consumerId"),
        ("a%2Fb", "consumerId"),
        ("a%00", "consumerId"),
        ("%C3%A9", "consumerId"),
        (&format!("{longest}x"), "consumerId"),
        ("ann&consumerId=bob", "consumerId"),
        ("ann&eventId=x", "eventId"),
    ] {
        let path = format!("/v1/issued-coupons?consumerId={consumer}");
        let answer = desk.send(Method::GET, &path, &[], "").await;
        assert_refused(&path, &answer, "BIND_ERROR", Some(field));
    }
    for consumer in [&longest, "nobody", "A-Z.a_z@0:9-"] {
        let path = format!("/v1/issued-coupons?consumerId={consumer}");
        let answer = desk.send(Method::GET, &path, &[], "").await;
        assert_eq!(answer.bytes, r#"{"items":[],"nextCursor":null}"#, "{path}");
    }
}
