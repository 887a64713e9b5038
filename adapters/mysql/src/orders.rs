//! One order, and all around it, read inside a unit.

use domain::ports::KeyScope;
use domain::{Order, OrderId, OrderReading, Wallet};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::rows::{self, order_columns};
use crate::{products, sagas, using, wallets};

const WITH_ID: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders o LEFT JOIN order_items l FORCE INDEX (PRIMARY) ON l.order_id = o.id WHERE o.id = ? ORDER BY l.line"
);

const WITH_KEY: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders o LEFT JOIN order_items l FORCE INDEX (PRIMARY) ON l.order_id = o.id \
      WHERE o.request_key = ? ORDER BY l.line"
);

/// Only what may change: a join would lock the items too.
const LOCKED: &str = "SELECT status, failure, delivery FROM orders WHERE id = ? FOR UPDATE";

/// The order with this id.
pub(crate) async fn with_id(
    executor: impl MySqlExecutor<'_>,
    id: OrderId,
) -> Result<Option<Order>, sqlx::Error> {
    let rows = sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .fetch_all(executor)
        .await?;
    Ok(rows::orders(&rows)?.pop())
}

/// The order that was placed under this key.
pub(crate) async fn with_key(
    executor: impl MySqlExecutor<'_>,
    key: KeyScope,
) -> Result<Option<Order>, sqlx::Error> {
    let rows = sqlx::query(WITH_KEY)
        .bind(&key.0[..])
        .fetch_all(executor)
        .await?;
    Ok(rows::orders(&rows)?.pop())
}

/// The order, of which what never changes is known, and all that a decision about it is made from,
/// locked until the unit's end; and whether its consumer has a wallet.
pub(crate) async fn locked(
    connection: &mut MySqlConnection,
    known: &Order,
) -> Result<(OrderReading, bool), sqlx::Error> {
    let using = match known.coupon {
        None => None,
        Some(copy) => Some(using::of_saga(&mut *connection, known.saga_id, copy).await?),
    };
    let order = sqlx::query(LOCKED)
        .bind(&known.id.as_bytes()[..])
        .try_map(|row| rows::order_now(&row, known.clone()))
        .fetch_one(&mut *connection)
        .await?;
    let sagas = sagas::locked_of_order(&mut *connection, known.id).await?;
    let lines = known.items.iter().map(|item| item.product_id);
    let products = products::locked(&mut *connection, lines).await?;
    let wallet = wallets::locked(connection, &known.consumer_id).await?;
    let has_wallet = wallet.is_some();
    let reading = OrderReading {
        order,
        sagas,
        using,
        products,
        wallet: wallet.unwrap_or_else(|| Wallet::empty(known.consumer_id.clone())),
    };
    Ok((reading, has_wallet))
}
