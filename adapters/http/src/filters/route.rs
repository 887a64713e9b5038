//! A route: a method and a path, who may call it, and its handler.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use domain::ports::StoreError;
use futures_util::{FutureExt, future::ready};
use hyper::{HeaderMap, Method, header::AUTHORIZATION};
use warp::{Filter, filters::BoxedFilter, path::FullPath, reply::Response};

use super::{
    body::{self, Body},
    call::Call,
    observed::Observed,
    prefer::{self, Wait, Waiting},
};
use crate::{Api, Caller, Code, Failure, Problem, Role};

/// How long a handler may take, beside the time that its caller wants to wait. After that its write
/// may have happened.
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

/// What a route works with, its method and path, who may call it, and what it does with a body.
type On = (Arc<Api>, Method, &'static str, Access, Body);

/// A route whose requests are answered by `handler`, once the caller is known and allowed and the
/// body is read.
pub(crate) fn route<H, F>(on: On, handler: H) -> Route
where
    H: Fn(Arc<Api>, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Failure>> + Send + 'static,
{
    routed(on, Waiting::Unasked, handler)
}

/// A route whose callers may say how long they wait, by `Prefer: wait=N`.
pub(crate) fn waiting_route<H, F>(on: On, handler: H) -> Route
where
    H: Fn(Arc<Api>, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Failure>> + Send + 'static,
{
    routed(on, Waiting::AsPreferred, handler)
}

fn routed<H, F>((api, method, path, access, body): On, waiting: Waiting, handler: H) -> Route
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
                    let mut applied = None;
                    let answer = async {
                        let caller = admit(&api, &headers, access)?;
                        let wanted = body;
                        let body = body::read(stream, &headers, wanted).await?;
                        unread &= wanted == Body::Ignored;
                        let path = full.as_str().to_owned();
                        let wait = match waiting {
                            Waiting::Unasked => None,
                            Waiting::AsPreferred => Wait::preferred(&headers),
                        };
                        applied = wait.and_then(Wait::applied);
                        let wait = wait.map(Wait::duration);
                        let call = Call {
                            caller,
                            method,
                            path,
                            parameter,
                            query,
                            headers,
                            body,
                            wait,
                        };
                        in_time(PATIENCE + wait.unwrap_or_default(), handler(api, call)).await
                    };
                    let answer = answer.await;
                    let mut response = request.end(answer);
                    if let Some(applied) = applied {
                        response.headers_mut().insert(prefer::APPLIED, applied);
                    }
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

/// What the handler answers: a store that hangs must not keep the caller for ever. What is answered
/// from memory needs no timer.
async fn in_time(
    patience: Duration,
    handler: impl Future<Output = Result<Response, Failure>>,
) -> Result<Response, Failure> {
    let mut handler = pin!(handler);
    if let Some(answer) = handler.as_mut().now_or_never() {
        return answer;
    }
    tokio::time::timeout(patience, handler)
        .await
        .unwrap_or_else(|late| Err(StoreError::unknown(late).into()))
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
    use crate::testing::{api, ask};
    use http_body_util::BodyExt;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use rstest::rstest;

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_hangs_is_answered_for_after_ten_seconds() {
        let on = (api(), Method::GET, "/hangs", Access::Anyone, Body::Ignored);
        let hangs = route(on, |_, _| std::future::pending());
        let service = TowerToHyperService::new(warp::service(hangs.filter));
        let request = hyper::Request::get("/hangs").body(String::new()).unwrap();
        let asked = tokio::time::Instant::now();
        let answer = service.call(request).await.unwrap();
        assert_eq!(asked.elapsed(), PATIENCE);
        assert_eq!(PATIENCE, Duration::from_secs(10));
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers()["retry-after"], "1");
        let problem = answer.into_body().collect().await.unwrap().to_bytes();
        let problem: serde_json::Value = serde_json::from_slice(&problem).unwrap();
        assert_eq!(problem["code"], "STORE_UNAVAILABLE");
    }

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

    /// The answer's status when a handler takes so many seconds.
    async fn status_after(seconds: u64, waiting: Waiting, prefer: &str) -> u16 {
        let on = (
            api(),
            Method::GET,
            "/slow",
            Access::Roles(&Role::ALL),
            Body::Ignored,
        );
        let slow = routed(on, waiting, move |_, _| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(Response::default())
        });
        let headers = [("prefer", prefer)];
        let admin = ("root", Role::Admin);
        let answer = ask(&slow.filter, admin, (Method::GET, "/slow"), &headers, None);
        answer.await.status
    }

    #[rstest]
    #[case::in_time(9, Waiting::Unasked, "wait=10", 200)]
    #[case::too_late(11, Waiting::Unasked, "wait=10", 503)]
    #[case::not_longer_than_it_takes_anyway(11, Waiting::AsPreferred, "wait=0", 503)]
    #[case::as_long_as_preferred(19, Waiting::AsPreferred, "wait=10", 200)]
    #[case::no_longer(21, Waiting::AsPreferred, "wait=10", 503)]
    #[tokio::test(start_paused = true)]
    async fn an_answer_has_its_time_and_that_which_its_caller_wants_to_wait(
        #[case] seconds: u64,
        #[case] waiting: Waiting,
        #[case] prefer: &str,
        #[case] status: u16,
    ) {
        assert_eq!(status_after(seconds, waiting, prefer).await, status);
    }
}
