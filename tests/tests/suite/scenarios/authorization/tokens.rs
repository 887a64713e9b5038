//! Every route that asks for a token × everything that is none.

use std::time::{SystemTime, UNIX_EPOCH};

use firstcome_tests::over_http::{SECRET, Server};
use hyper::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::{ask, assert_refused, routes};

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// What a good token of this role says.
fn claims(role: &str) -> Value {
    let (iat, exp) = (now(), now() + 3_600);
    json!({"iss": "firstcome", "aud": "firstcome", "sub": "ann", "role": role, "iat": iat, "exp": exp})
}

/// The good claims with `change` in them; null removes one.
fn changed(role: &str, change: Value) -> Value {
    let mut claims = claims(role);
    for (name, value) in change.as_object().unwrap() {
        let all = claims.as_object_mut().unwrap();
        all.insert(name.clone(), value.clone());
        all.retain(|_, value| !value.is_null());
    }
    claims
}

fn signed(claims: &Value, algorithm: Algorithm, secret: &str) -> String {
    let key = EncodingKey::from_secret(secret.as_bytes());
    encode(&Header::new(algorithm), claims, &key).unwrap()
}

fn good(claims: &Value) -> String {
    signed(claims, Algorithm::HS256, SECRET)
}

/// What is no token for `role`, by name: the `Authorization` headers of a request.
fn bad(role: &str) -> Vec<(&'static str, Vec<String>)> {
    // {"alg":"none","typ":"JWT"}
    const NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let right = good(&claims(role));
    let (header, rest) = right.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let other = good(&changed(role, json!({"sub": "bob"})));
    let others_payload = other.split('.').nth(1).unwrap();
    let with = |change: Value| good(&changed(role, change));
    let bearer = |token: String| vec![format!("Bearer {token}")];
    vec![
        ("nothing", vec![]),
        ("empty", vec![String::new()]),
        ("a scheme alone", vec!["Bearer".to_owned()]),
        ("no token", vec!["Bearer ".to_owned()]),
        ("no scheme", vec![right.clone()]),
        ("another scheme", vec![format!("Basic {right}")]),
        ("two schemes", vec![format!("Bearer Bearer {right}")]),
        (
            "two tokens",
            vec![format!("Bearer {right}"), format!("Bearer {right}")],
        ),
        (
            "two in one",
            vec![format!("Bearer {right}, Bearer {right}")],
        ),
        ("garbage", bearer("garbage".to_owned())),
        ("three garbages", bearer("a.b.c".to_owned())),
        ("dots", bearer("..".to_owned())),
        ("too long", bearer(format!("{right}{}", "A".repeat(8_000)))),
        ("padded", bearer(format!("{right}="))),
        ("no signature", bearer(format!("{header}.{payload}."))),
        ("two parts", bearer(format!("{header}.{payload}"))),
        ("four parts", bearer(format!("{right}.{signature}"))),
        (
            "a cut signature",
            bearer(right[..right.len() - 2].to_owned()),
        ),
        ("alg none", bearer(format!("{NONE}.{payload}."))),
        (
            "alg none, signed",
            bearer(format!("{NONE}.{payload}.{signature}")),
        ),
        (
            "another's claims",
            bearer(format!("{header}.{others_payload}.{signature}")),
        ),
        (
            "another algorithm",
            bearer(signed(&claims(role), Algorithm::HS512, SECRET)),
        ),
        (
            "another secret",
            bearer(signed(
                &claims(role),
                Algorithm::HS256,
                &SECRET.to_uppercase(),
            )),
        ),
        ("expired", bearer(with(json!({"exp": now() - 1})))),
        ("expired long ago", bearer(with(json!({"exp": 0})))),
        ("never expiring", bearer(with(json!({"exp": null})))),
        (
            "expiring in words",
            bearer(with(json!({"exp": "tomorrow"}))),
        ),
        ("not valid yet", bearer(with(json!({"nbf": now() + 1_000})))),
        ("another issuer", bearer(with(json!({"iss": "Firstcome"})))),
        ("no issuer", bearer(with(json!({"iss": null})))),
        (
            "another audience",
            bearer(with(json!({"aud": "secondcome"}))),
        ),
        ("other audiences", bearer(with(json!({"aud": ["a", "b"]})))),
        ("no audience", bearer(with(json!({"aud": null})))),
        ("no subject", bearer(with(json!({"sub": null})))),
        ("an empty subject", bearer(with(json!({"sub": ""})))),
        (
            "a subject that is none",
            bearer(with(json!({"sub": "a b"}))),
        ),
        (
            "a long subject",
            bearer(with(json!({"sub": "x".repeat(65)}))),
        ),
        ("no role", bearer(with(json!({"role": null})))),
        ("an unknown role", bearer(with(json!({"role": "root"})))),
        (
            "several roles",
            bearer(with(json!({"role": ["admin", role]}))),
        ),
        ("claims that are none", bearer(good(&json!([])))),
    ]
}

#[tokio::test]
async fn what_is_no_token_is_unauthenticated_on_every_route_that_asks_for_one() {
    let server = Server::start();
    let mut client = server.client();
    for route in routes(&mut client).await {
        let Some(role) = route.roles.first() else {
            continue;
        };
        for (name, authorization) in bad(role) {
            let answer = ask(&mut client, &route.method, &route.target, &authorization).await;
            let what = format!("{} {}: {name}", route.method, route.target);
            let problem = assert_refused(&what, &answer, 401, "UNAUTHENTICATED");
            assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
            for part in authorization
                .iter()
                .flat_map(|value| value.split([' ', '.']))
            {
                let told = problem["detail"].as_str().unwrap();
                assert!(part.len() < 20 || !told.contains(part), "{what}: {told}");
            }
        }
        // The same but for its fault is one.
        let right = [format!("Bearer {}", good(&claims(role)))];
        let answer = ask(&mut client, &route.method, &route.target, &right).await;
        assert!(!matches!(answer.status.as_u16(), 401 | 403), "{answer:?}");
    }
}

#[tokio::test]
async fn what_is_a_token_is_one_in_every_spelling() {
    let server = Server::start();
    let mut client = server.client();
    let token = good(&claims("consumer"));
    let several = good(&changed(
        "consumer",
        json!({"aud": ["other", "firstcome"], "more": {}}),
    ));
    for authorization in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("BEARER   {token}"),
        format!("Bearer {several}"),
    ] {
        let answer = ask(
            &mut client,
            &Method::GET,
            "/v1/events",
            std::slice::from_ref(&authorization),
        )
        .await;
        assert_eq!(answer.status, 200, "{authorization} {answer:?}");
    }
    // A query is logged by whoever stands in between: no token is taken from there.
    for name in ["access_token", "token", "authorization"] {
        let target = format!("/v1/events?{name}={token}");
        let answer = ask(&mut client, &Method::GET, &target, &[]).await;
        assert_refused(name, &answer, 401, "UNAUTHENTICATED");
    }
}
