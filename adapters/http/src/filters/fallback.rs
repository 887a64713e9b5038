//! What no route takes: an unknown path, or a known one with another method.

use std::sync::Arc;

use hyper::{HeaderMap, Method, header::HeaderValue};
use warp::{Filter, filters::BoxedFilter, path::FullPath, reply::Response};

use super::{
    body,
    observed::Observed,
    route::{Route, parameter},
};
use crate::{Api, Code, Problem};

/// Replies 404 or 405 to what no route has taken.
pub(crate) fn fallback(api: &Arc<Api>, routes: &[Route]) -> BoxedFilter<(Response,)> {
    let api = Arc::clone(api);
    let known: Vec<(Method, &'static str)> = routes
        .iter()
        .map(|route| (route.method.clone(), route.path))
        .collect();
    let observed = Arc::new(Observed::new("any", "none"));
    warp::path::full()
        .and(warp::header::headers_cloned())
        .map(move |full: FullPath, headers: HeaderMap| {
            let request = observed.begin(&api, &headers);
            let allowed: Vec<&str> = known
                .iter()
                .filter(|(_, path)| parameter(path, full.as_str()).is_some())
                .map(|(method, _)| method.as_str())
                .collect();
            let problem = match HeaderValue::try_from(allowed.join(", ")) {
                Ok(allow) if !allow.is_empty() => Problem::new(Code::MethodNotAllowed).allow(allow),
                _ => Problem::new(Code::RouteNotFound),
            };
            let mut response = request.end(Err(problem.into()));
            if body::is_there(&headers) {
                body::left_unread(&mut response);
            }
            response
        })
        .boxed()
}
