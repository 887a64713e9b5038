//! What `/openapi.json` says of every member of every body is what holds: its type, its limits, and
//! whether it is required.

use adapter_http::Role;
use hyper::{Method, header::CONTENT_TYPE};
use serde_json::Value;

use super::{Desk, Object, assert_refused};

/// One of each type of JSON, as text, with the types that it is.
const ONE_OF_EACH: &[(&str, &[&str])] = &[
    ("true", &["boolean"]),
    ("1", &["integer", "number"]),
    ("1.5", &["number"]),
    ("\"x\"", &["string"]),
    ("[]", &["array"]),
    ("{}", &["object"]),
];

/// A member of a body, as it is documented.
struct Member {
    name: String,
    types: Vec<String>,
    schema: Value,
    required: bool,
}

fn members(document: &Value, body: &Value) -> Vec<Member> {
    // A body that may be left out: what it is when it is there.
    let mut choices = body["oneOf"].as_array().into_iter().flatten();
    let there = choices.find(|choice| choice["type"] != "null");
    let schema = resolved(document, there.unwrap_or(body));
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object().unwrap();
    properties
        .iter()
        .map(|(name, property)| {
            let mut types = Vec::new();
            collect_types(document, property, &mut types);
            assert!(!types.is_empty(), "{name}: {property}");
            Member {
                name: name.clone(),
                types,
                schema: property.clone(),
                required: required.contains(&Value::from(name.as_str())),
            }
        })
        .collect()
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn collect_types(document: &Value, schema: &Value, types: &mut Vec<String>) {
    let schema = resolved(document, schema);
    match &schema["type"] {
        Value::String(one) => types.push(one.clone()),
        Value::Array(several) => {
            types.extend(several.iter().map(|one| one.as_str().unwrap().to_owned()));
        }
        _ => {}
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        for one in schema[choice].as_array().into_iter().flatten() {
            collect_types(document, one, types);
        }
    }
}

/// Good bodies of a route; together they have every member that is documented.
fn good(desk: &mut Desk, method: &str, path: &str) -> Vec<Object> {
    match (method, path) {
        ("post", "/v1/events") => vec![desk.event()],
        ("post", "/v1/discount-policies") => {
            let policy = desk.fixed_discount().with("minimumOrderAmount", "1");
            vec![policy, desk.rate_discount()]
        }
        ("post", "/v1/coupons") => vec![desk.issue_coupon(), desk.use_coupon()],
        ("patch", "/v1/coupons/{couponId}") => vec![
            Object::of([("maximumIssued", "11"), ("paused", "true")]),
            Object::of([("maximumUsage", "11")]),
        ],
        ("post", "/v1/products") => {
            let product = Object::of([("price", "1"), ("stock", "1")]).with_text("name", "p");
            vec![product.with_text("description", "d")]
        }
        ("patch", "/v1/products/{productId}") => {
            vec![Object::of([("price", "1"), ("stock", "1")])]
        }
        ("post", "/v1/wallets/{consumerId}/charges") => vec![Object::of([("amount", "1")])],
        ("post", "/v1/orders") => {
            let line = format!(r#"[{{"productId":"{AN_ID}","quantity":1}}]"#);
            let order = Object::of([("points", "0")]).with("items", line);
            let order = order.with_text("issuedCouponId", AN_ID);
            vec![order.with_text("paymentMethod", "tok")]
        }
        ("post", "/v1/orders/{orderId}/delivery") => {
            vec![Object::of([]).with_text("status", "IN_DELIVERY")]
        }
        ("post", "/v1/holds") => {
            let hold = Object::of([("orderAmount", "1"), ("ttlSeconds", "1")]);
            let hold = hold.with_text("holdId", "h");
            vec![hold.with_text("issuedCouponId", AN_ID)]
        }
        ("post", "/v1/sagas/{sagaId}/retry") => vec![Object::of([]).with_text("reason", "r")],
        ("post", "/v1/sagas/{sagaId}/abandon") => {
            let settled = Object::of([]).with_text("settled", "VOIDED");
            vec![settled.with_text("reason", "r")]
        }
        _ => panic!("{method} {path} has a body, but is tested by nobody"),
    }
}

/// An id that nothing has: what is malformed is refused before anything is looked for.
const AN_ID: &str = "01920000-0000-7000-8000-000000000001";

/// Somebody who may send a body there.
fn sender(desk: &Desk, path: &str) -> String {
    let tokens = desk.server.tokens();
    match path {
        "/v1/orders" => tokens.consumer("anna"),
        path if path.starts_with("/v1/products") => tokens.token("seller", Role::Seller),
        _ => tokens.admin(),
    }
}

#[tokio::test]
async fn types_limits_and_requirements_are_those_that_are_documented() {
    let mut desk = Desk::open().await;
    let coupon = desk.shop.issue_coupon(10).await;
    let document = desk
        .send(Method::GET, "/openapi.json", &[], "")
        .await
        .json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            if body.is_null() {
                continue;
            }
            let good = good(&mut desk, method, path);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let token = sender(&desk, path);
            let path = ["{productId}", "{orderId}", "{sagaId}"]
                .iter()
                .fold(path.replace("{couponId}", &coupon), |path, id| {
                    path.replace(id, AN_ID)
                })
                .replace("{consumerId}", "anna");
            for member in members(&document, body) {
                let has_it = |object: &&Object| {
                    let mut members = object.members().iter();
                    members.any(|(name, _)| *name == member.name)
                };
                let object = good.iter().find(has_it);
                let object = object.unwrap_or_else(|| panic!("no good {} {path}", member.name));
                for bad in bad(&member, object) {
                    let headers: [(&str, &[u8]); 2] = [
                        (CONTENT_TYPE.as_str(), b"application/json"),
                        ("idempotency-key", b"k"),
                    ];
                    let body = bad.to_string();
                    let answer = desk
                        .send_as(&token, method.clone(), &path, &headers, body)
                        .await;
                    assert_refused(&bad.to_string(), &answer, "BIND_ERROR", Some(&member.name));
                }
            }
        }
    }
}

/// `object` with everything that the documentation rules out for `member`.
fn bad(member: &Member, object: &Object) -> Vec<Object> {
    let Member { name, types, .. } = member;
    let is = |wanted: &[&str]| types.iter().any(|one| wanted.contains(&one.as_str()));
    let mut bad: Vec<Object> = ONE_OF_EACH
        .iter()
        .filter(|(_, types)| !is(types))
        .map(|(value, _)| object.with(name, value))
        .collect();
    if member.required {
        bad.push(object.without(name));
    }
    if !is(&["null"]) {
        bad.push(object.with(name, "null"));
    }
    let limit = |keyword: &str| member.schema[keyword].as_i64();
    let text = |length: i64| "x".repeat(usize::try_from(length).unwrap());
    bad.extend(limit("minimum").map(|least| object.with(name, least - 1)));
    bad.extend(limit("maximum").map(|most| object.with(name, most + 1)));
    bad.extend(limit("minLength").map(|least| object.with_text(name, &text(least - 1))));
    bad.extend(limit("maxLength").map(|most| object.with_text(name, &text(most + 1))));
    if is(&["integer"]) {
        let limits = ["minimum", "maximum"].map(|keyword| limit(keyword).is_some());
        assert_eq!(limits, [true; 2], "{name} has no documented limits");
    }
    bad
}
