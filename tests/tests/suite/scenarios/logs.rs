//! The log, at its loudest: no secret is ever in it, and whoever has a failing answer finds it there.

use std::collections::BTreeSet;

use firstcome_tests::over_http::{Answer, Client, SECRET, Server, ServerBuilder, Shop};
use hyper::{Method, header::AUTHORIZATION};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::held_up::hold_up;

const PREVIOUS_SECRET: &str = "PLANTED-previous-secret-of-32-bytes";
const KEY: &str = "PLANTED-idempotency-key";
const BODY: &str = "PLANTED-in-body";
const QUERY: &str = "PLANTED-in-query";
const PATH: &str = "PLANTED-in-path";
const HEADER: &str = "PLANTED-in-header";

fn loud() -> ServerBuilder {
    ServerBuilder::on_file()
        .with("log", "trace")
        .with("log_format", "json")
        .with("jwt_previous_secret", PREVIOUS_SECRET)
}

/// Asks with everything planted that a request can carry.
async fn plant(
    client: &mut Client,
    method: Method,
    path: &str,
    token: &str,
    body: Option<&Value>,
) -> Answer {
    let headers = [
        ("idempotency-key", KEY),
        ("cookie", HEADER),
        ("x-api-key", HEADER),
        ("user-agent", HEADER),
    ];
    let answer = client.send(method, path, Some(token), &headers, body).await;
    answer.unwrap()
}

/// Sends bytes that no client of ours would, and reads whatever comes.
async fn garbled(server: &Server, bytes: &str) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let _refused_early = stream.write_all(bytes.as_bytes()).await;
    let _reset = stream.read_to_end(&mut Vec::new()).await;
}

/// Stops the server; all that it has ever said.
fn said(mut server: Server) -> String {
    server.terminate();
    let (status, printed) = server.wait();
    assert!(status.success(), "{status}");
    printed + &server.logged()
}

/// The parts of a token by which it could be told again: its claims and its signature.
fn parts(token: &str) -> Vec<String> {
    let parts = token.split('.').skip(1).filter(|part| part.len() > 16);
    parts.map(str::to_owned).collect()
}

