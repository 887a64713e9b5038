//! Bodies that are no JSON object, or say that they are none.

use hyper::Method;

use super::{Desk, assert_refused};

/// Every route that takes a JSON body.
async fn routes(desk: &mut Desk) -> Vec<(Method, String)> {
    let coupon = desk.shop.issue_coupon(10).await;
    vec![
        (Method::POST, "/v1/events".to_owned()),
        (Method::POST, "/v1/discount-policies".to_owned()),
        (Method::POST, "/v1/coupons".to_owned()),
        (Method::PATCH, format!("/v1/coupons/{coupon}")),
    ]
}

const JSON: (&str, &[u8]) = ("content-type", b"application/json");

const LARGEST: usize = 64 * 1024;

#[tokio::test]
async fn what_is_no_json_object_is_refused_as_the_body() {
    let mut desk = Desk::open().await;
    let deep = |open: &str, close: &str| {
        let half = 10_000;
        format!("{}{}", open.repeat(half), close.repeat(half)).into_bytes()
    };
    let utf_16: Vec<u8> = "{\"name\":\"a\"}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let no_objects: Vec<Vec<u8>> = [
        &b""[..],
        b" \r\n\t",
        b"null",
        b"true",
        b"0",
        b"\"{}\"",
        b"[]",
        b"[{\"name\":\"a\"}]",
        b"{",
        b"}",
        b"{]",
        b"{name:\"a\"}",
        b"{'name':'a'}",
        b"{,}",
        b"{1:2}",
        b"\0{}",
        b"{\0}",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe",
        b"/**/{}",
        b"{/**/}",
        b"\x1f\x8b\x08\x00",
        b"name=a&endsAt=b",
        b"<event/>",
    ]
    .map(<[u8]>::to_vec)
    .into_iter()
    .chain([utf_16, deep("[", "]"), vec![b'{'; 30_000], vec![0; 30_000]])
    .collect();
    for (method, path) in routes(&mut desk).await {
        for body in &no_objects {
            let answer = desk.send_json(method.clone(), &path, body.clone()).await;
            let what = format!("{path} {}", String::from_utf8_lossy(body));
            assert_refused(&what, &answer, "BIND_ERROR", Some("body"));
        }
    }
}

