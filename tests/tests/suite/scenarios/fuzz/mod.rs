//! Bad input of which nobody has thought: every operation of the served document is asked with good
//! requests that are then changed by chance, in their types, members, numbers, depth, bytes, ids,
//! queries, headers and tokens.
//!
//! Whatever is sent, the server answers; never with a fault of its own, and a refusal is a problem
//! document with a code of the table. What is added to the document is tested from then on.

mod bodies;
mod operations;
mod requests;
mod samples;

use std::collections::{BTreeMap, BTreeSet};

use adapter_http::Code;
use firstcome_tests::over_http::{Market, Server, Shop, market::of};
use proptest::{prelude::RngExt, test_runner::TestRng};

use super::{
    raw::{Raw, Reply},
    seed::seeded,
};
use operations::Operation;
use requests::Request;
use samples::Seen;

/// About so many requests, over all operations.
const REQUESTS: usize = 3_000;
/// Rounds over all operations that are not changed, so that there is something to ask for.
const GOOD_ROUNDS: usize = 6;

/// Sends bytes and reads what comes, on a connection that is kept for as long as the server keeps it.
struct Wire<'a> {
    server: &'a Server,
    kept: Option<Raw>,
}

impl Wire<'_> {
    async fn ask(&mut self, request: &[u8]) -> Option<Reply> {
        let mut connection = match self.kept.take() {
            Some(connection) => connection,
            None => Raw::connect(self.server.address()).await,
        };
        // The server may refuse before it has read everything, and close.
        let _refused_early = connection.try_send(request).await;
        let reply = connection.next().await?;
        if !reply.has("connection: close") {
            self.kept = Some(connection);
        }
        Some(reply)
    }
}

/// What is wrong with a reply, whatever was asked.
fn wrong_with(reply: &Reply) -> Option<&'static str> {
    let json = reply.json();
    match reply.status {
        200..400 => None,
        400..500 => {
            let code = json["code"].as_str().unwrap_or_default();
            let known = Code::ALL.iter().find(|known| known.as_str() == code);
            if !reply.has("content-type: application/problem+json") {
                Some("a refusal that is no problem document")
            } else if known.is_none_or(|known| known.status().as_u16() != reply.status) {
                Some("no code of this status")
            } else if json["status"] != reply.status || !json["detail"].is_string() {
                Some("a problem document that lacks something")
            } else {
                None
            }
        }
        _ => Some("no answer to bad input"),
    }
}

/// Something of everything that chance would hardly make, for the callers that there are. That it is
/// there, the lists tell.
async fn stock(server: &Server) {
    let (mut shop, mut market) = (Shop::open(server).await, Market::of(server));
    let coupons = [
        shop.issue_coupon(1_000).await,
        shop.use_coupon(1_000, 9).await,
    ];
    let product = market.product(requests::CALLERS[0], 1_000, 1_000).await;
    for (consumer, coupon) in requests::CALLERS.into_iter().zip(&coupons) {
        market.copy(coupon, consumer).await;
        market.charge(consumer, 1_000_000_000).await;
        let bought = market.order(consumer, "stock", &of(&product, 1)).await;
        assert_eq!(bought.status, 201, "{bought:?}");
    }
}

fn changes(round: usize, rng: &mut TestRng) -> usize {
    match round {
        0..GOOD_ROUNDS => 0,
        _ => rng.random_range(0..=3),
    }
}

#[tokio::test]
async fn no_request_whatever_is_in_it_is_answered_by_a_fault_of_the_server() {
    let mut rng = seeded();
    let server = Server::start();
    stock(&server).await;
    let document = server.client().get("/openapi.json", "").await.json();
    let operations = Operation::all(&document);
    assert!(operations.len() >= 20, "where are the operations?");
    let rounds = (REQUESTS / operations.len()).clamp(30, 150);
    let mut seen = Seen::default();
    let kept = None;
    let mut wire = Wire {
        server: &server,
        kept,
    };
    let mut told: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for round in 0..rounds {
        for operation in &operations {
            let changes = changes(round, &mut rng);
            let request = Request::of(operation, &document, &seen, changes, &mut rng).bytes();
            let reply = wire.ask(&request).await;
            let wrong = reply.as_ref().map_or(Some("no answer"), wrong_with);
            let text =
                || String::from_utf8_lossy(&request[..request.len().min(4_096)]).into_owned();
            assert_eq!(wrong, None, "{reply:?}\nto:\n{}", text());
            let reply = reply.unwrap();
            if reply.status < 300 {
                seen.learn(&reply.json());
            }
            let code = reply.json()["code"].as_str().unwrap_or("ok").to_owned();
            let name = format!("{} {}", operation.method, operation.path);
            *told.entry(name).or_default().entry(code).or_default() += 1;
        }
    }
    for (operation, codes) in &told {
        println!("{operation}: {codes:?}");
    }

    // It was about what is there, and it was bad.
    let good = told.values().filter(|codes| codes.contains_key("ok"));
    assert!(
        good.count() > operations.len() / 2,
        "hardly anything is good"
    );
    let refused: BTreeSet<_> = told.values().flat_map(BTreeMap::keys).collect();
    assert!(refused.len() > 10, "{refused:?}");
    for operation in operations.iter().filter(|one| one.body.is_some()) {
        let codes = &told[&format!("{} {}", operation.method, operation.path)];
        assert!(
            codes.contains_key("BIND_ERROR"),
            "{}: {codes:?}",
            operation.path
        );
    }

    // And it serves as before.
    let coupon = Shop::open(&server).await.issue_coupon(1).await;
    let token = server.tokens().consumer("late");
    let issued = server.client().issue(&coupon, &token).await.unwrap();
    assert_eq!(issued.status, 201, "{issued:?}");
    server.assert_audited();
    let said = server.logged();
    assert!(!said.contains("panicked"), "{said}");
}
