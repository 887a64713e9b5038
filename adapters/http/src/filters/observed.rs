//! What is seen of every request: its id in and out, its metrics, and what went wrong in the log.
//!
//! Never in the log: a header, a query, a body. A token or a key would be there.

use std::{error::Error, time::Instant};

use hyper::{HeaderMap, StatusCode, header::HeaderValue};
use metrics::{Counter, Histogram};
use parking_lot::RwLock;
use tracing::{debug, error, warn};
use uuid::Uuid;
use warp::{Reply, reply::Response};

use crate::{Api, Code, Failure};

const REQUEST_ID: &str = "x-request-id";

/// What the answers of a route are counted by.
type Answer = (StatusCode, Option<Code>);

/// A route's metrics.
pub(super) struct Observed {
    method: String,
    route: &'static str,
    seconds: Histogram,
    /// A handful: to look through them is quicker than to hash.
    answers: RwLock<Vec<(Answer, Counter)>>,
}

impl Observed {
    pub(super) fn new(method: &str, route: &'static str) -> Self {
        let method = method.to_owned();
        let seconds = metrics::histogram!(
            "firstcome_http_request_seconds", "method" => method.clone(), "route" => route
        );
        Self {
            method,
            route,
            seconds,
            answers: RwLock::default(),
        }
    }

    pub(super) fn begin(&self, api: &Api, headers: &HeaderMap) -> Request<'_> {
        let id = headers
            .get(REQUEST_ID)
            .filter(|id| is_request_id(id.as_bytes()))
            .cloned();
        let id = id.or_else(|| {
            let mut text = Uuid::encode_buffer();
            let text = api.ids.next_id().as_hyphenated().encode_lower(&mut text);
            HeaderValue::from_str(text).ok()
        });
        Request {
            observed: self,
            id,
            began: Instant::now(),
        }
    }

    fn count(&self, status: StatusCode, code: Option<Code>) {
        let answer = (status, code);
        let of_answer = |(known, _): &&(_, Counter)| *known == answer;
        if let Some((_, counter)) = self.answers.read().iter().find(of_answer) {
            counter.increment(1);
            return;
        }
        let counter = metrics::counter!(
            "firstcome_http_requests_total",
            "method" => self.method.clone(),
            "route" => self.route,
            "status" => status.as_str().to_owned(),
            "code" => code.map_or("", Code::as_str),
        );
        counter.increment(1);
        self.answers.write().push((answer, counter));
    }
}

/// A request under way.
pub(super) struct Request<'a> {
    observed: &'a Observed,
    id: Option<HeaderValue>,
    began: Instant,
}

impl Request<'_> {
    /// The reply, seen.
    pub(super) fn end(self, answer: Result<Response, Failure>) -> Response {
        let (mut response, code) = match answer {
            Ok(response) => (response, None),
            Err(failure) => {
                let id = self.id();
                if let Failure::Store(error) = &failure {
                    warn!(
                        request.id = id, http.route = self.observed.route, %error,
                        cause = error.source().map(tracing::field::display),
                        "the store did not answer"
                    );
                }
                let problem = failure.problem(id);
                if problem.code() == Code::ServerError {
                    error!(
                        request.id = id,
                        http.route = self.observed.route,
                        "server error"
                    );
                }
                let code = problem.code();
                (problem.into_response(), Some(code))
            }
        };
        let elapsed = self.began.elapsed();
        self.observed.seconds.record(elapsed);
        self.observed.count(response.status(), code);
        debug!(
            request.id = self.id(),
            http.method = self.observed.method,
            http.route = self.observed.route,
            http.status = response.status().as_u16(),
            elapsed.us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "answered"
        );
        if let Some(id) = self.id {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }

    fn id(&self) -> &str {
        self.id
            .as_ref()
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
    }
}

/// An id from outside is taken over when it is harmless in a log.
fn is_request_id(id: &[u8]) -> bool {
    (1..=128).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte))
}
