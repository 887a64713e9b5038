//! Health, metrics and documentation: for anyone who reaches the port.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use domain::ports::StoreError;
use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use warp::reply::Response;

use super::reply;
use crate::{Api, Code, Failure, docs, filters::Call, models::ProblemReply};

/// How a node is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthReply {
    status: Health,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Health {
    Ok,
    /// All is answered, and exact, but the gate is away: the store is asked more.
    Degraded,
}

/// Is the process alive?
#[utoipa::path(get, path = "/health/live", tag = "Operations", responses((status = 200, body = HealthReply)))]
pub(crate) async fn live(_: Arc<Api>, _: Call) -> Result<Response, Failure> {
    reply::ok(&HealthReply { status: Health::Ok })
}

/// Can the node work: is the store reachable, and its schema right?
///
/// A gate that is away makes a node degraded, not unready: nothing but the store's load depends on it.
#[utoipa::path(
    get, path = "/health/ready", tag = "Operations",
    responses(
        (status = 200, body = HealthReply),
        (status = 503, description = "STORE_UNAVAILABLE", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn ready(api: Arc<Api>, _: Call) -> Result<Response, Failure> {
    api.ledger.ready().await.map_err(|error| match error {
        // A store of another version is no fault of this request: this node can't work, that is all.
        StoreError::Corrupt(why) => StoreError::Unavailable(why),
        other => other,
    })?;
    let status = match &api.gate {
        Some(gate) if !gate.is_there().await => Health::Degraded,
        _ => Health::Ok,
    };
    reply::ok(&HealthReply { status })
}

/// Metrics, as Prometheus text
#[utoipa::path(
    get, path = "/metrics", tag = "Operations",
    responses((status = 200, body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics(api: Arc<Api>, _: Call) -> Result<Response, Failure> {
    let text = (api.metrics)();
    Ok(reply::with_body(
        StatusCode::OK,
        "text/plain; version=0.0.4; charset=utf-8",
        text,
    ))
}

/// This document
#[utoipa::path(
    get, path = "/openapi.json", tag = "Operations",
    responses((status = 200, body = serde_json::Value)),
)]
pub(crate) async fn openapi(_: Arc<Api>, _: Call) -> Result<Response, Failure> {
    static DOCUMENT: LazyLock<Bytes> =
        LazyLock::new(|| crate::openapi().to_json().unwrap_or_default().into());
    Ok(reply::with_body(
        StatusCode::OK,
        "application/json",
        DOCUMENT.clone(),
    ))
}

/// This document, for people
#[utoipa::path(
    get, path = "/docs", tag = "Operations",
    responses((status = 200, body = String, content_type = "text/html")),
)]
pub(crate) async fn docs(_: Arc<Api>, _: Call) -> Result<Response, Failure> {
    docs::file("").ok_or(Code::RouteNotFound.into())
}

/// What the page of the documentation is made of
#[utoipa::path(
    get, path = "/docs/{file}", tag = "Operations",
    params(("file" = String, Path)),
    responses((status = 200, description = "the file")),
)]
pub(crate) async fn docs_file(_: Arc<Api>, call: Call) -> Result<Response, Failure> {
    docs::file(call.parameter()).ok_or(Code::RouteNotFound.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn two_replies_with_the_document_share_its_bytes() {
        let bytes = async || {
            let reply = openapi(crate::testing::api(), Call::of_anyone("/openapi.json"));
            let body = reply.await.unwrap().into_body();
            body.collect().await.unwrap().to_bytes()
        };
        // Both are there at the same time.
        let (one, other) = (bytes().await, bytes().await);
        assert!(one.starts_with(b"{\"openapi\":\"3.1"));
        assert_eq!(one.as_ptr_range(), other.as_ptr_range());
    }
}
