//! Which routes there are, in which order they are tried, and who may call them.

use std::sync::Arc;

use hyper::Method;
use warp::{Filter, filters::BoxedFilter, reply::Response};

use crate::{
    Api, Role,
    filters::{Access, Body, Route, fallback, route, waiting_route},
    handlers::{
        coupons, discount_policies, events, holds, issued_coupons, operations, order_changes,
        orders, products, sagas, wallets,
    },
};

const ADMIN: Access = Access::Roles(&[Role::Admin]);
const ANY_ROLE: Access = Access::Roles(&Role::ALL);
const CONSUMER: Access = Access::Roles(&[Role::Consumer]);
const SELLER: Access = Access::Roles(&[Role::Seller]);
const SHOP: Access = Access::Roles(&[Role::Service, Role::Admin]);
const WHO_HAS_COPIES: Access = Access::Roles(&[Role::Consumer, Role::Service, Role::Admin]);
const WHO_SEES_ORDERS: Access = Access::Roles(&[Role::Consumer, Role::Admin]);

/// Every route, in the order in which they are tried: the hottest first, because each route that is
/// tried in vain costs.
pub(crate) fn routes(api: &Arc<Api>) -> Vec<Route> {
    let mut routes = hot(api);
    routes.extend(purchases(api));
    routes.extend(catalogue(api));
    routes.extend(operations(api));
    routes
}

/// What a crowd asks for.
fn hot(api: &Arc<Api>) -> Vec<Route> {
    let (get, post) = (Method::GET, Method::POST);
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
        waiting_route(on(&post, "/v1/orders", CONSUMER, Body::Json), orders::place),
        waiting_route(on(&post, "/v1/holds", SHOP, Body::Json), holds::open),
        route(
            on(&post, "/v1/holds/{holdId}/confirm", SHOP, Body::Empty),
            holds::confirm,
        ),
        route(
            on(&post, "/v1/holds/{holdId}/cancel", SHOP, Body::Empty),
            holds::cancel,
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
        route(
            on(&get, "/v1/orders/{orderId}", WHO_SEES_ORDERS, none),
            orders::one,
        ),
        route(
            on(&get, "/v1/products/{productId}", ANY_ROLE, none),
            products::one,
        ),
        route(on(&get, "/v1/products", ANY_ROLE, none), products::list),
        route(on(&get, "/v1/wallet", CONSUMER, none), wallets::own),
    ]
}

/// Purchases, and what belongs to them.
fn purchases(api: &Arc<Api>) -> Vec<Route> {
    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let none = Body::Ignored;
    let on =
        |method: &Method, path, access, body| (Arc::clone(api), method.clone(), path, access, body);
    vec![
        route(on(&get, "/v1/orders", WHO_SEES_ORDERS, none), orders::list),
        waiting_route(
            on(&post, "/v1/orders/{orderId}/refund", CONSUMER, Body::Empty),
            order_changes::refund,
        ),
        route(
            on(&post, "/v1/orders/{orderId}/confirm", CONSUMER, Body::Empty),
            order_changes::confirm,
        ),
        route(
            on(&post, "/v1/orders/{orderId}/delivery", SHOP, Body::Json),
            order_changes::deliver,
        ),
        route(
            on(&post, "/v1/wallets/{consumerId}/charges", SHOP, Body::Json),
            wallets::charge,
        ),
        route(on(&get, "/v1/holds/{holdId}", SHOP, none), holds::one),
        route(
            on(&post, "/v1/holds/{holdId}/return", SHOP, Body::Empty),
            holds::give_back,
        ),
        route(
            on(&post, "/v1/products", SELLER, Body::Json),
            products::create,
        ),
        route(
            on(&patch, "/v1/products/{productId}", SELLER, Body::Json),
            products::change,
        ),
        route(
            on(&get, "/v1/seller/balance", SELLER, none),
            wallets::balance,
        ),
    ]
}

/// Events, discount policies and coupons.
fn catalogue(api: &Arc<Api>) -> Vec<Route> {
    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let none = Body::Ignored;
    let on =
        |method: &Method, path, access, body| (Arc::clone(api), method.clone(), path, access, body);
    vec![
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
            on(&get, "/v1/events/{eventId}/report", ADMIN, none),
            events::report,
        ),
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
    ]
}

/// What operators, and the programs that watch a node, ask for.
fn operations(api: &Arc<Api>) -> Vec<Route> {
    let (get, post) = (Method::GET, Method::POST);
    let none = Body::Ignored;
    let on =
        |method: &Method, path, access, body| (Arc::clone(api), method.clone(), path, access, body);
    vec![
        route(on(&get, "/v1/sagas", ADMIN, none), sagas::list),
        route(on(&get, "/v1/sagas/{sagaId}", ADMIN, none), sagas::one),
        route(
            on(&post, "/v1/sagas/{sagaId}/retry", ADMIN, Body::Optional),
            sagas::retry,
        ),
        route(
            on(&post, "/v1/sagas/{sagaId}/abandon", ADMIN, Body::Json),
            sagas::abandon,
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
