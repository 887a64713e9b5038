//! Buyers who hang up at a random instant: no purchase is lost, doubled or half done.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use firstcome_tests::over_http::{Market, Server, Shop, market::of, market::with_copy};
use hyper::StatusCode;
use proptest::{
    prelude::RngExt,
    test_runner::{RngAlgorithm, TestRng},
};
use tokio::task::JoinSet;

const PURCHASES: usize = 10_000;
const CONNECTIONS: usize = 64;
const PRICE: i64 = 1_000;
/// Every tenth buyer has a copy, of a coupon with fewer uses than buyers.
const USES: u32 = 400;

/// Buyer `n` orders and hangs up some time later; then orders again, as one who had no answer does.
async fn buy(server: &Server, n: usize, product: &str, copy: Option<&String>, patience: Duration) {
    let buyer = format!("buyer-{n}");
    let body = copy.map_or_else(|| of(product, 1), |copy| with_copy(of(product, 1), copy));
    let mut market = Market::of(server);
    let hung_up = tokio::time::timeout(patience, market.order(&buyer, "once", &body)).await;
    let mut market = Market::of(server);
    let answer = market.order(&buyer, "once", &body).await;
    match answer.status {
        StatusCode::CREATED => {}
        _ => assert!(
            copy.is_some() && answer.code().starts_with("COUPON_"),
            "{answer:?}"
        ),
    }
    if let Ok(first) = hung_up
        && first.status == StatusCode::CREATED
    {
        assert_eq!(first.bytes, answer.bytes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_10_000_purchases_whose_buyers_hang_up_each_happens_once_or_not_at_all() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let mut market = Market::of(&server);
    let coupon = shop.use_coupon(USES, 1).await;
    let product = market.product("seller", PRICE, 1_000_000).await;
    let mut copies = Vec::new();
    for n in 0..PURCHASES {
        let buyer = format!("buyer-{n}");
        // Enough for two orders: a doubled one would be paid.
        market.charge(&buyer, 2 * PRICE).await;
        copies.push(match n % 10 {
            0 => Some(market.copy(&coupon, &buyer).await),
            _ => None,
        });
    }
    let (next, copies) = (Arc::new(AtomicUsize::new(0)), Arc::new(copies));
    let server = Arc::new(server);
    let mut buying = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (next, copies) = (Arc::clone(&next), Arc::clone(&copies));
        let (server, product) = (Arc::clone(&server), product.clone());
        let mut rng = TestRng::from_seed(
            RngAlgorithm::ChaCha,
            &[u8::try_from(connection).unwrap(); 32],
        );
        buying.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::SeqCst);
                let Some(copy) = copies.get(n) else { return };
                let patience = Duration::from_micros(rng.random_range(0..20_000));
                buy(&server, n, &product, copy.as_ref(), patience).await;
            }
        });
    }
    buying.join_all().await;

    let (mut orders, mut taken) = (0, 0);
    for n in 0..PURCHASES {
        let (balance, _) = market.wallet(&format!("buyer-{n}")).await;
        let paid = 2 * PRICE - balance;
        assert!(
            [0, PRICE, PRICE * 7 / 10].contains(&paid),
            "buyer-{n} paid {paid}"
        );
        orders += i64::from(paid > 0);
        taken += i64::from(paid == PRICE * 7 / 10);
    }
    assert_eq!(taken, i64::from(USES));
    let left = market.look_at(&product).await["stock"].as_i64().unwrap();
    assert_eq!(1_000_000 - left, orders);
    shop.assert_exact(&coupon).await;
    server.assert_audited();
}
