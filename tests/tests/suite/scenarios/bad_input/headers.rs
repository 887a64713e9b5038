//! `Idempotency-Key` and `X-Request-Id`.

use std::collections::HashSet;

use hyper::Method;

use super::{Desk, assert_refused};

#[tokio::test]
async fn a_key_is_given_once_as_1_to_255_visible_ascii_characters() {
    let mut desk = Desk::open().await;
    let coupon = desk.shop.use_coupon(10, 100).await;
    let issue = format!("/v1/coupons/{coupon}/issued-coupons");
    let (admin, ann) = (
        desk.server.tokens().admin(),
        desk.server.tokens().consumer("ann"),
    );
    let longest = "k".repeat(255);
    let too_long = format!("{longest}k");
    let refused: &[&[&[u8]]] = &[
        &[b""],
        &[too_long.as_bytes()],
        &[b"a b"],
        &[b"a\tb"],
        &["schl\u{fc}ssel".as_bytes()],
        &[b"\xff"],
        &[b"k", b"k"],
        &[b"k", b"other"],
        &[b"k", b""],
    ];
    let taken: &[&[u8]] = &[b"!", b"~", b"\"',;=\\", longest.as_bytes()];
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    for path in ["/v1/events", "/v1/discount-policies", "/v1/coupons", &issue] {
        let good = |desk: &mut Desk| match path {
            "/v1/events" => desk.event().to_string(),
            "/v1/discount-policies" => desk.rate_discount().to_string(),
            "/v1/coupons" => desk.use_coupon().to_string(),
            _ => String::new(),
        };
        let token = if path == issue { &ann } else { &admin };
        for keys in refused {
            let mut headers = vec![json];
            headers.extend(keys.iter().map(|key| ("idempotency-key", *key)));
            let body = good(&mut desk);
            let answer = desk
                .send_as(token, Method::POST, path, &headers, body)
                .await;
            let what = format!("{path} {keys:?}");
            assert_refused(&what, &answer, "BIND_ERROR", Some("Idempotency-Key"));
        }
        for key in taken {
            let headers = [json, ("idempotency-key", *key)];
            let body = good(&mut desk);
            let answer = desk
                .send_as(token, Method::POST, path, &headers, body)
                .await;
            assert_eq!(answer.status, 201, "{path} {key:?} {answer:?}");
        }
    }
    assert_eq!(desk.shop.look(&coupon).await["issuedCount"], taken.len());
}

#[tokio::test]
async fn a_harmless_request_id_comes_back_on_every_answer_and_a_hostile_one_is_replaced() {
    let mut desk = Desk::open().await;
    let longest = "r".repeat(128);
    let routes: &[(Method, &str)] = &[
        (Method::GET, "/v1/events"),
        (Method::GET, "/health/live"),
        (Method::GET, "/v1/events/none"),
        (Method::GET, "/nowhere"),
        (Method::DELETE, "/v1/events"),
        (Method::POST, "/v1/events"),
        (Method::POST, "/v1/coupons/none/issued-coupons"),
    ];
    let mut made = HashSet::new();
    for (method, path) in routes {
        for id in ["x", "A-Z_a.z:0-9", &longest] {
            let headers = [("x-request-id", id.as_bytes())];
            let answer = desk.send(method.clone(), path, &headers, "").await;
            assert_eq!(answer.header("x-request-id"), id, "{method} {path}");
        }
        let too_long = format!("{longest}r");
        let hostile: &[&[u8]] = &[
            b"",
            too_long.as_bytes(),
            b"a b",
            b"a\tb",
            b"\x80",
            b"{\"level\":\"ERROR\"}",
            b"<script>",
            b"%0d%0a",
            b"a,b",
        ];
        for id in hostile {
            let headers = [("x-request-id", *id)];
            let answer = desk.send(method.clone(), path, &headers, "").await;
            made.insert(answer.header("x-request-id").to_owned());
        }
        let answer = desk.send(method.clone(), path, &[], "").await;
        made.insert(answer.header("x-request-id").to_owned());
    }
    // Each has one of its own, and in none of them is anything of what was sent.
    assert_eq!(made.len(), routes.len() * 10);
    for id in made {
        assert!(uuid::Uuid::try_parse(&id).is_ok(), "{id}");
    }
}
