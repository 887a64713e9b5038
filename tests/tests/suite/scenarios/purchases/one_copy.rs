//! One single-use copy, or one key, at the same instant: exactly one order.

use firstcome_tests::over_http::{Answer, Market, Server, Shop, market::of, market::with_copy};
use hyper::StatusCode;
use serde_json::Value;
use tokio::task::JoinSet;

use super::counted::by_code;

/// 32 orders of one buyer at once, each under the key that `key` says.
async fn at_once(server: &Server, body: &Value, key: fn(usize) -> String) -> Vec<Answer> {
    let mut ordering = JoinSet::new();
    for n in 0..32 {
        let (mut market, body) = (Market::of(server), body.clone());
        ordering.spawn(async move { market.order("anna", &key(n), &body).await });
    }
    ordering.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_orders_at_once_with_one_copy_exactly_one_wins() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.issue_coupon(10).await;
    let copy = market.copy(&coupon, "anna").await;
    let product = market.product("seller", 1_000, 100).await;
    market.charge("anna", 100_000).await;

    let body = with_copy(of(&product, 1), &copy);
    let answers = at_once(&server, &body, |n| format!("key-{n}")).await;

    let counted = by_code(&answers);
    assert_eq!(counted["201"], 1, "{counted:?}");
    assert_eq!(counted["ALREADY_USED_COUPON"], 31, "{counted:?}");
    assert_eq!(market.wallet("anna").await.0, 100_000 - 700);
    assert_eq!(market.look_at(&product).await["stock"], 99);
    shop.assert_exact(&coupon).await;
    server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_equal_orders_at_once_under_one_key_there_is_one_effect_and_one_answer() {
    let server = Server::start();
    let mut market = Market::of(&server);
    let product = market.product("seller", 1_000, 100).await;
    market.charge("anna", 100_000).await;

    let answers = at_once(&server, &of(&product, 2), |_| "the-same".to_owned()).await;

    for answer in &answers {
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_eq!(answer.bytes, answers[0].bytes);
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert_eq!(market.wallet("anna").await.0, 100_000 - 2_000);
    assert_eq!(market.look_at(&product).await["stock"], 98);
    let other = market.order("anna", "the-same", &of(&product, 3)).await;
    assert_eq!(other.code(), "IDEMPOTENCY_KEY_REUSED");
    server.assert_audited();
}
