//! Orders over HTTP, each of another consumer under a key of its own, without and with a coupon; held
//! against the same statements in one transaction per order, without HTTP (`by_hand`).

use std::{
    fs::copy,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use adapter_http::Role;
use adapter_mysql::{MysqlConfig, MysqlStore};
use domain::{
    Amount, Charge, ConsumerId, CouponId, DiscountPolicyId, EntryId, IssuedCouponId, Money,
    Product, ProductId, ProductName, SellerId, Stock, Timestamp,
    ports::{Clock, KeyScope, KeyedRequest, Products, RequestDigest, Wallets},
};
use firstcome::SystemClock;
use firstcome_tests::{
    over_http::{Server, ServerBuilder, market, market::with_copy},
    servers::{Database, Make, SqlServer, User},
};
use hyper::Method;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    by_hand::ByHand,
    given::{self, Ledger},
    node,
    report::{Goal, Row},
    stores,
};

/// Consumers, each with money for many orders and one copy.
const CONSUMERS: usize = 60_000;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(3);

/// What stands in the ledger before the first order.
pub struct Prepared {
    pub consumers: Vec<(String, IssuedCouponId)>,
    pub coupon: CouponId,
    pub policy: DiscountPolicyId,
    pub product: ProductId,
}

/// The rows of the table.
pub async fn rows() -> Vec<Row> {
    let mut rows = sqlite().await;
    rows.extend(mariadb().await);
    rows
}

async fn sqlite() -> Vec<Row> {
    let builder = ServerBuilder::default().with("log", "warn");
    let store = stores::sqlite_of(&builder).await;
    let prepared = Arc::new(prepare(&store).await);
    store.close().await;
    let aside = builder.folder().join("by-hand.db");
    let file = builder.folder().join("firstcome-data/firstcome.db");
    copy(file, &aside).unwrap();
    let by_hand = ByHand::sqlite(&aside, Arc::clone(&prepared)).await;
    of("SQLite", &builder.start(), &prepared, by_hand).await
}

/// By hand in a second database, filled in the same way.
async fn mariadb() -> Vec<Row> {
    let server = SqlServer::on_disk(Make::MariaDb);
    let (database, prepared) = prepare_on(&server).await;
    let (aside, prepared_aside) = prepare_on(&server).await;
    let by_hand = ByHand::mysql(&aside, prepared_aside).await;
    let node = node::builder(Some(&database), None).start();
    of("MariaDB", &node, &prepared, by_hand).await
}

async fn prepare_on(server: &SqlServer) -> (Database, Arc<Prepared>) {
    let database = server.database().await;
    let config = MysqlConfig::at(&database.url(User::Migrator)).unwrap();
    adapter_mysql::migrate(&config).await.unwrap();
    let store = MysqlStore::open(&config).await.unwrap();
    let prepared = prepare(&store).await;
    (database, Arc::new(prepared))
}

/// The rows of one store.
async fn of(
    store: &str,
    server: &Server,
    prepared: &Arc<Prepared>,
    mut by_hand: ByHand,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (what, with_coupon) in [("without coupon", false), ("with coupon", true)] {
        // One order per copy; without one, the money is enough for many.
        let at = Arc::new(AtomicUsize::new(0));
        let by_hand_at = Arc::new(AtomicUsize::new(0));
        let name = format!("orders {what}, {store}");
        let mut row = Row::new(name, "by hand, no HTTP").goal(Goal::AtLeast(0.4));
        for _ in 0..ROUNDS {
            let ours = fire(server, prepared, with_coupon, &at).await;
            row.add(ours, by_hand.run(with_coupon, &by_hand_at, ROUND).await);
        }
        rows.push(row);
    }
    server.assert_audited();
    rows
}

/// Orders per second, from all connections at once.
async fn fire(
    server: &Server,
    prepared: &Arc<Prepared>,
    with_coupon: bool,
    at: &Arc<AtomicUsize>,
) -> f64 {
    let (begun, mut tasks) = (Instant::now(), JoinSet::new());
    for _ in 0..CONNECTIONS {
        let (prepared, at) = (Arc::clone(prepared), Arc::clone(at));
        let (mut client, tokens) = (server.client(), server.tokens());
        tasks.spawn(async move {
            let mut paid = 0_u32;
            while begun.elapsed() < ROUND {
                let n = at.fetch_add(1, Ordering::Relaxed);
                let (consumer, issued) = prepared
                    .consumers
                    .get(n)
                    .expect("too few consumers were prepared");
                let mut body = market::of(&prepared.product.to_string(), 1);
                if with_coupon {
                    body = with_copy(body, &issued.to_string());
                }
                let token = tokens.token(consumer, Role::Consumer);
                let key = format!("{with_coupon}-{n}");
                let headers = [("idempotency-key", key.as_str())];
                let placed = client
                    .send(
                        Method::POST,
                        "/v1/orders",
                        Some(&token),
                        &headers,
                        Some(&body),
                    )
                    .await
                    .unwrap();
                assert_eq!(placed.status, 201, "{placed:?}");
                paid += 1;
            }
            paid
        });
    }
    let paid: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(paid) / begun.elapsed().as_secs_f64()
}

/// Fills a new ledger through its ports.
async fn prepare<S: Ledger + Products + Wallets + Clone + 'static>(store: &S) -> Prepared {
    let coupon = given::coupon(store, given::use_coupon(1_000_000_000)).await;
    let product = product(SystemClock.now());
    store.create_product(product.clone(), None).await.unwrap();
    let mut consumers = Vec::new();
    while consumers.len() < CONSUMERS {
        let some = given::issue(store, &coupon, 1_000).await;
        let mut charging = JoinSet::new();
        for (consumer, _) in some.clone() {
            let store = store.clone();
            charging.spawn(async move { charge(&store, &consumer).await });
        }
        charging.join_all().await;
        consumers.extend(some);
    }
    Prepared {
        consumers,
        coupon: coupon.id,
        policy: coupon.discount_policy_id,
        product: product.id,
    }
}

fn product(now: Timestamp) -> Product {
    Product {
        id: ProductId::from_uuid(Uuid::now_v7()),
        seller_id: SellerId::new("seller").unwrap(),
        name: ProductName::new("socks").unwrap(),
        description: None,
        price: Money::new(1_000).unwrap(),
        stock: Stock::new(1_000_000_000).unwrap(),
        created_at: now,
    }
}

async fn charge(store: &impl Wallets, consumer: &str) {
    let charge = Charge {
        id: EntryId::from_uuid(Uuid::now_v7()),
        consumer_id: ConsumerId::new(consumer).unwrap(),
        amount: Amount::new(1_000_000).unwrap(),
    };
    let mut scope = [0; 32];
    scope[..16].copy_from_slice(charge.id.as_bytes());
    let key = KeyedRequest {
        scope: KeyScope(scope),
        digest: RequestDigest([0; 32]),
        answer: |_, _| Vec::new(),
    };
    store.charge(charge, key).await.unwrap();
}
