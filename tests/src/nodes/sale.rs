//! Purchases over several nodes while everything under them and the payment provider goes wrong, and
//! what must hold of all money, points and goods.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_http::Role;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    Asking, Cluster, NODES, Outcome, Plan, Request, Size, Stack, crowd,
    recovery::{PATIENCE, Probes},
    sale_exactness,
    shopper::{Shelf, Shopper},
};
use crate::{
    Store,
    over_http::{Shop, Tokens},
    provider::{Misbehaviour, Provider},
};

/// What each of the two products has in stock.
pub(super) const STOCK: i64 = 1_000_000;
/// A crowd comes over no less than this.
const LEAST: Duration = Duration::from_secs(1);
/// Of a thousand requests the provider misbehaves at so many.
const PERMILLE: u64 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Runs what the seed says on this stack; every consumer shops, and half as many uses as consumers
/// are there of a coupon that everybody has. Every other seed pays from wallets, the others by the provider.
///
/// # Panics
/// When anything does not hold.
pub async fn run(stack: Arc<dyn Stack>, seed: u64, size: Size) -> Outcome {
    let provider = Provider::start();
    let payments = match seed % 2 {
        0 => "wallet".to_owned(),
        _ => provider.base_url(),
    };
    let cluster = Cluster::start(NODES, stack, &[("payments", payments)]).await;
    let plan = Plan::drawn(seed, &cluster.kinds(), NODES, size);
    println!("{plan}");
    let probes = Probes::of(&cluster).await;
    let shelf = stocked(&cluster, size.consumers).await;
    provider.at_random(seed, PERMILLE, Misbehaviour::quick());
    let mut outcome = Outcome::default();
    let mut come = 0;
    for step in &plan.steps {
        let shoppers = (come..come + step.crowd).map(|number| Shopper::drawn(seed, number));
        let shoppers: Vec<_> = shoppers.collect();
        come += step.crowd;
        let within = step.lasts().max(LEAST);
        let recovery = probes.recovery(cluster.suffer(step), None);
        let shelf = Arc::clone(&shelf);
        let crowd = crowd::come(&cluster, shoppers, within, move |mut asking, shopper| {
            let shelf = Arc::clone(&shelf);
            async move {
                shopper.shop(&mut asking, &shelf).await;
                asking
            }
        });
        let (recovery, unanswered) = tokio::join!(recovery, crowd);
        outcome.recoveries.push((step.name(), recovery));
        outcome.unanswered += unanswered;
        cluster.assert_alive();
    }
    provider.heal();
    let ledger = cluster.ledger().await;
    ended(&*ledger).await;
    outcome.counted = cluster.counted().await;
    outcome.assert_suffered();
    sale_exactness::assert_sold_exactly(&*ledger, &provider, &shelf).await;
    let endless = probes.endless();
    crate::assert_exact(&*ledger, &[endless.coupon()], endless.acknowledged()).await;
    cluster.assert_audited().await;
    outcome
}

/// Two products, a coupon that everybody gets, and one of which half as many uses are there as there
/// are consumers.
async fn stocked(cluster: &Arc<Cluster>, consumers: usize) -> Arc<Shelf> {
    let mut shop = Shop::through(cluster.client(0)).await;
    let many = u32::try_from(consumers).unwrap();
    let coupons = [
        shop.issue_coupon(many).await,
        shop.use_coupon(many.div_ceil(2), 1).await,
    ];
    let mut products = Vec::new();
    for name in ["one", "other"] {
        let body = json!({"name": name, "price": 1_000, "stock": STOCK});
        products.push(made(cluster, "/v1/products", &body).await["productId"].clone());
    }
    let products = products.iter().map(|id| id.as_str().unwrap().to_owned());
    Arc::new(Shelf::of(products.collect(), coupons))
}

async fn made(cluster: &Arc<Cluster>, path: &str, body: &Value) -> Value {
    let request = Request {
        method: Method::POST,
        path: path.to_owned(),
        token: Tokens::default().token("seller", Role::Seller),
        key: None,
        body: Some(body.clone()),
    };
    let made = Asking::at(cluster, 0).ask(&request, 10).await.unwrap();
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

/// Returns when the nodes have ended every saga and withdrawn what nobody can use any more, by
/// themselves.
async fn ended(ledger: &dyn Store) {
    let begun = Instant::now();
    loop {
        let books = ledger.audit_books(0).await.unwrap();
        let to_be_withdrawn = ledger.to_be_withdrawn(1).await.unwrap();
        if books.live_sagas == 0 && to_be_withdrawn.is_empty() {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "it never ends: {books:?} {to_be_withdrawn:?}"
        );
        sleep(PAUSE).await;
    }
}
