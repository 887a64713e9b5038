//! Who may do what: every documented route × every kind of token × every owner, and which refusal
//! comes first when several would be right.

mod owners;
mod precedence;
mod roles;
mod tokens;

use firstcome_tests::over_http::{Answer, Client};
use http_body_util::Full;
use hyper::{
    Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use serde_json::Value;

/// A documented route.
struct Route {
    method: Method,
    /// As documented.
    path: String,
    /// A path of that form.
    target: String,
    /// Who may call it; nobody in particular: anyone.
    roles: Vec<String>,
}

/// Every route of the document that is served.
async fn routes(client: &mut Client) -> Vec<Route> {
    let document = ask(client, &Method::GET, "/openapi.json", &[]).await.json();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let roles = operation["x-roles"].as_array().cloned().unwrap_or_default();
            routes.push(Route {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                target: target(path),
                roles: roles
                    .iter()
                    .map(|role| role.as_str().unwrap().to_owned())
                    .collect(),
            });
        }
    }
    assert!(routes.len() >= 20, "{}", routes.len());
    routes
}

fn target(path: &str) -> String {
    let Some((before, rest)) = path.split_once('{') else {
        return path.to_owned();
    };
    let (name, after) = rest.split_once('}').unwrap();
    let value = match name {
        "file" => "index.html",
        _ => "01920000-0000-7000-8000-000000000001",
    };
    format!("{before}{value}{after}")
}

/// Asks with these `Authorization` headers, as they are. There is no body, but one is announced to be
/// JSON.
async fn ask(
    client: &mut Client,
    method: &Method,
    target: &str,
    authorization: &[String],
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header(HOST, "test")
        .header(CONTENT_TYPE, "application/json");
    for value in authorization {
        request = request.header(AUTHORIZATION, value);
    }
    let request = request.body(Full::default()).unwrap();
    client.exchange(request).await.unwrap()
}

/// A refusal with this code, that looks like one.
#[track_caller]
fn assert_refused(what: &str, answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(
        (answer.status.as_u16(), answer.code().as_str()),
        (status, code),
        "{what}: {answer:?}"
    );
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{what}"
    );
    answer.json()
}
