//! A route: a method and a path, who may call it, and its handler.

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::future::ready;
use hyper::{HeaderMap, Method, header::AUTHORIZATION};
use warp::{Filter, filters::BoxedFilter, path::FullPath, reply::Response};

use super::{
    body::{self, Body},
    call::Call,
    observed::Observed,
};
use crate::{Api, Caller, Code, Failure, Problem, Role};

/// How long a handler may take. After that its write may have happened.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone, also without a token.
    Anyone,
    /// Callers whose token has one of these roles.
    Roles(&'static [Role]),
}

/// A route. See the module's header.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With the name of its parameter in braces; at most one.
    pub(crate) path: &'static str,
    /// Only read by the test that holds it against the documentation.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for a test; the filter has its own copy")
    )]
    pub(crate) access: Access,
    pub(crate) filter: BoxedFilter<(Response,)>,
}

/// A route whose requests are answered by `handler`, once the caller is known and allowed and the
/// body is read.
pub(crate) fn route<H, F>(
    (api, method, path, access, body): (Arc<Api>, Method, &'static str, Access, Body),
    handler: H,
) -> Route
where
    H: Fn(Arc<Api>, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Failure>> + Send + 'static,
{
    let observed = Arc::new(Observed::new(method.as_str(), path));
    let this = method.clone();
    let matched = warp::path::full()
        .and(warp::method())
        .and_then(move |full: FullPath, method| {
            let parameter = if this == method {
                parameter(path, full.as_str())
            } else {
                None
            };
            ready(match parameter {
                Some(parameter) => Ok((full, parameter)),
                None => Err(warp::reject::not_found()),
            })
        });
    let this = method.clone();
    let no_query = warp::any().map(String::new);
    // Where none is read, none is looked for: the hottest route would pay for not finding it.
    let query = match method {
        Method::GET => warp::query::raw().or(no_query).unify().boxed(),
        _ => no_query.boxed(),
    };
    let filter = matched
        .and(query)
        .and(warp::header::headers_cloned())
        .and(warp::body::stream())
        .then(
            move |(full, parameter): (FullPath, String), query, headers: HeaderMap, stream| {
                let (api, handler, method) = (Arc::clone(&api), handler.clone(), this.clone());
                let observed = Arc::clone(&observed);
                async move {
                    let request = observed.begin(&api, &headers);
                    let mut unread = body::is_there(&headers);
                    let answer = async {
                        let caller = admit(&api, &headers, access)?;
                        let wanted = body;
                        let body = body::read(stream, &headers, wanted).await?;
                        unread &= wanted == Body::Ignored;
                        let path = full.as_str().to_owned();
                        let call = Call {
                            caller,
                            method,
                            path,
                            parameter,
                            query,
                            headers,
                            body,
                        };
                        // A store that hangs must not keep the caller for ever.
                        tokio::time::timeout(PATIENCE, handler(api, call))
                            .await
                            .unwrap_or_else(|_| Err(Code::StoreUnavailable.into()))
                    };
                    let answer = answer.await;
                    let mut response = request.end(answer);
                    if unread {
                        body::left_unread(&mut response);
                    }
                    response
                }
            },
        )
        .boxed();
    Route {
        method,
        path,
        access,
        filter,
    }
}

/// The caller, if it may call: 401 before 403.
fn admit(api: &Api, headers: &HeaderMap, access: Access) -> Result<Option<Caller>, Failure> {
    let Access::Roles(roles) = access else {
        return Ok(None);
    };
    let unauthenticated = || Failure::from(Code::Unauthenticated);
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (given.next(), given.next()) else {
        return Err(unauthenticated());
    };
    let token = header
        .to_str()
        .ok()
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim_start_matches(' '))
        .ok_or_else(unauthenticated)?;
    let caller = api.tokens.verify(token, api.clock.now()).map_err(|why| {
        Problem::new(Code::Unauthenticated).detail(format!("The token is refused: {why}."))
    })?;
    if roles.contains(&caller.role) {
        Ok(Some(caller))
    } else {
        Err(Code::NoPermission.into())
    }
}

/// The parameter of `path` as it stands in `full`, empty for a path without one; nothing when the
/// two don't match. A path has at most one parameter.
pub(super) fn parameter(path: &str, full: &str) -> Option<String> {
    let Some((before, rest)) = path.split_once('{') else {
        return (path == full).then(String::new);
    };
    let (_, after) = rest.split_once('}')?;
    let parameter = full.strip_prefix(before)?.strip_suffix(after)?;
    (!parameter.contains('/')).then(|| parameter.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/v1/events", "/v1/events", Some(""))]
    #[case("/v1/events", "/v1/events/", None)]
    #[case("/v1/events/{id}", "/v1/events/7", Some("7"))]
    #[case("/v1/events/{id}", "/v1/events/", Some(""))]
    #[case("/v1/events/{id}", "/v1/events", None)]
    #[case("/v1/events/{id}", "/v1/events/7/audit", None)]
    #[case("/v1/coupons/{id}/audit", "/v1/coupons/7/audit", Some("7"))]
    #[case("/v1/coupons/{id}/audit", "/v1/coupons/7/8/audit", None)]
    #[case("/v1/coupons/{id}/audit", "/v1/coupons/audit", None)]
    fn a_path_matches_whole_with_one_segment_as_its_parameter(
        #[case] path: &str,
        #[case] full: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(parameter(path, full).as_deref(), expected);
    }
}
