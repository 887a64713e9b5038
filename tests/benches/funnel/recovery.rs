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

use crate::report::Row;

const ORDERS: usize = 200;

/// The row of the table.
pub async fn row() -> Row {
    let provider = Provider::start();
    let gate = Arc::new(Gate::default());
    // Nothing is authorised before the kill, so nothing can be found done either.
    let waits = Misbehaviour::WaitBefore(Arc::clone(&gate));
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
    assert_eq!(with_status(&mut market, "PENDING").await, ORDERS);
    server.kill();
    assert_eq!(provider.moved().authorised, 0);
    provider.heal();
    gate.open();
    let killed = Instant::now();
    server.restart();
    let mut market = Market::of(&server);
    until("all orders are paid", async || {
        (with_status(&mut market, "PAID").await == ORDERS).then_some(())
    })
    .await;
    let name = format!("{ORDERS} pending orders paid after kill -9, 5 s of lease included");
    let row = Row::alone(name, "s", killed.elapsed().as_secs_f64());
    server.assert_audited();
    row
}

/// How many orders stand so.
async fn with_status(market: &mut Market, status: &str) -> usize {
    let page = market
        .admin(Method::GET, "/v1/orders?limit=200", None)
        .await;
    let orders = page.json()["items"].as_array().cloned().unwrap();
    orders
        .iter()
        .filter(|order| order["status"] == status)
        .count()
}
