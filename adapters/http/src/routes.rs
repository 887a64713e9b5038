//! Which routes there are, in which order they are tried, and who may call them.

use std::sync::Arc;

use hyper::Method;
use warp::{Filter, filters::BoxedFilter, reply::Response};

use crate::{
    Api, Role,
    filters::{Access, Body, Route, fallback, route},
    handlers::{coupons, discount_policies, events, issued_coupons, operations},
};

const ADMIN: Access = Access::Roles(&[Role::Admin]);
const CONSUMER: Access = Access::Roles(&[Role::Consumer]);
const ANY_ROLE: Access = Access::Roles(&Role::ALL);
const WHO_HAS_COPIES: Access = Access::Roles(&[Role::Consumer, Role::Service, Role::Admin]);

/// Every route, in the order in which they are tried: the hottest first, because each route that is
/// tried in vain costs.
pub(crate) fn routes(api: &Arc<Api>) -> Vec<Route> {
    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let none = Body::Ignored;
    let on =
        |method: &Method, path, access, body| (Arc::clone(api), method.clone(), path, access, body);
    vec![
        route(
            on(
                &post,
                "/v1/coupons/{couponId}/issued-coupons",
                CONSUMER,
                Body::Empty,
            ),
            issued_coupons::issue,
        ),
        route(
            on(
                &get,
                "/v1/issued-coupons/{issuedCouponId}",
                WHO_HAS_COPIES,
                none,
            ),
            issued_coupons::one,
        ),
        route(
            on(&get, "/v1/issued-coupons", WHO_HAS_COPIES, none),
            issued_coupons::list,
        ),
        route(
            on(&get, "/v1/coupons/{couponId}", ANY_ROLE, none),
            coupons::one,
        ),
        route(on(&get, "/v1/coupons", ANY_ROLE, none), coupons::list),
        route(on(&post, "/v1/coupons", ADMIN, Body::Json), coupons::create),
        route(
            on(&patch, "/v1/coupons/{couponId}", ADMIN, Body::Json),
            coupons::change,
        ),
        route(
            on(&get, "/v1/coupons/{couponId}/audit", ADMIN, none),
            coupons::audit,
        ),
        route(
            on(&get, "/v1/events/{eventId}", ANY_ROLE, none),
            events::one,
        ),
        route(on(&get, "/v1/events", ANY_ROLE, none), events::list),
        route(on(&post, "/v1/events", ADMIN, Body::Json), events::create),
        route(
            on(
                &get,
                "/v1/discount-policies/{discountPolicyId}",
                ANY_ROLE,
                none,
            ),
            discount_policies::one,
        ),
        route(
            on(&get, "/v1/discount-policies", ANY_ROLE, none),
            discount_policies::list,
        ),
        route(
            on(&post, "/v1/discount-policies", ADMIN, Body::Json),
            discount_policies::create,
        ),
        route(
            on(&get, "/health/live", Access::Anyone, none),
            operations::live,
        ),
        route(
            on(&get, "/health/ready", Access::Anyone, none),
            operations::ready,
        ),
        route(
            on(&get, "/metrics", Access::Anyone, none),
            operations::metrics,
        ),
        route(
            on(&get, "/openapi.json", Access::Anyone, none),
            operations::openapi,
        ),
        route(on(&get, "/docs", Access::Anyone, none), operations::docs),
        route(
            on(&get, "/docs/{file}", Access::Anyone, none),
            operations::docs_file,
        ),
    ]
}

/// The whole API as one filter, to be served.
#[must_use]
pub fn api_filter(api: Arc<Api>) -> BoxedFilter<(Response,)> {
    let routes = routes(&api);
    let last = fallback(&api, &routes);
    routes
        .into_iter()
        .rev()
        .fold(last, |later, route| route.filter.or(later).unify().boxed())
}

#[cfg(test)]
mod tests;
