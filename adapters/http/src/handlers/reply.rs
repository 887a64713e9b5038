//! Replies that are not refusals.

use application::Created;
use domain::Timestamp;
use hyper::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderValue, LOCATION},
};
use serde::Serialize;
use warp::reply::Response;

use crate::{Code, Failure};

/// 200 with a JSON body.
pub(super) fn ok(body: &impl Serialize) -> Result<Response, Failure> {
    json(StatusCode::OK, body)
}

/// A JSON body under this status.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Failure> {
    let body = serde_json::to_vec(body).map_err(|_| Failure::from(Code::ServerError))?;
    Ok(with_body(status, "application/json", body))
}

/// A body of this type under this status.
pub(super) fn with_body(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<bytes::Bytes>,
) -> Response {
    let mut response = Response::new(body.into().into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// What is kept of a creation's answer: where the new thing is, and how it looks; the first line and
/// the rest.
pub(super) fn creation(location: &str, body: &impl Serialize) -> Vec<u8> {
    let mut kept = format!("{location}\n").into_bytes();
    // A reply is made of texts and numbers under fixed names: it always serialises.
    kept.extend(serde_json::to_vec(body).unwrap_or_default());
    kept
}

/// 201 with its location: the answer to a creation, the first time and every time after.
pub(super) fn created<T>(
    created: Created<T>,
    answer: fn(&T, Timestamp) -> Vec<u8>,
) -> Result<Response, Failure> {
    let kept = match created {
        Created::Now(value, now) => answer(&value, now),
        Created::Before(kept) => kept,
    };
    let broken = || Failure::from(Code::ServerError);
    let end = kept
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(broken)?;
    let (location, body) = kept.split_at_checked(end).ok_or_else(broken)?;
    let location = HeaderValue::from_bytes(location).map_err(|_| broken())?;
    let body = body.trim_ascii_start().to_vec();
    let mut response = with_body(StatusCode::CREATED, "application/json", body);
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
