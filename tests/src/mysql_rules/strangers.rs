//! Units that have nothing to do with one another, or only their event, all at once.

use std::slice;
use std::sync::Arc;

use domain::ports::Placed;
use domain::{Coupon, IssueScope, IssuedCoupon, Product, SagaEvent};
use firstcome::Measured;
use tokio::task::JoinSet;

use super::ground::Ground;
use crate::given::{all_issued, by_provider, issue_kind, placed, seller, use_kind, with_copy};
use crate::servers::{Make, SqlServer};
use crate::{Fixture, assert_exact};

const TASKS: u32 = 12;
const ROUNDS: u32 = 20;

/// How many deadlocks the server has undone.
async fn deadlocks(ground: &Ground) -> i64 {
    const COUNT: &str = "SELECT CAST(count AS SIGNED) FROM information_schema.innodb_metrics \
         WHERE name = 'lock_deadlocks'";
    ground.count(COUNT).await
}

/// Each task asks one of the nodes for copies of one coupon after the other, in batches, for the same
/// few consumers: their rows are neighbours in every index.
async fn asked(
    ids: &Arc<Fixture>,
    nodes: &[Arc<Fixture>],
    coupons: &[Coupon],
) -> Vec<IssuedCoupon> {
    let mut tasks = JoinSet::new();
    for (task, node) in (0..TASKS).zip(nodes.iter().cycle()) {
        let (ids, node, mut coupons) = (ids.clone(), node.clone(), coupons.to_vec());
        // Everybody begins with another one.
        let first = usize::try_from(task).unwrap() % coupons.len();
        coupons.rotate_left(first);
        tasks.spawn(async move {
            let mut copies = Vec::new();
            for round in 0..ROUNDS {
                for coupon in &coupons {
                    let consumers = (0..4).map(|number| (round * 3 + number * 7 + task) % 40);
                    let requests = consumers
                        .map(|number| ids.request(coupon, &format!("consumer-{number}")))
                        .collect();
                    let batch = node.store.issue(IssueScope::of(coupon), requests).await;
                    copies.extend(all_issued(&batch.unwrap().outcomes));
                }
            }
            copies
        });
    }
    tasks.join_all().await.concat()
}

pub async fn unrelated_coupons_never_deadlock(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let mut coupons = Vec::new();
    for _ in 0..6 {
        coupons.push(ground.fixture.coupon(issue_kind(30)).await);
        coupons.push(ground.fixture.coupon(use_kind(30, 2)).await);
    }
    let before = deadlocks(&ground).await;
    let copies = asked(&ground.fixture, slice::from_ref(&ground.fixture), &coupons).await;
    let undone = deadlocks(&ground).await - before;
    println!("{make:?}: {} copies, {undone} deadlocks", copies.len());
    let ids: Vec<_> = coupons.iter().map(|coupon| coupon.id).collect();
    assert_exact(&*ground.fixture.store, &ids, &copies).await;
    assert_eq!(undone, 0);
}

pub async fn two_coupons_of_one_event_on_two_nodes_give_one_copy_each(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let other = ground.another_node().await;
    let event = ground.fixture.event().await;
    let coupons = [
        ground.fixture.coupon_of(&event, issue_kind(1_000)).await,
        ground.fixture.coupon_of(&event, issue_kind(1_000)).await,
    ];
    let before = deadlocks(&ground).await;
    let copies = asked(&ground.fixture, &[ground.fixture.clone(), other], &coupons).await;
    let undone = deadlocks(&ground).await - before;
    println!("{make:?}: {} copies, {undone} deadlocks", copies.len());
    // Enough for all, so each consumer has one.
    assert_eq!(copies.len(), 40);
    assert_exact(
        &*ground.fixture.store,
        &coupons.map(|coupon| coupon.id),
        &copies,
    )
    .await;
    assert_eq!(undone, 0);
}

/// A seller's product and a coupon of an event of its own.
struct Shop {
    number: u32,
    product: Product,
    coupon: Coupon,
}

impl Shop {
    async fn open(fixture: &Fixture, number: u32) -> Self {
        let product = Product {
            seller_id: seller(&format!("seller-{number}")),
            ..fixture.new_product()
        };
        let kind = match number % 2 {
            0 => issue_kind(ROUNDS.into()),
            _ => use_kind(ROUNDS.into(), 1),
        };
        Self {
            number,
            product: fixture.store_product(product).await,
            coupon: fixture.coupon(kind).await,
        }
    }

