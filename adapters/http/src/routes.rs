//! Which routes there are, in which order they are tried, and who may call them.

use std::sync::Arc;

use warp::{Filter, Rejection, reply::Response};

use crate::{
    Api, Role,
    filters::{Access, Body, Route, Table},
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

/// Every route, in the order in which they are tried: the hottest first.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = hot();
    routes.extend(purchases());
    routes.extend(catalogue());
    routes.extend(operations());
    routes
}

/// What a crowd asks for.
fn hot() -> Vec<Route> {
    vec![
        Route::post(
            "/v1/coupons/{couponId}/issued-coupons",
            CONSUMER,
            Body::Empty,
            issued_coupons::issue,
        ),
        Route::post("/v1/orders", CONSUMER, Body::Json, orders::place).waiting(),
        Route::post("/v1/holds", SHOP, Body::Json, holds::open).waiting(),
        Route::post(
            "/v1/holds/{holdId}/confirm",
            SHOP,
            Body::Empty,
            holds::confirm,
        ),
        Route::post(
            "/v1/holds/{holdId}/cancel",
            SHOP,
            Body::Empty,
            holds::cancel,
        ),
        Route::get(
            "/v1/issued-coupons/{issuedCouponId}",
            WHO_HAS_COPIES,
            issued_coupons::one,
        ),
        Route::get("/v1/issued-coupons", WHO_HAS_COPIES, issued_coupons::list),
        Route::get("/v1/coupons/{couponId}", ANY_ROLE, coupons::one),
        Route::get("/v1/orders/{orderId}", WHO_SEES_ORDERS, orders::one),
        Route::get("/v1/products/{productId}", ANY_ROLE, products::one),
        Route::get("/v1/products", ANY_ROLE, products::list),
        Route::get("/v1/wallet", CONSUMER, wallets::own),
    ]
}

/// Purchases, and what belongs to them.
fn purchases() -> Vec<Route> {
    vec![
        Route::get("/v1/orders", WHO_SEES_ORDERS, orders::list),
        Route::post(
            "/v1/orders/{orderId}/refund",
            CONSUMER,
            Body::Empty,
            order_changes::refund,
        )
        .waiting(),
        Route::post(
            "/v1/orders/{orderId}/confirm",
            CONSUMER,
            Body::Empty,
            order_changes::confirm,
        ),
        Route::post(
            "/v1/orders/{orderId}/delivery",
            SHOP,
            Body::Json,
            order_changes::deliver,
        ),
        Route::post(
            "/v1/wallets/{consumerId}/charges",
            SHOP,
            Body::Json,
            wallets::charge,
        ),
        Route::get("/v1/holds/{holdId}", SHOP, holds::one),
        Route::post(
            "/v1/holds/{holdId}/return",
            SHOP,
            Body::Empty,
            holds::give_back,
        ),
        Route::post("/v1/products", SELLER, Body::Json, products::create),
        Route::patch(
            "/v1/products/{productId}",
            SELLER,
            Body::Json,
            products::change,
        ),
        Route::get("/v1/seller/balance", SELLER, wallets::balance),
    ]
}

/// Events, discount policies and coupons.
fn catalogue() -> Vec<Route> {
    vec![
        Route::get("/v1/coupons", ANY_ROLE, coupons::list),
        Route::post("/v1/coupons", ADMIN, Body::Json, coupons::create),
        Route::patch("/v1/coupons/{couponId}", ADMIN, Body::Json, coupons::change),
        Route::get("/v1/coupons/{couponId}/audit", ADMIN, coupons::audit),
        Route::get("/v1/events/{eventId}", ANY_ROLE, events::one),
        Route::get("/v1/events", ANY_ROLE, events::list),
        Route::post("/v1/events", ADMIN, Body::Json, events::create),
        Route::get("/v1/events/{eventId}/report", ADMIN, events::report),
        Route::get(
            "/v1/discount-policies/{discountPolicyId}",
            ANY_ROLE,
            discount_policies::one,
        ),
        Route::get("/v1/discount-policies", ANY_ROLE, discount_policies::list),
        Route::post(
            "/v1/discount-policies",
            ADMIN,
            Body::Json,
            discount_policies::create,
        ),
    ]
}

/// What operators, and the programs that watch a node, ask for.
fn operations() -> Vec<Route> {
    vec![
        Route::get("/v1/sagas", ADMIN, sagas::list),
        Route::get("/v1/sagas/{sagaId}", ADMIN, sagas::one),
        Route::post(
            "/v1/sagas/{sagaId}/retry",
            ADMIN,
            Body::Optional,
            sagas::retry,
        ),
        Route::post(
            "/v1/sagas/{sagaId}/abandon",
            ADMIN,
            Body::Json,
            sagas::abandon,
        ),
        Route::get("/health/live", Access::Anyone, operations::live),
        Route::get("/health/ready", Access::Anyone, operations::ready),
        Route::get("/metrics", Access::Anyone, operations::metrics),
        Route::get("/openapi.json", Access::Anyone, operations::openapi),
        Route::get("/docs", Access::Anyone, operations::docs),
        Route::get("/docs/{file}", Access::Anyone, operations::docs_file),
    ]
}

/// The whole API as one filter, to be served.
pub fn api_filter(
    api: Arc<Api>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    Table::new(api, routes()).filter()
}

#[cfg(test)]
mod tests;
