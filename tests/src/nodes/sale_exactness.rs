//! What must hold after a sale: all that was said, and every unit of money, points and goods.

use std::collections::HashMap;

use domain::{CouponId, Order, OrderId, OrderStatus, Page, Payment, ProductId};

use super::{
    sale::STOCK,
    shopper::{BALANCE, Shelf},
};
use crate::{Store, assert_exact, provider::Provider};

/// Holds that, when nothing is under way any more:
///
/// - each order is what was last said of it, and no order is there of which nothing was said, but for
///   failed ones, and paid ones of those whose last answer leaves it open;
/// - wallets have what was charged less what was paid from them; the provider has, and has given back,
///   what the orders say, and holds nothing;
/// - sold and left is what was in stock;
/// - the ledger is exact about coupons, points, sellers and books.
pub(super) async fn assert_sold_exactly(ledger: &dyn Store, provider: &Provider, shelf: &Shelf) {
    let orders = orders(ledger).await;
    let there = orders
        .iter()
        .filter(|order| order.status != OrderStatus::Failed);
    let there: HashMap<_, _> = there.map(|order| (order.id, order.status)).collect();
    let mut told = shelf.orders.lock().clone();
    let late = late(&orders, shelf);
    let late_orders = late.len();
    told.extend(late);
    assert_eq!(there, told);
    let count = |status| orders.iter().filter(|order| order.status == status).count();
    println!(
        "{} orders: paid {}, confirmed {}, refunded {}, failed {}; placed late {late_orders}",
        orders.len(),
        count(OrderStatus::Paid),
        count(OrderStatus::Confirmed),
        count(OrderStatus::Refunded),
        count(OrderStatus::Failed)
    );

    let sold: Vec<_> = orders
        .iter()
        .filter(|order| matches!(order.status, OrderStatus::Paid | OrderStatus::Confirmed))
        .collect();
    let paid = |of: &dyn Fn(&Order) -> bool| {
        let paid = sold.iter().filter(|order| of(order));
        paid.map(|order| order.paid_amount.get()).sum::<i64>()
    };
    let moved = provider.moved();
    let by_provider = paid(&|order| order.payment != Payment::Wallet);
    assert_eq!(
        (moved.captured - moved.refunded, moved.held),
        (by_provider, 0)
    );
    let consumers = shelf.consumers.lock().clone();
    for who in consumers {
        let spent = paid(&|order| order.consumer_id == who && order.payment == Payment::Wallet);
        let wallet = ledger.wallet(who.clone()).await.unwrap();
        assert_eq!(wallet.balance.get(), BALANCE - spent, "{who}");
    }
    for product in &shelf.products {
        let product: ProductId = product.parse().unwrap();
        let items = sold.iter().flat_map(|order| &order.items);
        let of_it = items.filter(|item| item.product_id == product);
        let sold: i64 = of_it.map(|item| i64::from(item.quantity.get())).sum();
        let left = ledger.product(product).await.unwrap().unwrap().stock.get();
        assert_eq!(i64::from(left) + sold, STOCK);
    }
    let coupons: Vec<CouponId> = shelf.coupons.iter().map(|id| id.parse().unwrap()).collect();
    let copies = shelf.copies.lock().clone();
    assert_exact(ledger, &coupons, copies).await;
    let books = ledger.audit_books(0).await.unwrap();
    assert_eq!(books.violations, []);
    assert_eq!((books.live_sagas, books.stuck_sagas), (0, 0));
}

/// The paid orders of which nothing was said, and need not have been: no more of a consumer than the
/// refusals it was given after a try without an answer.
fn late(orders: &[Order], shelf: &Shelf) -> Vec<(OrderId, OrderStatus)> {
    let (told, mut doubts) = (shelf.orders.lock(), shelf.doubts.lock().clone());
    let untold = orders
        .iter()
        .filter(|order| order.status == OrderStatus::Paid && !told.contains_key(&order.id));
    let in_doubt = untold.filter(|order| {
        let doubt = doubts.iter().position(|who| *who == order.consumer_id);
        doubt.map(|doubt| doubts.swap_remove(doubt)).is_some()
    });
    in_doubt.map(|order| (order.id, order.status)).collect()
}

async fn orders(ledger: &dyn Store) -> Vec<Order> {
    const PAGE: u32 = 200;
    let mut orders: Vec<Order> = Vec::new();
    loop {
        let after = orders.last().map(|order| order.id);
        let page = Page { after, limit: PAGE };
        let more = ledger.orders(None, page).await.unwrap();
        if more.is_empty() {
            return orders;
        }
        orders.extend(more);
    }
}
