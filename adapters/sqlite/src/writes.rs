//! Writes what a decision wants written, in the unit in which it was made. Must write all of it or
//! fail: a row that should be there and is not, or that belongs to something else, is an error, and
//! the unit is undone.
//!
//! Lists go in as one JSON array each, so there is one statement for any number of rows.

mod orders;

use domain::{
    Coupon, Hold, HoldOwner, IssuedCoupon, MoneyEntry, MoneyKind, Product, Saga, SagaTrace,
    StockEntry, Wallet, Writes,
};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite, SqliteConnection};

use crate::rows::{Text, integer};

const COUPON: &str = "UPDATE coupons SET held = ?2, used = ?3 WHERE id = ?1";

const COPY: &str = "UPDATE issued_coupons SET used = ?2 WHERE id = ?1";

/// A hold that is there changes its state and nothing else. (Without `WHERE true` the parser takes
/// what follows for a join.)
const HOLDS: &str = "INSERT INTO holds (id, coupon_id, issued_coupon_id, saga_id, \
     caller, name, seconds, deadline, single_use, order_amount, discount, state, opened_at, live) \
     SELECT unhex(value ->> 0, '-'), unhex(value ->> 1, '-'), unhex(value ->> 2, '-'), \
     unhex(value ->> 3, '-'), value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, \
     value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13 \
     FROM json_each(?1) WHERE true \
     ON CONFLICT (id) DO UPDATE SET state = excluded.state, live = excluded.live \
     WHERE issued_coupon_id = excluded.issued_coupon_id AND saga_id IS excluded.saga_id \
     AND name IS excluded.name";

const PRODUCTS: &str = "UPDATE products SET stock = j.value ->> 1 \
     FROM json_each(?1) j WHERE products.id = unhex(j.value ->> 0, '-')";

const STOCK_ENTRIES: &str = "INSERT INTO stock_entries \
     (reference, product_id, kind, quantity, at) \
     SELECT unhex(value ->> 0, '-'), unhex(value ->> 1, '-'), value ->> 2, value ->> 3, \
     value ->> 4 FROM json_each(?1)";

const WALLET: &str = "INSERT INTO wallets (consumer, balance, points) \
     VALUES (?1, ?2, ?3) ON CONFLICT (consumer) DO UPDATE \
     SET balance = excluded.balance, points = excluded.points";

const MONEY_ENTRIES: &str = "INSERT INTO money_entries \
     (reference, kind, line, from_account, to_account, amount, at, folded) \
     SELECT unhex(value ->> 0, '-'), value ->> 1, value ->> 2, value ->> 3, value ->> 4, \
     value ->> 5, value ->> 6, value ->> 7 FROM json_each(?1)";

const SAGAS: &str = "INSERT INTO sagas (id, order_id, kind, direction, phase, outcome, \
     step, tries, epoch, due_at, last_error, traced, began_at) \
     SELECT unhex(value ->> 0, '-'), unhex(value ->> 1, '-'), value ->> 2, value ->> 3, \
     value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, \
     value ->> 11, value ->> 12 FROM json_each(?1) WHERE true \
     ON CONFLICT (id) DO UPDATE SET direction = excluded.direction, phase = excluded.phase, \
     outcome = excluded.outcome, step = excluded.step, tries = excluded.tries, \
     epoch = excluded.epoch, due_at = excluded.due_at, last_error = excluded.last_error, \
     traced = excluded.traced \
     WHERE order_id = excluded.order_id AND kind = excluded.kind";

const TRACE: &str = "INSERT INTO saga_trace \
     (saga_id, sequence, at, direction, step, event, detail) \
     SELECT unhex(value ->> 0, '-'), value ->> 1, value ->> 2, value ->> 3, value ->> 4, \
     value ->> 5, value ->> 6 FROM json_each(?1)";

/// Writes all of it.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    writes: &Writes,
) -> Result<(), sqlx::Error> {
    if let Some(coupon) = &writes.coupon {
        store_coupon(&mut *connection, coupon).await?;
    }
    if let Some(copy) = &writes.copy {
        store_copy(&mut *connection, copy).await?;
    }
    many(&mut *connection, HOLDS, &writes.holds, hold).await?;
    many(&mut *connection, PRODUCTS, &writes.products, product).await?;
    let entries = &writes.stock_entries;
    many(&mut *connection, STOCK_ENTRIES, entries, stock_entry).await?;
    if let Some(wallet) = &writes.wallet {
        store_wallet(&mut *connection, wallet).await?;
    }
    let entries = &writes.money_entries;
    many(&mut *connection, MONEY_ENTRIES, entries, money_entry).await?;
    if let Some(order) = &writes.order {
        orders::store(&mut *connection, order).await?;
    }
    write_sagas(connection, writes.saga.as_slice(), &writes.trace).await
}

