//! Writes an order: a new one with its items, or what may change of one that is there.

use domain::{Order, OrderItem, Payment};
use serde_json::{Value, json};
use sqlx::SqliteConnection;

use super::{exactly, many};
use crate::rows::{PROVIDER, Text, WALLET};

pub(super) const INSERT: &str = "INSERT INTO orders (id, consumer, request_key, request_digest, \
     status, failure, delivery, items_amount, discount, points_used, paid_amount, earned_points, \
     issued_coupon_id, coupon_id, payment, payment_method, saga_id, created_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
     ON CONFLICT (id) DO NOTHING";

pub(super) const UPDATE: &str = "UPDATE orders SET status = ?3, failure = ?4, delivery = ?5 \
     WHERE id = ?1 AND request_key = ?2";

pub(super) const ITEMS: &str = "INSERT INTO order_items \
     (order_id, line, product_id, seller, quantity, price, amount) \
     SELECT unhex(value ->> 0, '-'), value ->> 1, unhex(value ->> 2, '-'), value ->> 3, \
     value ->> 4, value ->> 5, value ->> 6 FROM json_each(?1)";

/// Inserts the order with its items, or changes the one that is there.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    order: &Order,
) -> Result<(), sqlx::Error> {
    if insert(&mut *connection, order).await? {
        let items: Vec<_> = (0..)
            .zip(&order.items)
            .map(|(line, one)| (order, line, one))
            .collect();
        return many(connection, ITEMS, &items, item).await;
    }
    let query = sqlx::query(UPDATE)
        .bind(&order.id.as_bytes()[..])
        .bind(&order.request_key.0[..])
        .bind(order.status.text())
        .bind(order.failure.map(Text::text))
        .bind(order.delivery.text());
    exactly(connection, query, 1).await
}

/// Whether it was not there yet.
async fn insert(connection: &mut SqliteConnection, order: &Order) -> Result<bool, sqlx::Error> {
    let (copy, coupon) = order.coupon.unzip();
    let (payment, method) = match &order.payment {
        Payment::Wallet => (WALLET, None),
        Payment::Provider(method) => (PROVIDER, method.as_ref()),
    };
    let inserted = sqlx::query(INSERT)
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
        .bind(order.created_at.as_micros())
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() > 0)
}

fn item((order, line, item): &(&Order, u32, &OrderItem)) -> Value {
    json!([
        order.id.to_string(),
        line,
        item.product_id.to_string(),
        item.seller_id.as_str(),
        item.quantity.get(),
        item.price.amount(),
        item.amount.get(),
    ])
}
