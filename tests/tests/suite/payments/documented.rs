//! The examples of `docs/payments.md`, in their order, put to the tests' provider.

use firstcome_tests::{over_http::Client, provider::Provider};
use hyper::Method;
use serde_json::Value;

const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/payments.md"));

struct Example {
    method: Method,
    path: String,
    body: Option<Value>,
    status: u16,
    reply: Value,
}

/// A block is `METHOD PATH`, perhaps a body, a status, and the reply, with empty lines between.
fn example(block: &str) -> Example {
    let (block, _) = block.split_once("```").unwrap();
    let parts: Vec<_> = block.trim().split("\n\n").collect();
    let json = |text: &str| serde_json::from_str(text).unwrap();
    let (request, body, status, reply) = match parts[..] {
        [request, body, status, reply] => (request, Some(json(body)), status, reply),
        [request, status, reply] => (request, None, status, reply),
        _ => panic!("{block}"),
    };
    let (method, path) = request.split_once(' ').unwrap();
    Example {
        method: method.parse().unwrap(),
        path: path.to_owned(),
        body,
        status: status.parse().unwrap(),
        reply: json(reply),
    }
}

#[tokio::test]
async fn the_examples_are_what_a_provider_answers() {
    let provider = Provider::start();
    let mut client = Client::new(provider.address());
    let examples: Vec<_> = DOCUMENT.split("```http\n").skip(1).map(example).collect();
    assert!(examples.len() >= 10, "where are they?");
    for example in examples {
        let Example { method, path, .. } = example;
        let body = example.body.as_ref();
        let answer = client.send(method, &path, None, &[], body).await.unwrap();
        assert_eq!(answer.status, example.status, "{path}: {body:?}");
        assert_eq!(answer.json(), example.reply, "{path}: {body:?}");
    }
}