/// Writes sagas, new or changed, and what is to be added to their traces.
pub(crate) async fn write_sagas(
    connection: &mut SqliteConnection,
    sagas: &[Saga],
    trace: &[SagaTrace],
) -> Result<(), sqlx::Error> {
    many(&mut *connection, SAGAS, sagas, saga).await?;
    many(connection, TRACE, trace, trace_entry).await
}

/// Adds an entry of stock that no order has moved.
pub(crate) async fn add_stock_entry(
    connection: &mut SqliteConnection,
    entry: StockEntry,
) -> Result<(), sqlx::Error> {
    many(connection, STOCK_ENTRIES, &[entry], stock_entry).await
}

/// One statement for all of the list; each of it must be one row.
async fn many<T>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    list: &[T],
    row: fn(&T) -> Value,
) -> Result<(), sqlx::Error> {
    if list.is_empty() {
        return Ok(());
    }
    let rows: Vec<Value> = list.iter().map(row).collect();
    let query = sqlx::query(statement).bind(Value::from(rows).to_string());
    exactly(connection, query, list.len()).await
}

type Query<'q> = sqlx::query::Query<'q, Sqlite, SqliteArguments>;

/// Runs the statement, which must change so many rows.
async fn exactly(
    connection: &mut SqliteConnection,
    query: Query<'_>,
    rows: usize,
) -> Result<(), sqlx::Error> {
    let changed = query.execute(connection).await?.rows_affected();
    if usize::try_from(changed) == Ok(rows) {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

async fn store_coupon(
    connection: &mut SqliteConnection,
    coupon: &Coupon,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(COUPON)
        .bind(&coupon.id.as_bytes()[..])
        .bind(integer(coupon.counters.held))
        .bind(integer(coupon.counters.used));
    exactly(connection, query, 1).await
}

async fn store_copy(
    connection: &mut SqliteConnection,
    copy: &IssuedCoupon,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(COPY)
        .bind(&copy.id.as_bytes()[..])
        .bind(integer(copy.used));
    exactly(connection, query, 1).await
}

async fn store_wallet(
    connection: &mut SqliteConnection,
    wallet: &Wallet,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query(WALLET)
        .bind(wallet.consumer_id.as_str())
        .bind(wallet.balance.get())
        .bind(wallet.points.get());
    exactly(connection, query, 1).await
}

fn hold(hold: &Hold) -> Value {
    let (saga, caller) = match &hold.owner {
        HoldOwner::Saga(saga) => (Some(saga.to_string()), None),
        HoldOwner::Caller {
            caller_id,
            name,
            seconds,
            deadline,
        } => (None, Some((caller_id, name, seconds, deadline))),
    };
    json!([
        hold.id.to_string(),
        hold.coupon_id.to_string(),
        hold.issued_coupon_id.to_string(),
        saga,
        caller.map(|(caller_id, ..)| caller_id.as_str()),
        caller.map(|(_, name, ..)| name.as_str()),
        caller.map(|(.., seconds, _)| seconds.get()),
        caller.map(|(.., deadline)| deadline.as_micros()),
        i64::from(hold.single_use),
        hold.order_amount.get(),
        hold.discount.get(),
        hold.state.text(),
        hold.opened_at.as_micros(),
        (hold.single_use && hold.is_live()).then_some(1),
    ])
}

fn product(product: &Product) -> Value {
    json!([product.id.to_string(), product.stock.get()])
}

fn stock_entry(entry: &StockEntry) -> Value {
    json!([
        entry.reference.to_string(),
        entry.product_id.to_string(),
        entry.kind.text(),
        entry.quantity,
        entry.at.as_micros(),
    ])
}

fn money_entry(entry: &MoneyEntry) -> Value {
    json!([
        entry.reference.to_string(),
        entry.kind.text(),
        entry.line,
        entry.from.to_string(),
        entry.to.to_string(),
        entry.amount.get(),
        entry.at.as_micros(),
        (entry.kind == MoneyKind::Sale).then_some(0),
    ])
}

fn saga(saga: &Saga) -> Value {
    json!([
        saga.id.to_string(),
        saga.order_id.to_string(),
        saga.kind.text(),
        saga.direction.text(),
        saga.phase.text(),
        saga.outcome.map(Text::text),
        saga.step.text(),
        saga.tries,
        integer(saga.epoch),
        saga.due_at.as_micros(),
        saga.last_error,
        saga.traced,
        saga.began_at.as_micros(),
    ])
}

fn trace_entry(entry: &SagaTrace) -> Value {
    json!([
        entry.saga_id.to_string(),
        entry.sequence,
        entry.at.as_micros(),
        entry.direction.text(),
        entry.step.text(),
        entry.event.text(),
        entry.detail,
    ])
}

#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 12] = [
    COUPON,
    COPY,
    HOLDS,
    PRODUCTS,
    STOCK_ENTRIES,
    WALLET,
    MONEY_ENTRIES,
    SAGAS,
    TRACE,
    orders::INSERT,
    orders::UPDATE,
    orders::ITEMS,
];

#[cfg(test)]
mod tests;
