//! How long answers take at 70 % of what goes, from when each request was due. How much goes is found
//! out by the same driver first, as it takes its share of the machine: all of that, the driver's cost
//! included, is in these figures.

use std::time::Duration;

use firstcome_tests::{
    over_http::Shop,
    servers::{Make, Redis, SqlServer},
};

use crate::{
    node::{Node, tokens},
    open_loop::{Crowd, Pace, per_mille},
    report::Row,
};

const FINDING_OUT: Duration = Duration::from_secs(5);
const TIME: Duration = Duration::from_secs(10);
const SHARE: f64 = 0.7;
/// More than are ever busy, unless the node stands still.
const CONNECTIONS: usize = 1_000;

/// The rows of the table.
pub async fn rows() -> Vec<Row> {
    let (mariadb, redis) = (SqlServer::on_disk(Make::MariaDb), Redis::start());
    let mut rows = Vec::new();
    let node = Node::start(None, None).await;
    let exhausted = exhausted(&node).await;
    let refused = Crowd::new(tokens(), vec![exhausted], 409);
    rows.extend(of("exhausted refusals", &node, refused));
    let issued = Crowd::new(tokens(), node.coupons.clone(), 201);
    rows.extend(of("durable issues, SQLite", &node, issued));
    drop(node);
    let node = Node::start(Some(&mariadb), Some(&redis)).await;
    let issued = Crowd::new(tokens(), node.coupons.clone(), 201);
    rows.extend(of("durable issues, MariaDB + Redis", &node, issued));
    rows
}

fn of(name: &str, node: &Node, mut crowd: Crowd) -> Vec<Row> {
    let address = node.server.address();
    let most = crowd.ask(address, 256, Pace::Closed, FINDING_OUT).succeeded;
    let asked = crowd.ask(address, CONNECTIONS, Pace::PerSecond(SHARE * most), TIME);
    node.server.assert_audited();
    let mut rows = vec![Row::of(
        format!("{name}, open loop"),
        vec![asked.succeeded],
        "the most",
        vec![most],
    )];
    for (percentile, of_thousand) in [("50", 500), ("99", 990), ("99.9", 999)] {
        let took = per_mille(&asked.since_due, of_thousand);
        rows.push(Row::alone(format!("… p{percentile}"), "ms", took));
    }
    rows
}

/// A coupon of which the only copy is gone.
async fn exhausted(node: &Node) -> String {
    let mut shop = Shop::open(&node.server).await;
    let coupon = shop.issue_coupon(1).await;
    let first = node.server.tokens().consumer("first");
    let won = node.server.client().issue(&coupon, &first).await.unwrap();
    assert_eq!(won.status, 201);
    coupon
}
