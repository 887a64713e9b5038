//! The same request again is the same request: `Idempotency-Key`, one request after the other.

use firstcome_tests::over_http::Answer;
use hyper::{Method, StatusCode};

use super::{Desk, Object, assert_refused};

async fn post(desk: &mut Desk, path: &str, key: &str, body: String) -> Answer {
    let headers: [(&str, &[u8]); 2] = [
        ("content-type", b"application/json"),
        ("idempotency-key", key.as_bytes()),
    ];
    desk.send(Method::POST, path, &headers, body).await
}

#[track_caller]
fn assert_same(again: &Answer, first: &Answer) {
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(again.status, first.status, "{again:?}");
    assert_eq!(again.bytes, first.bytes);
    for header in ["location", "content-type"] {
        assert!(!again.header(header).is_empty(), "{again:?}");
        assert_eq!(again.header(header), first.header(header));
    }
}

/// The same object in another spelling: turned round, spaced, every character of a text escaped.
fn respelled(object: &Object) -> String {
    let escaped = |text: &str| -> String {
        let units = text.encode_utf16();
        units.map(|unit| format!("\\u{unit:04X}")).collect()
    };
    let members: Vec<String> = object
        .members()
        .iter()
        .rev()
        .map(|(name, value)| {
            let text = serde_json::from_str::<String>(value);
            let value = text.map_or(value.clone(), |text| format!("\"{}\"", escaped(&text)));
            format!("\t\"{}\" : {value} ", escaped(name))
        })
        .collect();
    format!("\n{{{}}}\n", members.join(",\n"))
}

#[tokio::test]
async fn the_same_creation_again_has_the_same_answer_to_the_byte_and_another_is_refused() {
    let mut desk = Desk::open().await;
    let requests = [
        ("/v1/events", desk.event()),
        ("/v1/discount-policies", desk.rate_discount()),
        ("/v1/coupons", desk.issue_coupon()),
        ("/v1/coupons", desk.use_coupon()),
    ];
    let mut answered = Vec::new();
    for (path, object) in requests {
        let key = desk.new_name().replace(' ', "-");
        let first = post(&mut desk, path, &key, object.to_string()).await;
        let again = post(&mut desk, path, &key, respelled(&object)).await;
        assert_same(&again, &first);
        if path == "/v1/coupons" {
            // The answer is the one of then, whatever has become of the coupon.
            let coupon = first.text("couponId");
            let paused = serde_json::json!({"paused": true});
            desk.shop.change(&coupon, paused).await;
        }
        let again = post(&mut desk, path, &key, object.to_string()).await;
        assert_same(&again, &first);
        for (name, value) in [
            ("name", "\"other\""),
            ("expiresAt", "\"2098-06-01T00:00:00Z\""),
        ] {
            if object.members().iter().any(|(known, _)| known == name) {
                let other = object.with(name, value).to_string();
                let answer = post(&mut desk, path, &key, other.clone()).await;
                assert_refused(&other, &answer, "IDEMPOTENCY_KEY_REUSED", None);
            }
        }
        let other_key = format!("{key}.");
        let answer = post(&mut desk, path, &other_key, object.to_string()).await;
        assert!(answer.code().starts_with("ALREADY_"), "{answer:?}");
        answered.push((path, key, object, first));
    }
    desk.restart();
    for (path, key, object, first) in answered {
        let again = post(&mut desk, path, &key, object.to_string()).await;
        assert_same(&again, &first);
    }
}

#[tokio::test]
async fn a_key_belongs_to_its_path_and_a_refusal_does_not_take_it() {
    let mut desk = Desk::open().await;
    let event = desk.event();
    let refused = event.with_text("name", "");
    let answer = post(&mut desk, "/v1/events", "k", refused.to_string()).await;
    assert_refused("no name", &answer, "BIND_ERROR", Some("name"));
    let first = post(&mut desk, "/v1/events", "k", event.to_string()).await;
    assert_eq!(first.status, 201, "{first:?}");

    let taken = desk.event().with_text("name", &first.text("name"));
    let answer = post(&mut desk, "/v1/events", "l", taken.to_string()).await;
    assert_refused("taken", &answer, "ALREADY_EVENT_EXISTS", None);
    let other = desk.event();
    let answer = post(&mut desk, "/v1/events", "l", other.to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");

    let policy = desk.fixed_discount();
    let answer = post(&mut desk, "/v1/discount-policies", "k", policy.to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

#[tokio::test]
async fn issuing_with_a_key_again_is_the_same_copy_and_another_consumer_s_key_is_another() {
    let mut desk = Desk::open().await;
    let (coupon, other) = (
        desk.shop.use_coupon(10, 100).await,
        desk.shop.use_coupon(10, 100).await,
    );
    let ann = desk.server.tokens().consumer("ann");
    let bob = desk.server.tokens().consumer("bob");
    let key: [(&str, &[u8]); 1] = [("idempotency-key", b"k")];
    let mut issue = async |token: &str, coupon: &str| {
        let path = format!("/v1/coupons/{coupon}/issued-coupons");
        desk.send_as(token, Method::POST, &path, &key, "").await
    };
    let first = issue(&ann, &coupon).await;
    let again = issue(&ann, &coupon).await;
    assert_same(&again, &first);
    let bobs = issue(&bob, &coupon).await;
    let elsewhere = issue(&ann, &other).await;
    let copies = [first, bobs, elsewhere].map(|answer| {
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.text("issuedCouponId")
    });
    assert!(copies[0] != copies[1] && copies[0] != copies[2]);
    for (coupon, issued) in [(coupon, 2), (other, 1)] {
        assert_eq!(desk.shop.look(&coupon).await["issuedCount"], issued);
    }
}
