//! What `/openapi.json` says of every member of every body is what holds: its type, its limits, and
//! whether it is required.

use hyper::Method;
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
    let schema = resolved(document, body);
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
        _ => panic!("{method} {path} has a body, but is tested by nobody"),
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
            let path = path.replace("{couponId}", &coupon);
            for member in members(&document, body) {
                let has_it = |object: &&Object| {
                    let mut members = object.members().iter();
                    members.any(|(name, _)| *name == member.name)
                };
                let object = good.iter().find(has_it);
                let object = object.unwrap_or_else(|| panic!("no good {} {path}", member.name));
                for bad in bad(&member, object) {
                    let answer = desk.send_json(method.clone(), &path, bad.to_string()).await;
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
