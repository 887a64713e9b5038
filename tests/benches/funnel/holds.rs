//! Holds over HTTP: a shop that is not ours holds copies of a USE_COUPON, each once, under a name of its
//! own; held against a bare hyper server that answers as many bytes.

use std::time::Duration;

use adapter_http::Role;
use firstcome_tests::{
    over_http::{Market, Server, ServerBuilder},
    servers::{Make, SqlServer},
};

use crate::{
    child::Child,
    given::{self, Ledger},
    load::Load,
    node,
    report::Row,
    stores,
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
/// More than are held in all rounds.
const COPIES: usize = 300_000;

/// The rows of the table.
pub async fn rows() -> Vec<Row> {
    let builder = ServerBuilder::default().with("log", "warn");
    let store = stores::sqlite_of(&builder).await;
    let prepared = copies(&store).await;
    store.close().await;
    let mut rows = vec![row("holds, SQLite", &builder.start(), prepared).await];
    let mariadb = SqlServer::on_disk(Make::MariaDb);
    let (ledger, database) = stores::mysql(&mariadb).await;
    let prepared = copies(&*ledger).await;
    let server = node::builder(Some(&database), None).start();
    rows.push(row("holds, MariaDB", &server, prepared).await);
    rows
}

async fn copies(ledger: &dyn Ledger) -> Vec<String> {
    let coupon = given::coupon(ledger, given::use_coupon(1_000_000_000)).await;
    let mut copies = Vec::new();
    while copies.len() < COPIES {
        let issued = given::issue(ledger, &coupon, 1_000).await;
        copies.extend(issued.into_iter().map(|(_, copy)| copy.to_string()));
    }
    copies
}

async fn row(name: &str, server: &Server, mut copies: Vec<String>) -> Row {
    let first = copies.pop().unwrap();
    let held = Market::of(server).hold("shop", &first, &first, None).await;
    assert_eq!(held.status, 201, "{held:?}");
    let hello = Child::start(&["hello", &held.bytes.len().to_string()]);
    let token = server.tokens().token("shop", Role::Service);
    let folder = tempfile::tempdir().unwrap();
    let ours = Load::holds(folder.path(), "ours", token.clone(), &copies);
    let bare = Load::holds(folder.path(), "bare", token, &copies);
    let row = Row::measure(name, "bare hyper", ROUNDS, || {
        let holds = ours.fire(server.address(), ROUND);
        // Else a copy was held twice, as there were too few.
        assert!(holds.succeeded > 0.99 * holds.all, "{name}: refused");
        (holds.succeeded, bare.fire(hello.address(), ROUND).succeeded)
    });
    server.assert_audited();
    row
}
