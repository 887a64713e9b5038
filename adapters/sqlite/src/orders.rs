//! One order, and all around it, read inside a unit.

use domain::ports::KeyScope;
use domain::{Order, OrderId, OrderReading};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows::{self, order_columns};
use crate::{holds, products, sagas, using, wallets};

pub(crate) const WITH_ID: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders o WHERE o.id = ?1"
);

pub(crate) const WITH_KEY: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders o WHERE o.request_key = ?1"
);

/// The order with this id.
pub(crate) async fn with_id(
    executor: impl SqliteExecutor<'_>,
    id: OrderId,
) -> Result<Option<Order>, sqlx::Error> {
    sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::order(&row))
        .fetch_optional(executor)
        .await
}

/// The order that was placed under this key.
pub(crate) async fn with_key(
    executor: impl SqliteExecutor<'_>,
    key: KeyScope,
) -> Result<Option<Order>, sqlx::Error> {
    sqlx::query(WITH_KEY)
        .bind(&key.0[..])
        .try_map(|row| rows::order(&row))
        .fetch_optional(executor)
        .await
}

/// The order with this id and all that a decision about it is made from.
pub(crate) async fn reading_of(
    connection: &mut SqliteConnection,
    id: OrderId,
) -> Result<Option<OrderReading>, sqlx::Error> {
    let Some(order) = with_id(&mut *connection, id).await? else {
        return Ok(None);
    };
    let using = match order.coupon {
        None => None,
        Some(_) => {
            let hold = holds::of_saga(&mut *connection, order.saga_id).await?;
            let hold = hold.ok_or(sqlx::Error::RowNotFound)?;
            Some(using::of_hold(&mut *connection, hold).await?)
        }
    };
    let lines = order.items.iter().map(|item| item.product_id);
    let reading = OrderReading {
        sagas: sagas::of_order(&mut *connection, id).await?,
        using,
        products: products::with_ids(&mut *connection, lines).await?,
        wallet: wallets::of_consumer(connection, &order.consumer_id).await?,
        order,
    };
    Ok(Some(reading))
}
