//! What people use instead, on the same HTTP stack and with the same tokens: each request for itself.

mod classic;
mod script;

use std::sync::Arc;

use adapter_http::{TokenAlgorithm, TokenConfiguration, TokenVerifier};
use domain::ports::Clock;
use firstcome::SystemClock;
use firstcome_tests::over_http::SECRET;
use redis::aio::ConnectionManager;
use serde_json::json;
use sqlx::{MySqlPool, mysql::MySqlPoolOptions};
use uuid::Uuid;
use warp::{Filter, http::StatusCode, reply};

/// Connections to the database: more make it slower on two cores.
const CONNECTIONS: u32 = 64;

/// Their ledger: what such shops have, no more.
pub const SCHEMA: [&str; 2] = [
    "CREATE TABLE coupons (id BINARY(16) PRIMARY KEY, cap BIGINT NOT NULL, issued BIGINT NOT NULL)",
    "CREATE TABLE issued_coupons (id BINARY(16) PRIMARY KEY, coupon_id BINARY(16) NOT NULL, \
     consumer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, issued_at BIGINT NOT NULL, \
     UNIQUE (coupon_id, consumer))",
];

/// How one of them issues.
#[derive(Clone, Copy)]
pub enum Rival {
    /// A lock in Redis around read, check, increment and insert.
    Classic,
    /// One Lua script, then one insert.
    Script,
}

/// What became of a request.
enum Outcome {
    Issued(Uuid),
    HasOne,
    SoldOut,
    /// It waited for the lock in vain.
    TooBusy,
}

struct Shop {
    rival: Rival,
    tokens: TokenVerifier,
    database: MySqlPool,
    redis: ConnectionManager,
}

/// Serves one of them, for ever.
pub async fn serve(rival: Rival, database: &str, redis: &str) {
    let tokens = TokenVerifier::new(TokenConfiguration {
        algorithm: TokenAlgorithm::Hs256,
        key: SECRET.as_bytes(),
        previous_key: None,
        issuer: "firstcome",
        audience: "firstcome",
    });
    let pool = MySqlPoolOptions::new().max_connections(CONNECTIONS);
    let redis = redis::Client::open(redis).unwrap();
    let shop = Arc::new(Shop {
        rival,
        tokens: tokens.unwrap(),
        database: pool.connect(database).await.unwrap(),
        redis: redis.get_connection_manager().await.unwrap(),
    });
    let route = warp::post()
        .and(warp::path!("v1" / "coupons" / Uuid / "issued-coupons"))
        .and(warp::header::<String>("authorization"))
        .then(move |coupon, bearer| answer(Arc::clone(&shop), coupon, bearer));
    let listener = adapter_http::listen(([127, 0, 0, 1], 0).into()).unwrap();
    println!("{}", listener.local_addr().unwrap());
    warp::serve(route).incoming(listener).run().await;
}

async fn answer(shop: Arc<Shop>, coupon: Uuid, bearer: String) -> impl warp::Reply {
    let now = SystemClock.now();
    let token = bearer.strip_prefix("Bearer ").unwrap_or_default();
    let Ok(caller) = shop.tokens.verify(token, now) else {
        let refused = reply::json(&json!({ "code": "UNAUTHORIZED" }));
        return reply::with_status(refused, StatusCode::UNAUTHORIZED);
    };
    let consumer = caller.subject.as_str();
    let outcome = match shop.rival {
        Rival::Classic => classic::issue(&shop, coupon, consumer).await,
        Rival::Script => script::issue(&shop, coupon, consumer).await,
    };
    let (status, body) = match outcome {
        Outcome::Issued(id) => (
            StatusCode::CREATED,
            json!({
                "issuedCouponId": id.to_string(),
                "couponId": coupon.to_string(),
                "consumerId": consumer,
                "state": "ACTIVE",
                "issuedAt": now.as_micros(),
            }),
        ),
        Outcome::HasOne => (StatusCode::CONFLICT, json!({ "code": "HAS_ONE" })),
        Outcome::SoldOut => (StatusCode::CONFLICT, json!({ "code": "SOLD_OUT" })),
        Outcome::TooBusy => (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({ "code": "TOO_BUSY" }),
        ),
    };
    reply::with_status(reply::json(&body), status)
}
