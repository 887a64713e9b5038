//! A route: a method and a path, who may call it, and its handler.

use std::{future::Future, ops::Range, pin::pin, sync::Arc, time::Duration};

use bytes::Buf;
use domain::ports::StoreError;
use futures_util::{FutureExt, Stream, future::BoxFuture};
use hyper::{HeaderMap, Method, header::AUTHORIZATION};
use warp::reply::Response;

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

/// What a route does once its caller is known and allowed, and its body is read.
type Handler =
    Box<dyn Fn(Arc<Api>, Call) -> BoxFuture<'static, Result<Response, Failure>> + Send + Sync>;

/// A route. See the module's header.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// With the name of its parameter in braces; at most one.
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    body: Body,
    waiting: Waiting,
    handler: Handler,
    observed: Observed,
}

/// A request as it comes, with what is left of it to be read.
pub(super) struct Asked<S> {
    pub(super) path: String,
    /// Where in the path the route's parameter stands.
    pub(super) parameter: Range<usize>,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: S,
}

impl Route {
    /// A GET, whose body is not looked at.
    pub(crate) fn get<H, F>(path: &'static str, access: Access, handler: H) -> Self
    where
        H: Fn(Arc<Api>, Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Failure>> + Send + 'static,
    {
        Self::of(Method::GET, path, access, Body::Ignored, handler)
    }

    /// A POST.
    pub(crate) fn post<H, F>(path: &'static str, access: Access, body: Body, handler: H) -> Self
    where
        H: Fn(Arc<Api>, Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Failure>> + Send + 'static,
    {
        Self::of(Method::POST, path, access, body, handler)
    }

    /// A PATCH.
    pub(crate) fn patch<H, F>(path: &'static str, access: Access, body: Body, handler: H) -> Self
    where
        H: Fn(Arc<Api>, Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Failure>> + Send + 'static,
    {
        Self::of(Method::PATCH, path, access, body, handler)
    }

    fn of<H, F>(method: Method, path: &'static str, access: Access, body: Body, handler: H) -> Self
    where
        H: Fn(Arc<Api>, Call) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Failure>> + Send + 'static,
    {
        Self {
            observed: Observed::new(method.as_str(), path),
            method,
            path,
            access,
            body,
            waiting: Waiting::Unasked,
            handler: Box::new(move |api, call| handler(api, call).boxed()),
        }
    }

    /// The same route, whose callers may say how long they wait, by `Prefer: wait=N`.
    pub(crate) fn waiting(self) -> Self {
        Self {
            waiting: Waiting::AsPreferred,
            ..self
        }
    }

    /// Where this route's parameter stands in such a path; nothing when it is not this route's.
    pub(super) fn takes(&self, path: &str) -> Option<Range<usize>> {
        parameter(self.path, path)
    }

    /// The reply, whatever is asked.
    pub(super) async fn reply<S, B>(&self, api: &Arc<Api>, asked: Asked<S>) -> Response
    where
        S: Stream<Item = Result<B, warp::Error>>,
        B: Buf,
    {
        let request = self.observed.begin(api, &asked.headers);
        let mut unread = body::is_there(&asked.headers);
        let mut applied = None;
        let answer = async {
            let caller = admit(api, &asked.headers, self.access)?;
            let body = body::read(asked.body, &asked.headers, self.body).await?;
            unread &= self.body == Body::Ignored;
            let wait = match self.waiting {
                Waiting::Unasked => None,
                Waiting::AsPreferred => Wait::preferred(&asked.headers),
            };
            applied = wait.and_then(Wait::applied);
            let wait = wait.map(Wait::duration);
            let call = Call {
                caller,
                method: self.method.clone(),
                path: asked.path,
                parameter: asked.parameter,
                query: asked.query,
                headers: asked.headers,
                body,
                wait,
            };
            let handled = (self.handler)(Arc::clone(api), call);
            in_time(PATIENCE + wait.unwrap_or_default(), handled).await
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

/// Where in `full` the parameter of `path` stands, empty for a path without one; nothing when the two
/// don't match. A path has at most one parameter.
fn parameter(path: &str, full: &str) -> Option<Range<usize>> {
    let Some((before, rest)) = path.split_once('{') else {
        return (path == full).then_some(0..0);
    };
    let (_, after) = rest.split_once('}')?;
    let parameter = full.strip_prefix(before)?.strip_suffix(after)?;
    (!parameter.contains('/')).then(|| before.len()..before.len() + parameter.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        filters::Table,
        testing::{api, ask},
    };
    use http_body_util::BodyExt;
    use hyper::service::Service;
    use hyper_util::service::TowerToHyperService;
    use rstest::rstest;

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_hangs_is_answered_for_after_ten_seconds() {
        let hangs = Route::get("/hangs", Access::Anyone, |_, _| std::future::pending());
        let hangs = Table::new(api(), vec![hangs]).filter();
        let service = TowerToHyperService::new(warp::service(hangs));
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
        let parameter = parameter(path, full).map(|parameter| &full[parameter]);
        assert_eq!(parameter, expected);
    }

    /// The answer's status when a handler takes so many seconds.
    async fn status_after(seconds: u64, waiting: Waiting, prefer: &str) -> u16 {
        let mut slow = Route::get("/slow", Access::Roles(&Role::ALL), move |_, _| async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            Ok(Response::default())
        });
        slow.waiting = waiting;
        let slow = Table::new(api(), vec![slow]).filter();
        let headers = [("prefer", prefer)];
        let admin = ("root", Role::Admin);
        let answer = ask(&slow, admin, (Method::GET, "/slow"), &headers, None);
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
