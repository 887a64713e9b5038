//! How fast the funnel is, as ratios to a bare hyper server that answers as many bytes, in one
//! interleaved run on one machine: `cargo bench`. Needs `wrk` (Debian: `apt-get install wrk`), MariaDB
//! and Redis, as the tests do. Of the sections (`stampede`, `gate`, `limits`, `curve`, `holds`, `orders`,
//! `latency`, `overload`, `endings`) those that are named run, else all; `--json FILE` writes all
//! figures for another program.
//!
//! Single figures of a shared machine say little; the ratios of one run, with their spread, do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    reason = "a bench ends where something is wrong, and divides what it has measured"
)]

mod by_hand;
mod child;
mod curve;
mod gate;
mod given;
mod hello;
mod holds;
mod latency;
mod limits;
mod load;
mod node;
mod open_loop;
mod orders;
mod overload;
mod recovery;
mod report;
mod rivals;
mod room;
mod stampede;
mod stores;
mod withdrawal;

use curve::Filled;
use firstcome_tests::{
    over_http::ServerBuilder,
    servers::{Make, SqlServer, User},
};
use report::{Goal, Row};
use rivals::Rival;
use tempfile::TempDir;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        match arguments[..] {
            ["hello", size] => hello::serve(size.parse().unwrap()).await,
            ["classic", database, redis] => rivals::serve(Rival::Classic, database, redis).await,
            ["script", database, redis] => rivals::serve(Rival::Script, database, redis).await,
            _ => bench(&arguments).await,
        }
    });
}

/// What is measured, in this order: all, or what is named on the command line.
const SECTIONS: [&str; 9] = [
    "stampede", "gate", "limits", "curve", "holds", "orders", "latency", "overload", "endings",
];

async fn bench(arguments: &[&str]) {
    let named: Vec<&str> = arguments
        .iter()
        .copied()
        .filter(|name| SECTIONS.contains(name))
        .collect();
    let mut all = Vec::new();
    for section in SECTIONS
        .iter()
        .filter(|name| named.is_empty() || named.contains(name))
    {
        let rows = match *section {
            "stampede" => stampede::rows().await,
            "gate" => gate::rows().await,
            "limits" => limits().await,
            "curve" => curves().await,
            "holds" => holds::rows().await,
            "orders" => orders::rows().await,
            "latency" => latency::rows().await,
            "overload" => overload::rows().await,
            _ => endings().await,
        };
        report::print(&rows);
        all.extend(rows);
    }
    let file = arguments
        .iter()
        .skip_while(|argument| **argument != "--json")
        .nth(1);
    if let Some(file) = file {
        std::fs::write(file, format!("{:#}\n", report::json(&all))).unwrap();
    }
}

/// Batches of the ledger against what its store can do by hand.
async fn limits() -> Vec<Row> {
    let (folder, server) = (TempDir::new().unwrap(), SqlServer::on_disk(Make::MariaDb));
    let sqlite = stores::sqlite(&folder).await;
    let by_hand = stores::sqlite_by_hand(&folder).await;
    let (mariadb, database) = stores::mysql(&server).await;
    let mariadb_by_hand = stores::mysql_by_hand(&database).await;
    vec![
        limits::row("rows in batches, SQLite", sqlite, by_hand).await,
        limits::row("rows in batches, MariaDB", mariadb, mariadb_by_hand).await,
    ]
}

/// What a copy costs when many are issued already.
async fn curves() -> Vec<Row> {
    let server = SqlServer::on_disk(Make::MariaDb);
    let (mut folders, mut databases) = (Vec::new(), Vec::new());
    let (mut sqlite, mut mariadb) = (Vec::new(), Vec::new());
    for (_, copies) in curve::SIZES {
        let folder = TempDir::new().unwrap();
        sqlite.push(Filled::with(stores::sqlite(&folder).await, copies).await);
        folders.push(folder);
        let (ledger, database) = stores::mysql(&server).await;
        mariadb.push(Filled::with(ledger, copies).await);
        databases.push(database);
    }
    let mut rows = curve::rows("SQLite", sqlite, None).await;
    let goal = Some(Goal::AtMost(1.15));
    rows.extend(curve::rows("MariaDB", mariadb, goal).await);
    rows
}

/// Recovery and withdrawal.
async fn endings() -> Vec<Row> {
    let mut rows = vec![recovery::row().await];
    let builder = ServerBuilder::default().with("log", "warn");
    let store = stores::sqlite_of(&builder).await;
    let prepared = withdrawal::prepare(&store).await;
    store.close().await;
    rows.push(withdrawal::row("SQLite", &builder.start(), &prepared).await);
    let server = SqlServer::on_disk(Make::MariaDb);
    let (ledger, database) = stores::mysql(&server).await;
    let prepared = withdrawal::prepare(&*ledger).await;
    let builder = ServerBuilder::default().with("log", "warn");
    let node = builder.with("store", database.url(User::Migrator)).start();
    rows.push(withdrawal::row("MariaDB", &node, &prepared).await);
    rows
}
