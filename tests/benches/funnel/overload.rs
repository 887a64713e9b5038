//! What is left of a node's best when three times as much is asked for: its lanes are bounded, and
//! whoever finds one full is told so at once (503 with `Retry-After`).
//!
//! A lane of a node with default settings is full at 7,500 waiting requests, so there are more
//! connections than that. The driver and the stores share the machine with the node: what it costs to
//! ask three times as much is taken from the node, and the ratio is the lower for it. Where the
//! machine does not bear three times the peak, less is asked; how much stands in a row of its own.
//! A database whose replies all come late, as from another place, bounds the peak instead of the
//! machine: there three times as much can be asked.

use std::time::Duration;

use firstcome_tests::{
    nodes::{Proxy, Trouble},
    servers::{Make, Redis, SqlServer},
};

use crate::{
    node::{Node, tokens},
    open_loop::{Crowd, Pace, per_mille},
    report::{Goal, Row},
};

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);
const TIMES: f64 = 3.0;
/// At the peak.
const FEW: usize = 256;
/// At the peak of a database far away, which needs full batches.
const SEVERAL: usize = 5_000;
/// Under overload.
const MANY: usize = 9_000;
/// How late the replies of a database far away come.
const LATE: Duration = Duration::from_millis(20);

/// The rows of the table.
pub async fn rows() -> Vec<Row> {
    // Each connection is an open file on both sides.
    let _as_many_as_may_be = rlimit::increase_nofile_limit(u64::MAX);
    let (mariadb, redis) = (SqlServer::on_disk(Make::MariaDb), Redis::start());
    let mut rows = of("SQLite", &Node::start(None, None).await, FEW);
    let node = Node::start(Some(&mariadb), Some(&redis)).await;
    rows.extend(of("MariaDB + Redis", &node, FEW));
    let wire = Proxy::to(mariadb.address()).await;
    let far = Node::over(&wire, &mariadb).await;
    wire.suffer(Trouble::LateReplies(LATE));
    rows.extend(of("MariaDB 20 ms away", &far, SEVERAL));
    rows
}

fn of(store: &str, node: &Node, connections: usize) -> Vec<Row> {
    let address = node.server.address();
    let mut crowd = Crowd::new(tokens(), node.coupons.clone(), 201);
    let mut goodput = Row::new(format!("issues under overload, {store}"), "the peak");
    let mut offered = Row::new("… asked for", "the peak");
    let mut took = Vec::new();
    for _ in 0..ROUNDS {
        let peak = crowd
            .ask(address, connections, Pace::Closed, ROUND)
            .succeeded;
        let pace = Pace::PerSecond(TIMES * peak);
        let overload = crowd.ask(address, MANY, pace, ROUND);
        goodput.add(overload.succeeded, peak);
        offered.add(overload.sent, peak);
        took.extend(overload.since_sent);
    }
    node.server.assert_audited();
    took.sort_by(f64::total_cmp);
    vec![
        goodput.goal(Goal::AtLeast(0.9)),
        offered,
        Row::alone(
            "… p99 of what was issued, from its sending",
            "ms",
            per_mille(&took, 990),
        ),
    ]
}
