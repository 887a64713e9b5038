//! All routes together: which of them a request is for, and what is said when it is for none, because
//! of an unknown path or a known one with another method.
//!
//! One filter, not one for each route in a chain: a request would pass through the boxes of all that
//! come before its own.

use std::{convert::Infallible, sync::Arc};

use bytes::Buf;
use futures_util::{FutureExt, Stream, future::ready};
use hyper::{HeaderMap, Method, header::HeaderValue};
use warp::{Filter, Rejection, path::FullPath, reply::Response};

use super::{
    body::{is_there, left_unread},
    observed::Observed,
    route::{Asked, Route},
};
use crate::{Api, Code, Problem};

/// See the module's header.
pub(crate) struct Table {
    api: Arc<Api>,
    /// In the order in which they are tried.
    routes: Vec<Route>,
    /// What no route takes.
    unrouted: Observed,
}

impl Table {
    pub(crate) fn new(api: Arc<Api>, routes: Vec<Route>) -> Self {
        Self {
            api,
            routes,
            unrouted: Observed::new("any", "none"),
        }
    }

    /// Replies to every request; it rejects none.
    pub(crate) fn filter(
        self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
        let this = Arc::new(self);
        warp::method()
            .and(warp::path::full())
            .and(query())
            .and(warp::header::headers_cloned())
            .and(warp::body::stream())
            .then(move |method, path, query, headers, body| {
                let this = Arc::clone(&this);
                // In a box: a connection keeps room for a whole future for as long as it is open.
                async move { this.reply(method, &path, query, headers, body).await }.boxed()
            })
    }

    async fn reply<S, B>(
        &self,
        method: Method,
        path: &FullPath,
        query: String,
        headers: HeaderMap,
        body: S,
    ) -> Response
    where
        S: Stream<Item = Result<B, warp::Error>>,
        B: Buf,
    {
        let path = path.as_str();
        let mut of_method = self.routes.iter().filter(|route| route.method == method);
        let found = of_method.find_map(|route| Some((route, route.takes(path)?)));
        let Some((route, parameter)) = found else {
            return self.refused(path, &headers);
        };
        let path = path.to_owned();
        let asked = Asked {
            path,
            parameter,
            query,
            headers,
            body,
        };
        route.reply(&self.api, asked).await
    }

    /// 404 or 405.
    fn refused(&self, path: &str, headers: &HeaderMap) -> Response {
        let request = self.unrouted.begin(&self.api, headers);
        let of_path = self
            .routes
            .iter()
            .filter(|route| route.takes(path).is_some());
        let allowed: Vec<&str> = of_path.map(|route| route.method.as_str()).collect();
        let problem = match HeaderValue::try_from(allowed.join(", ")) {
            Ok(allow) if !allow.is_empty() => Problem::new(Code::MethodNotAllowed).allow(allow),
            _ => Problem::new(Code::RouteNotFound),
        };
        let mut response = request.end(Err(problem.into()));
        if is_there(headers) {
            left_unread(&mut response);
        }
        response
    }
}

/// The query as it stands; empty where there is none, and where none is read. There none is looked for
/// either: the hottest route would pay for not finding it.
fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone + Send + Sync + 'static {
    let unread = warp::method().and_then(|method| {
        ready(match method {
            Method::GET => Err(warp::reject::not_found()),
            _ => Ok(String::new()),
        })
    });
    let none = warp::any().map(String::new);
    unread.or(warp::query::raw()).unify().or(none).unify()
}