#[tokio::test]
async fn what_is_wrong_inside_an_object_is_refused_by_its_name() {
    let mut desk = Desk::open().await;
    let coupon = desk.shop.issue_coupon(10).await;
    let events: &[(&[u8], &str)] = &[
        (br#"{"name":"a","name":"a"}"#, "name"),
        (br#"{"name":"a","\u006eame":"b"}"#, "name"),
        (
            br#"{"name":"a","endsAt":"2098-01-01T00:00:00Z","endsAt":null}"#,
            "endsAt",
        ),
        (br#"{"name":"a","colour":1}"#, "colour"),
        (br#"{"name":"a","colour":null}"#, "colour"),
        (br#"{"Name":"a"}"#, "Name"),
        (br#"{"name ":"a"}"#, "name "),
        (br#"{"__proto__":{}}"#, "__proto__"),
        (
            br#"{"eventId":"01920000-0000-7000-8000-000000000001"}"#,
            "eventId",
        ),
        (br#"{"":1}"#, ""),
        (br#"{"name""#, "body"),
        (br#"{"name":"#, "name"),
        (br#"{"name":"\x"}"#, "name"),
        (br#"{"name":"\ud800"}"#, "name"),
        (br#"{"name":"\udc00\ud800"}"#, "name"),
        (b"{\"name\":\"\xff\"}", "name"),
        (b"{\"name\":\"\xc0\x80\"}", "name"),
        (b"{\"name\":\"\xed\xa0\x80\"}", "name"),
        (b"{\"name\":\"a\nb\"}", "name"),
        (b"{\"name\":\"a\0b\"}", "name"),
        (br#"{"name":[[[[[[[[]]]]]]]]}"#, "name"),
        (br#"{"name":NaN}"#, "name"),
        (br#"{"endsAt":-}"#, "endsAt"),
    ];
    for (body, field) in events {
        let answer = desk
            .send_json(Method::POST, "/v1/events", body.to_vec())
            .await;
        let what = String::from_utf8_lossy(body);
        assert_refused(&what, &answer, "BIND_ERROR", Some(field));
    }
    let deep = format!("{{\"name\":{}", "{\"name\":".repeat(5_000));
    let answer = desk.send_json(Method::POST, "/v1/events", deep).await;
    assert_refused("deep", &answer, "BIND_ERROR", Some("name"));
    let path = format!("/v1/coupons/{coupon}");
    for twice in [
        r#"{"paused":true,"paused":true}"#,
        r#"{"paused":null,"paused":true}"#,
    ] {
        let answer = desk.send_json(Method::PATCH, &path, twice).await;
        assert_refused(twice, &answer, "BIND_ERROR", Some("paused"));
    }
    assert_eq!(desk.shop.look(&coupon).await["paused"], false);
}

#[tokio::test]
async fn after_the_object_nothing_may_follow() {
    let mut desk = Desk::open().await;
    let event = desk.event();
    for rest in ["{}", ",", "}", "x", "\0", "\u{feff}"] {
        let body = format!("{event}{rest}");
        let answer = desk
            .send_json(Method::POST, "/v1/events", body.clone())
            .await;
        assert_refused(&body, &answer, "BIND_ERROR", Some("body"));
    }
    let spaced = format!("\r\n\t {event}\n");
    let answer = desk.send_json(Method::POST, "/v1/events", spaced).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

fn padded(body: &str, length: usize) -> String {
    format!("{body}{}", " ".repeat(length - body.len()))
}

#[tokio::test]
async fn a_body_of_64_kib_is_taken_and_one_more_byte_is_too_large() {
    let mut desk = Desk::open().await;
    for (method, path) in routes(&mut desk).await {
        let good = match path.as_str() {
            "/v1/events" => desk.event().to_string(),
            "/v1/discount-policies" => desk.fixed_discount().to_string(),
            "/v1/coupons" => desk.use_coupon().to_string(),
            _ => "{\"paused\":true}".to_owned(),
        };
        let answer = desk
            .send_json(method.clone(), &path, padded(&good, LARGEST + 1))
            .await;
        assert_refused(&path, &answer, "BODY_TOO_LARGE", None);
        let answer = desk.send_json(method, &path, padded(&good, LARGEST)).await;
        assert!(answer.status.is_success(), "{path} {answer:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_say_it_is_json_in_utf_8_is_an_unsupported_type() {
    let mut desk = Desk::open().await;
    let others: &[&[(&str, &[u8])]] = &[
        &[],
        &[("content-type", b"")],
        &[("content-type", b"text/plain")],
        &[("content-type", b"text/json")],
        &[("content-type", b"application/xml")],
        &[("content-type", b"application/x-www-form-urlencoded")],
        &[("content-type", b"multipart/form-data; boundary=x")],
        &[("content-type", b"application/json; charset=iso-8859-1")],
        &[("content-type", b"application/json; charset=utf-16")],
        &[("content-type", b"application/json, text/plain")],
        &[("content-type", b"application/jsonp")],
        &[("content-type", b"application/problem+json")],
        &[("content-type", b"json")],
        &[("content-type", b"*/*")],
        &[("content-type", b"application/json\xff")],
        &[("accept", b"application/json")],
    ];
    for (method, path) in routes(&mut desk).await {
        for headers in others {
            // Good or bad does not matter: it is not looked at.
            for body in ["{}", "rubbish", ""] {
                let answer = desk.send(method.clone(), &path, headers, body).await;
                let what = format!("{path} {headers:?}");
                assert_refused(&what, &answer, "UNSUPPORTED_MEDIA_TYPE", None);
            }
        }
    }
    for content_type in [
        "application/json",
        "APPLICATION/JSON",
        "application/json;charset=utf-8",
        "application/json ; Charset=\"UTF-8\"; version=1",
    ] {
        let event = desk.event().to_string();
        let headers = [("content-type", content_type.as_bytes())];
        let answer = desk.send(Method::POST, "/v1/events", &headers, event).await;
        assert_eq!(answer.status, 201, "{content_type} {answer:?}");
    }
}

#[tokio::test]
async fn a_body_where_none_is_read_is_no_harm() {
    let mut desk = Desk::open().await;
    for body in [vec![b'{'; 100], vec![0xff; 2 * LARGEST]] {
        let answer = desk.send(Method::GET, "/v1/events", &[JSON], body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
