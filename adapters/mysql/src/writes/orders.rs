//! Writes an order: a new one with its items, or what may change of one that is there.

use std::sync::LazyLock;

use domain::{Order, OrderItem, Payment};
use sqlx::MySqlConnection;

use super::{Query, exactly, insert as insert_rows};
use crate::rows::{PROVIDER, Text, WALLET};
use crate::shapes::Shapes;

const INSERT: &str = "INSERT INTO orders (id, consumer, request_key, request_digest, status, \
     failure, delivery, items_amount, discount, points_used, paid_amount, earned_points, \
     issued_coupon_id, coupon_id, payment, payment_method, saga_id, created_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const CHANGE: &str = "UPDATE orders FORCE INDEX (PRIMARY) SET status = ?, failure = ?, delivery = ? \
     WHERE id = ? AND request_key = ?";

static ITEMS: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "INSERT INTO order_items \
         (order_id, line, product_id, seller, quantity, price, amount) VALUES ";
    Shapes::new(HEAD, "(?, ?, ?, ?, ?, ?, ?)", "")
});

/// Inserts the order with its items.
pub(super) async fn insert(
    connection: &mut MySqlConnection,
    order: &Order,
) -> Result<(), sqlx::Error> {
    let (copy, coupon) = order.coupon.unzip();
    let (payment, method) = match &order.payment {
        Payment::Wallet => (WALLET, None),
        Payment::Provider(method) => (PROVIDER, method.as_ref()),
    };
    let query = sqlx::query(INSERT)
        .bind(&order.id.as_bytes()[..])
        .bind(order.consumer_id.as_str())
        .bind(&order.request_key.0[..])
        .bind(&order.request_digest.0[..])
        .bind(order.status.text())
        .bind(order.failure.map(Text::text))
        .bind(order.delivery.text())
        .bind(order.items_amount.get())
        .bind(order.discount.get())
        .bind(order.points_used.get())
        .bind(order.paid_amount.get())
        .bind(order.earned_points.get())
        .bind(copy.as_ref().map(|copy| &copy.as_bytes()[..]))
        .bind(coupon.as_ref().map(|coupon| &coupon.as_bytes()[..]))
        .bind(payment)
        .bind(method.map(|method| method.as_str()))
        .bind(&order.saga_id.as_bytes()[..])
        .bind(order.created_at.as_micros());
    exactly(&mut *connection, query, 1).await?;
    let lines: Vec<_> = (0_i64..)
        .zip(&order.items)
        .map(|(line, item)| (order, line, item))
        .collect();
    insert_rows(connection, &ITEMS, &lines, line).await
}

/// Changes the order that is there.
pub(super) async fn change(
    connection: &mut MySqlConnection,
    order: &Order,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(CHANGE)
        .bind(order.status.text())
        .bind(order.failure.map(Text::text))
        .bind(order.delivery.text())
        .bind(&order.id.as_bytes()[..])
        .bind(&order.request_key.0[..]);
    exactly(connection, query, 1).await
}

fn line<'q>(query: Query<'q>, (order, line, item): &'q (&Order, i64, &OrderItem)) -> Query<'q> {
    query
        .bind(&order.id.as_bytes()[..])
        .bind(*line)
        .bind(&item.product_id.as_bytes()[..])
        .bind(item.seller_id.as_str())
        .bind(i64::from(item.quantity.get()))
        .bind(item.price.amount())
        .bind(item.amount.get())
}