    /// A consumer a round, who has been nowhere else. Of every four, two pay from their wallets and two
    /// by the provider, one of each with a coupon; every third order is taken back. Each is asked for
    /// twice.
    async fn sells(&self, fixture: &Fixture) -> Vec<IssuedCoupon> {
        let mut copies = Vec::new();
        for round in 0..ROUNDS {
            let name = format!("buyer-{round}-{}", self.number);
            let mut request = fixture.purchase(&name, &[(&self.product, 1)]);
            if round % 2 == 0 {
                let copy = fixture.copy(&self.coupon, &name).await;
                request = with_copy(request, &copy);
                copies.push(copy);
            }
            let is_by_provider = round % 4 < 2;
            if is_by_provider {
                request = by_provider(request);
            } else {
                fixture.charge(&name, 1_000).await;
            }
            let (order, saga) = placed(fixture.place(&request).await);
            if is_by_provider {
                fixture.told_often(saga.id, 2, SagaEvent::Succeeded).await;
            }
            let again = fixture.place(&request).await;
            assert!(
                matches!(&again, Placed::Before(before, _) if before.id == order.id),
                "{again:?}"
            );
            if round % 3 == 0 {
                let refund = fixture.begin_refund(&order).await;
                if is_by_provider {
                    fixture.told(&refund, SagaEvent::Succeeded).await.unwrap();
                }
            }
        }
        copies
    }
}

pub async fn orders_and_coupons_of_strangers_never_deadlock(make: Make) {
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let fixture = &ground.fixture;
    let mut coupons = Vec::new();
    for _ in 0..3 {
        coupons.push(fixture.coupon(issue_kind(30)).await);
        coupons.push(fixture.coupon(use_kind(30, 2)).await);
    }
    let mut shops = Vec::new();
    for number in 0..TASKS {
        shops.push(Arc::new(Shop::open(fixture, number).await));
    }
    let before = deadlocks(&ground).await;
    let mut selling = JoinSet::new();
    for shop in &shops {
        let (shop, fixture) = (shop.clone(), fixture.clone());
        selling.spawn(async move { shop.sells(&fixture).await });
    }
    let mut copies = asked(fixture, slice::from_ref(fixture), &coupons).await;
    copies.extend(selling.join_all().await.concat());
    let undone = deadlocks(&ground).await - before;
    println!(
        "{make:?}: {} copies, {} orders, {undone} deadlocks",
        copies.len(),
        TASKS * ROUNDS
    );
    for shop in &shops {
        // Each sold one a round, and has every third back.
        assert_eq!(
            fixture.left(&shop.product).await,
            100 - ROUNDS + ROUNDS.div_ceil(3)
        );
    }
    let of_shops = shops.iter().map(|shop| shop.coupon.id);
    let ids: Vec<_> = of_shops
        .chain(coupons.iter().map(|coupon| coupon.id))
        .collect();
    assert_exact(&*fixture.store, &ids, &copies).await;
    assert_eq!(undone, 0);
}

/// How many units this process has run again after deadlocks.
fn run_again(measured: &Measured) -> i64 {
    const COUNT: &str = "firstcome_ledger_retries_total{reason=\"deadlock\"} ";
    let text = measured.render();
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix(COUNT))
        .map_or(0, |count| count.parse().unwrap())
}

pub async fn orders_that_lose_deadlocks_over_their_products_are_placed_whole(make: Make) {
    let measured = Measured::start().unwrap();
    let server = SqlServer::durable(make);
    let ground = Ground::on(&server).await;
    let fixture = &ground.fixture;
    let mut products = [fixture.product(1, 100).await, fixture.product(2, 100).await];
    products.sort_by_key(|product| product.id);
    let [one, two] = &products;
    let (mut requests, mut coupons) = (Vec::new(), Vec::new());
    for number in 0..6 {
        let name = format!("consumer-{number}");
        // A coupon of its own, so that no order waits for another's before it has begun.
        let coupon = fixture.coupon(use_kind(1, 1)).await;
        let copy = fixture.copy(&coupon, &name).await;
        let items = match number % 2 {
            0 => [(one, 1), (two, 2)],
            _ => [(two, 2), (one, 1)],
        };
        requests.push(with_copy(fixture.purchase(&name, &items), &copy));
        coupons.push(coupon);
    }
    let before = (deadlocks(&ground).await, run_again(&measured));
    let mut stranger = ground.stranger().await;
    stranger.writes_much().await;
    stranger.locks("products", two.id.as_uuid()).await;
    let mut placing = JoinSet::new();
    for request in requests.clone() {
        let fixture = fixture.clone();
        placing.spawn(async move { placed(fixture.place(&request).await).0 });
    }
    ground.until_waiting(requests.len()).await;
    // One of them has this one, and waits for the other.
    stranger.locks("products", one.id.as_uuid()).await;
    stranger.ends().await;
    let orders = placing.join_all().await;
    let undone = deadlocks(&ground).await - before.0;
    let run_again = run_again(&measured) - before.1;
    println!("{make:?}: {undone} deadlocks, {run_again} units run again");
    assert_eq!(orders.len(), requests.len());
    assert_eq!(fixture.left(one).await, 100 - 6);
    assert_eq!(fixture.left(two).await, 100 - 2 * 6);
    fixture.assert_exact(&Vec::from_iter(&coupons)).await;
    // Others' deadlocks in this process are counted with them.
    assert!(undone >= 1 && run_again >= undone, "{undone}, {run_again}");
}
