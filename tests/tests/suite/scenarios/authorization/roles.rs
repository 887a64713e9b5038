//! Every documented route × every role.

use std::collections::BTreeSet;

use adapter_http::Role;
use firstcome_tests::over_http::Server;

use super::{ask, assert_refused, routes};

const ANYONE: &str = "";
const ADMIN: &str = "admin";
const ANY_ROLE: &str = "admin consumer seller service";
const BACK_END: &str = "admin service";
const WHO_HAS_COPIES: &str = "admin consumer service";

/// The contract's routes, and who may call them.
const CONTRACT: &[(&str, &str)] = &[
    ("POST /v1/events", ADMIN),
    ("GET /v1/events", ANY_ROLE),
    ("GET /v1/events/{eventId}", ANY_ROLE),
    ("POST /v1/discount-policies", ADMIN),
    ("GET /v1/discount-policies", ANY_ROLE),
    ("GET /v1/discount-policies/{discountPolicyId}", ANY_ROLE),
    ("POST /v1/coupons", ADMIN),
    ("PATCH /v1/coupons/{couponId}", ADMIN),
    ("GET /v1/coupons", ANY_ROLE),
    ("GET /v1/coupons/{couponId}", ANY_ROLE),
    ("GET /v1/coupons/{couponId}/audit", ADMIN),
    ("POST /v1/coupons/{couponId}/issued-coupons", "consumer"),
    ("GET /v1/issued-coupons", WHO_HAS_COPIES),
    ("GET /v1/issued-coupons/{issuedCouponId}", WHO_HAS_COPIES),
    ("GET /v1/events/{eventId}/report", ADMIN),
    ("GET /v1/wallet", "consumer"),
    ("POST /v1/wallets/{consumerId}/charges", BACK_END),
    ("POST /v1/orders", "consumer"),
    ("GET /v1/orders", "admin consumer"),
    ("GET /v1/orders/{orderId}", "admin consumer"),
    ("POST /v1/orders/{orderId}/refund", "consumer"),
    ("POST /v1/orders/{orderId}/confirm", "consumer"),
    ("POST /v1/orders/{orderId}/delivery", BACK_END),
    ("POST /v1/products", "seller"),
    ("PATCH /v1/products/{productId}", "seller"),
    ("GET /v1/products", ANY_ROLE),
    ("GET /v1/products/{productId}", ANY_ROLE),
    ("GET /v1/seller/balance", "seller"),
    ("POST /v1/holds", BACK_END),
    ("POST /v1/holds/{holdId}/confirm", BACK_END),
    ("POST /v1/holds/{holdId}/cancel", BACK_END),
    ("POST /v1/holds/{holdId}/return", BACK_END),
    ("GET /v1/holds/{holdId}", BACK_END),
    ("GET /v1/sagas", ADMIN),
    ("GET /v1/sagas/{sagaId}", ADMIN),
    ("POST /v1/sagas/{sagaId}/retry", ADMIN),
    ("POST /v1/sagas/{sagaId}/abandon", ADMIN),
    ("GET /health/live", ANYONE),
    ("GET /health/ready", ANYONE),
    ("GET /metrics", ANYONE),
    ("GET /openapi.json", ANYONE),
    ("GET /docs", ANYONE),
    ("GET /docs/{file}", ANYONE),
];

#[tokio::test]
async fn the_documented_routes_and_roles_are_those_of_the_contract() {
    let server = Server::start();
    let documented: BTreeSet<(String, String)> = routes(&mut server.client())
        .await
        .into_iter()
        .map(|mut route| {
            route.roles.sort_unstable();
            (
                format!("{} {}", route.method, route.path),
                route.roles.join(" "),
            )
        })
        .collect();
    let contract = CONTRACT
        .iter()
        .map(|&(route, roles)| (route.to_owned(), roles.to_owned()))
        .collect();
    assert_eq!(documented, contract);
}

#[tokio::test]
async fn a_role_may_do_what_the_document_says_and_nothing_else() {
    let server = Server::start();
    let mut client = server.client();
    for route in routes(&mut client).await {
        for role in Role::ALL {
            let token = server.tokens().token("somebody", role);
            let bearer = [format!("Bearer {token}")];
            let answer = ask(&mut client, &route.method, &route.target, &bearer).await;
            let what = format!("{} {} as {role}", route.method, route.target);
            let allowed = route.roles.is_empty() || route.roles.contains(&role.to_string());
            if allowed {
                assert!(
                    !matches!(answer.status.as_u16(), 401 | 403 | 405),
                    "{what}: {answer:?}"
                );
                assert!(!answer.status.is_server_error(), "{what}: {answer:?}");
                assert_ne!(answer.code(), "ROUTE_NOT_FOUND", "{what}");
            } else {
                assert_refused(&what, &answer, 403, "NO_PERMISSION");
            }
        }
    }
}

#[tokio::test]
async fn a_route_for_anyone_asks_nobody_who_they_are() {
    let server = Server::start();
    let mut client = server.client();
    for route in routes(&mut client).await {
        if route.roles.is_empty() {
            for authorization in [
                vec![],
                vec!["Bearer rubbish".to_owned()],
                vec!["x".to_owned(); 2],
            ] {
                let answer = ask(&mut client, &route.method, &route.target, &authorization).await;
                assert_eq!(answer.status, 200, "{} {answer:?}", route.target);
            }
        }
    }
}
