//! The oracle's half for the books: what the audit says, and what the orders come to, counted here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{
    ConsumerId, Order, OrderId, OrderStatus, Page, Saga, SagaDirection, SagaId, SagaKind,
    SagaPhase, SagaStep, SellerId,
};

use super::PAGE;
use crate::Store;

/// No saga of a test is due for so long: a day, in microseconds.
const GRACE: i64 = 86_400_000_000;

/// Holds that the books balance, and that wallets, sellers and sagas are what the orders say.
pub(super) async fn assert_books_exact(store: &dyn Store) {
    let audit = store.audit_books(GRACE).await.unwrap();
    assert_eq!(audit.violations, []);
    let orders = orders(store).await;
    let sagas = sagas(store).await;
    let number = |of: usize| u64::try_from(of).unwrap();
    let live = |saga: &&Saga| saga.phase != SagaPhase::Done;
    let stuck = |saga: &&Saga| saga.phase == SagaPhase::Stuck;
    let counted = (
        number(orders.len()),
        number(sagas.values().filter(live).count()),
        number(sagas.values().filter(stuck).count()),
    );
    let audited = (audit.orders, audit.live_sagas, audit.stuck_sagas);
    assert_eq!(audited, counted);
    for order in &orders {
        assert_adds_up(order);
        assert_saga_fits(order, &sagas);
    }
    for saga in sagas.values() {
        assert_traced(store, saga).await;
    }
    assert_points_exact(store, &orders).await;
    assert_sellers_exact(store, &orders).await;
}

fn assert_adds_up(order: &Order) {
    let lines = order.items.iter().map(|item| {
        let amount = item.price.amount() * i64::from(item.quantity.get());
        assert_eq!(item.amount.get(), amount, "{order:?}");
        amount
    });
    let total: i64 = lines.sum();
    assert_eq!(order.items_amount.get(), total, "{order:?}");
    let paid = order.items_amount.get() - order.discount.get() - order.points_used.get();
    assert_eq!(order.paid_amount.get(), paid, "{order:?}");
    assert_eq!(order.earned_points.get(), paid / 40, "{order:?}");
    let failed = order.status == OrderStatus::Failed;
    assert_eq!(order.failure.is_some(), failed, "{order:?}");
    let products: BTreeSet<_> = order.items.iter().map(|item| item.product_id).collect();
    assert_eq!(products.len(), order.items.len(), "{order:?}");
}

fn assert_saga_fits(order: &Order, sagas: &BTreeMap<SagaId, Saga>) {
    let purchase = &sagas[&order.saga_id];
    assert_eq!(purchase.order_id, order.id);
    assert_eq!(purchase.kind, SagaKind::Purchase);
    let waits = (purchase.phase, purchase.step, purchase.direction);
    let authorises = matches!(
        waits,
        (
            SagaPhase::Running,
            SagaStep::Authorise,
            SagaDirection::Forward
        )
    );
    assert_eq!(
        order.status == OrderStatus::Pending,
        authorises,
        "{order:?} {purchase:?}"
    );
    let refunds = sagas.values().filter(|saga| {
        saga.order_id == order.id && saga.kind == SagaKind::Refund && saga.phase != SagaPhase::Done
    });
    if order.status == OrderStatus::Refunding {
        assert_eq!(refunds.count(), 1, "{order:?}");
    }
}

async fn assert_traced(store: &dyn Store, saga: &Saga) {
    let (read, trace) = store.saga(saga.id).await.unwrap().unwrap();
    assert_eq!(read, *saga);
    let places: Vec<_> = trace.iter().map(|entry| entry.sequence).collect();
    assert_eq!(places, (0..saga.traced).collect::<Vec<_>>());
    assert!(trace.iter().all(|entry| entry.saga_id == saga.id));
}

/// Points come from orders and go to orders, and nowhere else.
async fn assert_points_exact(store: &dyn Store, orders: &[Order]) {
    let mut points: HashMap<&ConsumerId, i64> = HashMap::new();
    for order in orders {
        let points = points.entry(&order.consumer_id).or_default();
        if order.status == OrderStatus::Confirmed {
            *points += order.earned_points.get();
        }
        if !matches!(order.status, OrderStatus::Failed | OrderStatus::Refunded) {
            *points -= order.points_used.get();
        }
    }
    for (consumer, points) in points {
        let wallet = store.wallet(consumer.clone()).await.unwrap();
        assert_eq!(wallet.points.get(), points, "{consumer}");
    }
}

/// Sellers have their shares of confirmed orders, folded or not.
async fn assert_sellers_exact(store: &dyn Store, orders: &[Order]) {
    let mut shares: HashMap<&SellerId, i64> = HashMap::new();
    for order in orders {
        for item in &order.items {
            let shares = shares.entry(&item.seller_id).or_default();
            if order.status == OrderStatus::Confirmed {
                *shares += item.amount.get() * 95 / 100;
            }
        }
    }
    for (seller, shares) in shares {
        let balance = store.seller_balance(seller.clone()).await.unwrap();
        assert_eq!(balance.get(), shares, "{seller}");
    }
}

async fn orders(store: &dyn Store) -> Vec<Order> {
    let mut orders: Vec<Order> = Vec::new();
    loop {
        let after: Option<OrderId> = orders.last().map(|order| order.id);
        let page = Page { after, limit: PAGE };
        let more = store.orders(None, page).await.unwrap();
        if more.is_empty() {
            return orders;
        }
        orders.extend(more);
        // Else this would not end.
        assert!(orders.is_sorted_by(|one, two| one.id < two.id));
    }
}

async fn sagas(store: &dyn Store) -> BTreeMap<SagaId, Saga> {
    let mut sagas: BTreeMap<SagaId, Saga> = BTreeMap::new();
    loop {
        let after = sagas.last_key_value().map(|(id, _)| *id);
        let page = Page { after, limit: PAGE };
        let more = store.sagas(None, page).await.unwrap();
        if more.is_empty() {
            return sagas;
        }
        let known = sagas.len();
        let number = more.len();
        sagas.extend(more.into_iter().map(|saga| (saga.id, saga)));
        // Else this would not end.
        assert_eq!(sagas.len(), known + number);
    }
}
