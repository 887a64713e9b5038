//! How long it takes until what a killed server has begun is ended by the next.

use std::{sync::Arc, time::Instant};

use domain::ports::PaymentAction;
use firstcome_tests::{
    Gate,
    over_http::{Market, ServerBuilder, market::of},
    provider::{Misbehaviour, Provider},
    until,
};
use hyper::{Method, StatusCode};

const ORDERS: usize = 200;

/// Measures and prints it.
pub async fn measure() {
    let provider = Provider::start();
    let gate = Arc::new(Gate::default());
    let waits = Misbehaviour::WaitAfter(Arc::clone(&gate));
    provider.always(PaymentAction::Authorise, waits);
    let mut server = ServerBuilder::default()
        .with("log", "error")
        .with("payments", provider.base_url())
        .start();
    let mut market = Market::of(&server);
    let product = market.product("seller", 1_000, 1_000).await;
    for n in 0..ORDERS {
        let buyer = format!("buyer-{n}");
        let body = of(&product, 1);
        let placed = market.order_waiting(&buyer, "one", Some(0), &body).await;
        assert_eq!(placed.status, StatusCode::ACCEPTED, "{placed:?}");
    }
    gate.has_waiting(1).await;
    server.kill();
    provider.heal();
    gate.open();
    let killed = Instant::now();
    server.restart();
    let mut market = Market::of(&server);
    until("all orders are paid", async || {
        let page = market
            .admin(Method::GET, "/v1/orders?limit=200", None)
            .await;
        let orders = page.json()["items"].as_array().cloned().unwrap();
        let paid = orders
            .iter()
            .filter(|order| order["status"] == "PAID")
            .count();
        (paid == ORDERS).then_some(())
    })
    .await;
    println!(
        "recovery: {ORDERS} pending orders paid {:.1} s after kill -9 (5 s of it the lease)",
        killed.elapsed().as_secs_f64()
    );
    server.assert_audited();
}
