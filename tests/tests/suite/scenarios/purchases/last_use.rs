//! The last use of a coupon, held while others wait for it: contended is not exhausted.

use firstcome_tests::{
    over_http::{Market, Metrics, Server, Shop, market::of, market::with_copy},
    until,
};
use hyper::StatusCode;
use serde_json::json;
use tokio::task::JoinSet;

struct Given {
    server: Server,
    shop: Shop,
    market: Market,
    coupon: String,
    product: String,
    copies: Vec<String>,
}

/// A USE_COUPON with one use, which `till` holds, and buyers with money and copies.
async fn the_last_use_is_held(buyers: usize) -> Given {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.use_coupon(1, 1).await;
    let product = market.product("seller", 1_000, 100).await;
    let mut copies = Vec::new();
    for n in 0..buyers {
        let buyer = format!("buyer-{n}");
        copies.push(market.copy(&coupon, &buyer).await);
        market.charge(&buyer, 1_000).await;
    }
    let copy = market.copy(&coupon, "somebody").await;
    let held = market.hold("till", "the-last", &copy, None).await;
    assert_eq!(held.status, StatusCode::CREATED, "{held:?}");
    Given {
        server,
        shop,
        market,
        coupon,
        product,
        copies,
    }
}

async fn until_so_many_wait(server: &Server, wanted: usize) {
    let mut client = server.client();
    until("so many wait for the coupon", async || {
        let waiting = Metrics::of(&mut client)
            .await
            .counter("firstcome_waiting_for_coupons");
        (usize::try_from(waiting) == Ok(wanted)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_wait_is_told_that_it_may_come_back() {
    let mut given = the_last_use_is_held(1).await;
    let body = with_copy(of(&given.product, 1), &given.copies[0]);
    let refused = given.market.order("buyer-0", "one", &body).await;
    assert_eq!(refused.code(), "COUPON_HELD");
    assert_eq!(refused.header("retry-after"), "1");
    given.market.settle("till", "the-last", "cancel").await;
    let placed = given.market.order("buyer-0", "one", &body).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{placed:?}");
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_those_who_wait_the_first_has_it_when_it_is_cancelled_and_the_rest_know_that_it_is_over()
{
    let mut given = the_last_use_is_held(3).await;
    let mut waiting = JoinSet::new();
    for (n, copy) in given.copies.iter().enumerate() {
        let mut market = Market::of(&given.server);
        let body = with_copy(of(&given.product, 1), copy);
        waiting.spawn(async move {
            let buyer = format!("buyer-{n}");
            (
                n,
                market.order_waiting(&buyer, "one", Some(10), &body).await,
            )
        });
        // In line before the next comes.
        until_so_many_wait(&given.server, n + 1).await;
    }
    let cancelled = given.market.settle("till", "the-last", "cancel").await;
    assert_eq!(cancelled.text("state"), "CANCELLED", "{cancelled:?}");
    for (n, answer) in waiting.join_all().await {
        match n {
            0 => assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}"),
            _ => assert_eq!(answer.code(), "COUPON_NOT_USABLE", "{answer:?}"),
        }
        assert_eq!(answer.header("preference-applied"), "wait=10");
    }
    given.shop.assert_exact(&given.coupon).await;
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_cap_wakes_who_waits_and_stops_the_withdrawal() {
    let mut given = the_last_use_is_held(1).await;
    let mut market = Market::of(&given.server);
    let body = with_copy(of(&given.product, 1), &given.copies[0]);
    let waiting = tokio::spawn(async move {
        market
            .order_waiting("buyer-0", "one", Some(10), &body)
            .await
    });
    until_so_many_wait(&given.server, 1).await;
    given
        .shop
        .change(&given.coupon, json!({"maximumUsage": 2}))
        .await;
    let answer = waiting.await.unwrap();
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    let confirmed = given.market.settle("till", "the-last", "confirm").await;
    assert_eq!(confirmed.text("state"), "CONFIRMED");
    given.server.assert_audited();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_leaves_no_trace() {
    let mut given = the_last_use_is_held(1).await;
    let body = with_copy(of(&given.product, 1), &given.copies[0]);
    let refused = given
        .market
        .order_waiting("buyer-0", "one", Some(1), &body)
        .await;
    assert_eq!(refused.code(), "COUPON_HELD");
    until_so_many_wait(&given.server, 0).await;
    given.market.settle("till", "the-last", "cancel").await;
    let coupon = given.coupon.clone();
    assert_eq!(given.shop.look(&coupon).await["heldCount"], 0);
    assert_eq!(given.market.wallet("buyer-0").await, (1_000, 0));
    given.server.assert_audited();
}