#[tokio::test]
async fn no_token_key_or_secret_and_nothing_of_a_request_is_ever_in_the_log() {
    let server = loud().start();
    let mut shop = Shop::open(&server).await;
    let (paused, only) = (shop.use_coupon(1, 1).await, shop.issue_coupon(1).await);
    shop.change(&paused, json!({"paused": true})).await;
    let tokens = server.tokens();
    let (admin, ann, bob) = (
        tokens.admin(),
        tokens.consumer("ann"),
        tokens.consumer("bob"),
    );
    let forged = format!("{}PLANTEDsignature", &ann[..ann.len() - 16]);
    let no_token = "PLANTED.PLANTED-claims-of-no-token.PLANTED-signature";
    let mut client = server.client();
    let event = json!({"name": BODY, "endsAt": "2099-01-01T00:00:00Z"});
    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let issue = |coupon: &str| format!("/v1/coupons/{coupon}/issued-coupons?access_token={QUERY}");
    for token in [&admin, &ann, &bob, &forged, no_token] {
        for (method, path, body) in [
            (
                &post,
                format!("/v1/events?access_token={QUERY}"),
                Some(&event),
            ),
            // Reused for another request, refused in a field, not JSON at all.
            (
                &post,
                "/v1/events".to_owned(),
                Some(&json!({"name": "x", "endsAt": "2098-01-01T00:00:00Z"})),
            ),
            (
                &post,
                "/v1/coupons".to_owned(),
                Some(&json!({"name": BODY, BODY: BODY})),
            ),
            (
                &post,
                "/v1/discount-policies".to_owned(),
                Some(&json!(BODY)),
            ),
            (
                &patch,
                format!("/v1/coupons/{PATH}"),
                Some(&json!({"paused": BODY})),
            ),
            (&post, issue(&only), None),
            (&post, issue(&only), None),
            (&post, issue(&paused), None),
            (&post, issue(PATH), None),
            (&get, format!("/v1/events?limit={QUERY}"), None),
            (&get, format!("/v1/events?access_token={token}"), None),
            (&get, format!("/v1/issued-coupons/{PATH}"), None),
            (&get, format!("/{PATH}?{QUERY}"), None),
            (&Method::DELETE, format!("/v1/events?{QUERY}"), None),
            (&get, "/metrics".to_owned(), None),
        ] {
            let answer = plant(&mut client, method.clone(), &path, token, body).await;
            assert!(!answer.header("x-request-id").is_empty(), "{path}");
        }
    }
    // Keys, ids and tokens that are refused for what they are.
    let long = KEY.repeat(20);
    for (name, value) in [
        ("idempotency-key", long.as_str()),
        ("idempotency-key", "PLANTED key"),
        ("x-request-id", "PLANTED id"),
        (AUTHORIZATION.as_str(), HEADER),
    ] {
        let token = (name != "authorization").then_some(admin.as_str());
        let answer = client
            .send(
                post.clone(),
                "/v1/events",
                token,
                &[(name, value)],
                Some(&event),
            )
            .await;
        assert!(answer.unwrap().status.is_client_error(), "{value}");
    }
    for bytes in [
        format!("GET /{PATH}?{QUERY} HTTP/9.9\r\nauthorization: Bearer {ann}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nauthorization: Bearer {ann}\r\nPLANTED without a colon\r\n\r\n"),
        format!(
            "GET / HTTP/1.1\r\nauthorization: Bearer {ann}\r\nidempotency-key: {}\r\n\r\n",
            KEY.repeat(1_000)
        ),
        format!("GET / HTTP/1.1\r\nauthorization: Bearer {ann}\r\nidempotency-key: {KEY}"),
        format!(
            "POST /v1/events HTTP/1.1\r\nauthorization: Bearer {admin}\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n{BODY}\r\n"
        ),
        format!(
            "CONNECT {PATH}:443 HTTP/1.1\r\nconnection: close\r\nproxy-authorization: Bearer {ann}\r\n\r\n"
        ),
    ] {
        garbled(&server, &bytes).await;
    }

    // A store that does not answer is what there is most to say about.
    let more = shop.issue_coupon(9).await;
    let held_up = hold_up(&server).await;
    let (mut one, mut other) = (server.client(), server.client());
    let path = issue(&more);
    let policy = json!({"name": "PLANTED", "discountType": "RATE_DISCOUNT", "discountRate": 1});
    let unanswered = tokio::join!(
        plant(&mut one, post.clone(), &path, &bob, None),
        plant(
            &mut other,
            post.clone(),
            "/v1/discount-policies",
            &admin,
            Some(&policy)
        ),
    );
    drop(held_up);

    let said = said(server);
    for answer in <[Answer; 2]>::from(unanswered) {
        assert_eq!(
            (answer.status.as_u16(), &*answer.code()),
            (503, "STORE_UNAVAILABLE")
        );
        let id = answer.header("x-request-id").to_owned();
        let lines = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut of_it = lines.filter(|line| line["request.id"] == id);
        assert!(
            of_it.any(|line| line["level"] == "WARN"),
            "{id} is not in the log"
        );
    }
    // It has said something at every level that it has something to say at.
    for level in ["DEBUG", "INFO", "WARN"] {
        assert!(said.contains(&format!("\"level\":\"{level}\"")), "{level}");
    }
    let mut secrets = vec![
        "PLANTED".to_owned(),
        SECRET.to_owned(),
        PREVIOUS_SECRET.to_owned(),
    ];
    secrets.extend(
        [&admin, &ann, &bob]
            .into_iter()
            .flat_map(|token| parts(token)),
    );
    for secret in secrets {
        let line = said.lines().find(|line| line.contains(&secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[tokio::test]
async fn every_answer_s_request_id_is_in_the_log_and_its_line_says_what_came_of_it() {
    let server = loud().start();
    let mut client = server.client();
    let admin = server.tokens().admin();
    let mut asked = Vec::new();
    for (n, (method, path, token)) in [
        (Method::GET, "/v1/events", Some(&admin)),
        (Method::GET, "/v1/events", None),
        (Method::GET, "/v1/events/none", Some(&admin)),
        (Method::POST, "/v1/events", Some(&admin)),
        (Method::GET, "/nowhere", None),
        (Method::PUT, "/v1/events", None),
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("request-{n}");
        let headers = [("x-request-id", id.as_str())];
        let token = token.map(String::as_str);
        let answer = client
            .send(method, path, token, &headers, None)
            .await
            .unwrap();
        asked.push((id, answer.status.as_u16()));
    }
    let said = said(server);
    for (id, status) in asked {
        let lines = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let of_it: Vec<Value> = lines.filter(|line| line["request.id"] == id).collect();
        assert!(
            of_it.iter().any(|line| line["http.status"] == status),
            "{id}: {of_it:?}"
        );
    }
}

#[tokio::test]
async fn when_the_store_fails_the_log_says_why_by_the_answer_s_request_id_and_the_answer_does_not()
{
    let builder = loud();
    let server = builder.start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(10).await;
    for entry in std::fs::read_dir(builder.folder().join("firstcome-data")).unwrap() {
        let path = entry.unwrap().path();
        // The index of the log is shared memory, and stays.
        if path
            .extension()
            .is_some_and(|kind| kind == "db" || kind == "db-wal")
        {
            let length = usize::try_from(path.metadata().unwrap().len()).unwrap();
            std::fs::write(path, vec![0xa5; length]).unwrap();
        }
    }
    let mut client = server.client();
    let tokens = server.tokens();
    let mut failed = BTreeSet::new();
    for n in 0..20 {
        let ann = tokens.consumer("PLANTED-ann");
        let admin = tokens.admin();
        let body = json!({"name": format!("{BODY} {n}"), "endsAt": "2099-01-01T00:00:00Z"});
        for (method, path, token, body) in [
            (Method::GET, "/v1/events".to_owned(), &admin, None),
            (Method::POST, "/v1/events".to_owned(), &admin, Some(&body)),
            (
                Method::POST,
                format!("/v1/coupons/{coupon}/issued-coupons"),
                &ann,
                None,
            ),
            (Method::GET, "/v1/issued-coupons".to_owned(), &ann, None),
        ] {
            let headers = [("idempotency-key", KEY)];
            let answer = client
                .send(method, &path, Some(token), &headers, body)
                .await
                .unwrap();
            if !answer.status.is_server_error() {
                continue;
            }
            let problem = answer.json();
            let id = answer.header("x-request-id").to_owned();
            match (answer.status.as_u16(), answer.code().as_str()) {
                (503, "STORE_UNAVAILABLE" | "OVERLOADED") => {
                    assert!(!answer.header("retry-after").is_empty(), "{answer:?}");
                }
                (500, "SERVER_ERROR") => assert_eq!(problem["traceId"], id.as_str(), "{answer:?}"),
                _ => panic!("{path}: {answer:?}"),
            }
            let text = problem.to_string().to_lowercase();
            for inside in ["sql", "database", "firstcome.db", "disk"] {
                assert!(!text.contains(inside), "{answer:?}");
            }
            failed.insert(id);
        }
    }
    assert!(!failed.is_empty(), "the store has not failed");
    let said = said(server);
    for id in failed {
        let lines = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let told = lines.filter(|line| line["request.id"] == id && line["level"] != "DEBUG");
        assert!(told.count() > 0, "{id} is not in the log");
    }
    assert!(!said.contains("PLANTED"), "a secret is in the log");
}
