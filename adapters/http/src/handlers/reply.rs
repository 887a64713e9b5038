//! Replies that are not refusals.

use application::Written;
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

/// What is kept of an answer that is a JSON body under a status which never differs.
pub(super) fn kept(body: &impl Serialize) -> Vec<u8> {
    // A reply is made of texts and numbers under fixed names: it always serialises.
    serde_json::to_vec(body).unwrap_or_default()
}

/// The answer to a write, the first time and every time after.
pub(super) fn written<T>(
    status: StatusCode,
    written: Written<T>,
    answer: fn(&T, Timestamp) -> Vec<u8>,
) -> Response {
    let kept = match written {
        Written::Now(value, now) => answer(&value, now),
        Written::Before(kept) => kept,
    };
    with_body(status, "application/json", kept)
}

/// What is kept of a creation's answer: where the new thing is, and how it looks; the first line and
/// the rest. Without a location it was no creation after all: the thing was there.
pub(super) fn creation(location: &str, body: &impl Serialize) -> Vec<u8> {
    let mut creation = format!("{location}\n").into_bytes();
    creation.extend(kept(body));
    creation
}

/// 201 with its location, or 200 without one: the answer to a creation, the first time and every
/// time after.
pub(super) fn created<T>(
    created: Written<T>,
    answer: fn(&T, Timestamp) -> Vec<u8>,
) -> Result<Response, Failure> {
    let kept = match created {
        Written::Now(value, now) => answer(&value, now),
        Written::Before(kept) => kept,
    };
    let broken = || Failure::from(Code::ServerError);
    let end = kept
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or_else(broken)?;
    let (location, body) = kept.split_at_checked(end).ok_or_else(broken)?;
    let body = body.trim_ascii_start().to_vec();
    if location.is_empty() {
        return Ok(with_body(StatusCode::OK, "application/json", body));
    }
    let location = HeaderValue::from_bytes(location).map_err(|_| broken())?;
    let mut response = with_body(StatusCode::CREATED, "application/json", body);
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// An answer that says where the thing is which it is about.
pub(super) fn located(mut response: Response, location: &str) -> Result<Response, Failure> {
    let location = HeaderValue::try_from(location);
    let location = location.map_err(|_| Failure::from(Code::ServerError))?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    fn answer(location: &&'static str, _: Timestamp) -> Vec<u8> {
        creation(location, &["a"])
    }

    #[tokio::test]
    async fn a_creation_is_answered_again_as_it_was_answered_first() {
        let now = Timestamp::from_micros(0);
        for (location, status) in [("/v1/x/1", 201), ("", 200)] {
            let kept = answer(&location, now);
            for written in [Written::Now(location, now), Written::Before(kept)] {
                let response = created(written, answer).unwrap();
                assert_eq!(response.status(), status);
                let found = response.headers().get(LOCATION);
                assert_eq!(found.map_or("", |found| found.to_str().unwrap()), location);
                let body = response.into_body().collect().await.unwrap();
                assert_eq!(body.to_bytes(), r#"["a"]"#);
            }
        }
    }
}
