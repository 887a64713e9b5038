//! How fast the funnel is, as ratios to a bare hyper server that answers as many bytes, in one
//! interleaved run on one machine: `cargo bench`. Needs `wrk` (Debian: `apt-get install wrk`).
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
mod hello;
mod load;
mod orders;
mod recovery;
mod report;

use std::{path::Path, time::Duration};

use adapter_http::Role;
use firstcome_tests::over_http::{Server, ServerBuilder, Shop};
use load::Load;
use report::Row;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);
const CONSUMERS: usize = 50_000;
/// Coupons that are asked for one after the other by all consumers, so that nobody asks twice.
const DROPS: usize = 40;
/// Issued coupons at the end of the memory measurement.
const MANY: u64 = 1_000_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some("hello"), Some(size)) = (arguments.next().as_deref(), arguments.next()) {
        return hello::serve(size.parse().unwrap());
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(bench());
}

async fn bench() {
    let server = ServerBuilder::default().with("log", "warn").start();
    let tokens = server.tokens();
    let tokens: Vec<String> = (0..CONSUMERS)
        .map(|_| tokens.token(&uuid::Uuid::new_v4().to_string(), Role::Consumer))
        .collect();
    let folder = server.builder().folder().to_owned();
    let mut shop = Shop::open(&server).await;
    let exhausted = shop.issue_coupon(1).await;
    let winner = server
        .client()
        .issue(&exhausted, &server.tokens().consumer("first"))
        .await;
    assert_eq!(winner.unwrap().status, 201);
    let refusal = refusal(&server, &exhausted, &tokens).await;
    let drops = drops(&server, DROPS).await;
    let fresh = server.tokens().consumer("somebody");
    let issued = server
        .client()
        .issue(drops.last().unwrap(), &fresh)
        .await
        .unwrap();
    assert_eq!(issued.status, 201);

    let refused = Load::new(&folder, "refused", &tokens, &[exhausted]);
    let issue = Load::new(&folder, "issue", &tokens, &drops);
    let hello_refusal = hello::Hello::start(refusal);
    let hello_issued = hello::Hello::start(issued.bytes.len());
    let mut rows = vec![
        Row::measure("exhausted refusals", "bare hyper", ROUNDS, || {
            let ours = refused.fire(server.address(), ROUND);
            let bare = refused.fire(hello_refusal.address(), ROUND);
            (ours.all, bare.all)
        }),
        Row::measure("durable issues, SQLite", "bare hyper", ROUNDS, || {
            let ours = issue.fire(server.address(), ROUND);
            let bare = issue.fire(hello_issued.address(), ROUND);
            (ours.succeeded, bare.all)
        }),
    ];
    rows.extend(orders::rows().await);
    report::print(&rows);
    recovery::measure().await;
    memory(&server, &issue, &mut shop, &drops).await;
    server.assert_audited();
}

/// The size of a refusal from memory: asks until it comes from there.
async fn refusal(server: &Server, coupon: &str, tokens: &[String]) -> usize {
    let mut client = server.client();
    for token in tokens.iter().take(1_000) {
        let answer = client.issue(coupon, token).await.unwrap();
        assert_eq!(answer.code(), "COUPON_NOT_ISSUABLE");
        let metrics = client.get("/metrics", token).await;
        let metrics = String::from_utf8_lossy(&metrics.bytes).into_owned();
        let from_memory = metrics
            .lines()
            .filter_map(|line| line.strip_prefix("firstcome_issue_answers_total{from=\"memory\"} "))
            .any(|count| count != "0");
        if from_memory {
            return answer.bytes.len();
        }
    }
    panic!("the refusal never came from memory")
}

/// Coupons that never run out, each of an event of its own.
async fn drops(server: &Server, count: usize) -> Vec<String> {
    let mut coupons = Vec::new();
    for _ in 0..count {
        coupons.push(Shop::open(server).await.issue_coupon(1_000_000_000).await);
    }
    coupons
}

/// The server's memory before and after a million copies were issued.
async fn memory(server: &Server, issue: &Load, shop: &mut Shop, drops: &[String]) {
    let begin = resident(server.pid());
    let mut issued = 0;
    for round in 0.. {
        issued = 0;
        for coupon in drops {
            issued += shop.look(coupon).await["issuedCount"].as_u64().unwrap();
        }
        if issued >= MANY || round >= 40 {
            break;
        }
        issue.fire(server.address(), ROUND);
    }
    println!(
        "resident memory: {begin} KiB before, {} KiB after {issued} issued",
        resident(server.pid())
    );
    let database = std::fs::metadata(
        server
            .builder()
            .folder()
            .join("firstcome-data/firstcome.db"),
    );
    println!(
        "database: {} bytes per issued coupon",
        database.unwrap().len() / issued.max(1)
    );
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"));
    let status = status.unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
