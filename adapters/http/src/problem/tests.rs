use http_body_util::BodyExt;
use serde_json::{Value, json};
use warp::Reply;

use super::*;

async fn json_of(response: warp::reply::Response) -> Value {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test]
async fn a_problem_says_its_members_field_and_detail_next_to_its_code() {
    let response = Problem::new(Code::BindError)
        .detail("maximumIssued is 1 or more.")
        .field("maximumIssued")
        .member("issuedCouponId", "c-1")
        .into_response();
    assert_eq!(response.status(), 400);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(
        json_of(response).await,
        json!({
            "type": "urn:firstcome:problem:BIND_ERROR",
            "title": "Malformed request",
            "status": 400,
            "detail": "maximumIssued is 1 or more.",
            "code": "BIND_ERROR",
            "field": "maximumIssued",
            "issuedCouponId": "c-1",
        })
    );
}

#[tokio::test]
async fn a_member_can_not_replace_one_that_every_problem_has() {
    let problem = Problem::new(Code::HoldNotOpen)
        .member("status", 200)
        .member("state", "EXPIRED");
    let json = json_of(problem.into_response()).await;
    assert_eq!(
        (&json["status"], &json["state"]),
        (&json!(409), &json!("EXPIRED"))
    );
}

#[test]
fn a_problem_without_anything_of_its_own_has_the_json_of_its_code() {
    let plain = Problem::new(Code::CouponNotIssuable);
    assert_eq!(plain.body(), Code::CouponNotIssuable.plain_json());
    let mut spelt_out = plain.clone();
    spelt_out.more();
    assert_eq!(spelt_out.body(), plain.body());
}

#[test]
fn every_503_and_every_passing_conflict_says_when_to_try_again() {
    for &code in Code::ALL {
        let retry = Problem::new(code).headers().contains_key("retry-after");
        let passing = matches!(code, Code::CouponHeld | Code::IdempotencyKeyInUse);
        assert_eq!(retry, code.status() == 503 || passing, "{}", code.as_str());
    }
    let later = Problem::new(Code::EventNotOpen).retry_after(90);
    assert_eq!(later.headers()["retry-after"], "90");
}

#[test]
fn a_401_has_a_challenge_and_a_405_can_name_the_methods() {
    assert_eq!(
        Problem::new(Code::Unauthenticated).headers()["www-authenticate"],
        "Bearer"
    );
    let expired = HeaderValue::from_static("Bearer error=\"invalid_token\"");
    let problem = Problem::new(Code::Unauthenticated).authenticate(expired.clone());
    assert_eq!(problem.headers()["www-authenticate"], expired);
    let problem = Problem::new(Code::MethodNotAllowed).allow(HeaderValue::from_static("GET, POST"));
    assert_eq!(problem.headers()["allow"], "GET, POST");
}

#[test]
fn over_the_bare_wire_a_problem_is_one_whole_reply_that_closes() {
    let reply = String::from_utf8(Problem::new(Code::HeadersTooLarge).to_http1()).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(head.contains("\r\ndate: "), "{head}");
    assert!(
        head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())),
        "{head}"
    );
    assert_eq!(body, Code::HeadersTooLarge.plain_json());
}
