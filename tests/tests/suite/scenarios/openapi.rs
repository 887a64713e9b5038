//! What is documented is served, nothing else is, and the documentation itself comes from this server
//! alone.

use std::collections::{BTreeMap, BTreeSet};

use firstcome_tests::over_http::{Answer, Client, Server};
use hyper::Method;

const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE",
];

async fn ask(client: &mut Client, method: &str, path: &str) -> Answer {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    client.send(method, path, None, &[], None).await.unwrap()
}

/// Every documented path as one may ask for it, with its methods.
async fn documented(client: &mut Client) -> BTreeMap<String, BTreeSet<String>> {
    let document = ask(client, "GET", "/openapi.json").await;
    assert_eq!(document.header("content-type"), "application/json");
    let document = document.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 15);
    paths
        .iter()
        .map(|(path, operations)| {
            let path = path.replace("{file}", "swagger-ui.css");
            let path = match path.split_once('{') {
                Some((before, rest)) => format!("{before}x{}", rest.split_once('}').unwrap().1),
                None => path,
            };
            let methods = operations.as_object().unwrap().keys();
            (path, methods.map(|method| method.to_uppercase()).collect())
        })
        .collect()
}

#[tokio::test]
async fn every_documented_method_of_a_path_is_served_and_every_other_is_not_allowed() {
    let server = Server::start();
    let mut client = server.client();
    for (path, documented) in documented(&mut client).await {
        for method in METHODS {
            let answer = ask(&mut client, method, &path).await;
            let what = format!("{method} {path}");
            if documented.contains(method) {
                // Without a token, so that nothing but the route is decided.
                assert!(
                    matches!(answer.status.as_u16(), 200 | 401),
                    "{what}: {answer:?}"
                );
                continue;
            }
            assert_eq!(answer.status, 405, "{what}: {answer:?}");
            // A HEAD has no body to say it in.
            assert!(
                method == "HEAD" || answer.code() == "METHOD_NOT_ALLOWED",
                "{what}"
            );
            let allow = answer.header("allow").split(", ");
            let allow: BTreeSet<String> = allow.map(str::to_owned).collect();
            assert_eq!(allow, documented, "{what}");
        }
    }
}

#[tokio::test]
async fn a_path_that_is_not_documented_is_not_found_by_any_method() {
    let server = Server::start();
    let mut client = server.client();
    let mut unknown: Vec<String> = [
        "/",
        "/v1",
        "/v1/",
        "/v2/events",
        "/V1/events",
        "/v1/Events",
        "/v1//events",
        "/v1/event",
        "/v1/wallets",
        "/v1/coupons/x/audit/y",
        "/v1/coupons/x/y",
        "/health",
        "/health/x",
        "/openapi.yaml",
        "/openapi.json/x",
        "/docs/nothing.js",
        "/docs/a/b",
        "/docs/..%2fCargo.toml",
        "/favicon.ico",
        "/.env",
        "/admin",
        "/%2e%2e/",
        "/v1/events%00",
        "/v1/events;x=1",
    ]
    .map(str::to_owned)
    .into();
    unknown.extend(
        documented(&mut client)
            .await
            .into_keys()
            .filter(|path| !path.starts_with("/docs"))
            .map(|path| format!("{path}/")),
    );
    // An empty id is one that can't be one: the resource is not found, but the route is.
    unknown.retain(|path| {
        ![
            "/v1/events/",
            "/v1/coupons/",
            "/v1/issued-coupons/",
            "/v1/discount-policies/",
            "/v1/orders/",
            "/v1/products/",
            "/v1/holds/",
            "/v1/sagas/",
        ]
        .contains(&path.as_str())
    });
    for path in unknown {
        for method in ["GET", "POST", "DELETE", "PURGE"] {
            if path.starts_with("/docs") && method != "GET" {
                continue;
            }
            let answer = ask(&mut client, method, &path).await;
            assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
            assert_eq!(answer.code(), "ROUTE_NOT_FOUND", "{method} {path}");
        }
    }
}

/// Every `http:` or `https:` address in a text.
fn hosts(text: &str) -> Vec<&str> {
    text.split(['"', '\'', '`', '(', ')', ' ', '\n'])
        .filter(|word| {
            word.starts_with("http:")
                || word.starts_with("https:")
                || (word.starts_with("//") && word.contains('.'))
        })
        .collect()
}

#[tokio::test]
async fn the_documentation_and_all_it_is_made_of_comes_from_this_server_alone() {
    let server = Server::start();
    let mut client = server.client();
    let page = ask(&mut client, "GET", "/docs").await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    let page_text = String::from_utf8(page.bytes.to_vec()).unwrap();
    assert_eq!(hosts(&page_text), [""; 0]);
    assert!(page_text.contains("<base href=\"/docs/\">"));
    let files: Vec<&str> = page_text
        .split(['"', '\''])
        .filter_map(|text| text.strip_prefix("./"))
        .collect();
    assert!(files.len() >= 5, "{files:?}");
    let mut answers = vec![page.clone()];
    for file in files {
        let answer = ask(&mut client, "GET", &format!("/docs/{file}")).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(!answer.bytes.is_empty(), "{file}");
        let text = String::from_utf8_lossy(&answer.bytes);
        if file.ends_with(".css") {
            assert!(
                !text.contains("@import") && !text.contains("url(http"),
                "{file}"
            );
        }
        if file == "swagger-initializer.js" {
            assert_eq!(hosts(&text), [""; 0]);
            // Else it would ask a validator on the internet what it thinks of this server's document.
            assert!(text.contains(r#""validatorUrl": "none""#), "{text}");
            assert!(text.contains("\"/openapi.json\""), "{text}");
        }
        answers.push(answer);
    }
    // And should any of it try: browsers are told not to let it.
    for answer in answers {
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';"), "{policy}");
        assert_eq!(hosts(policy), [""; 0]);
        assert!(
            !policy.contains('*') && !policy.contains("https:"),
            "{policy}"
        );
    }
}
