//! Writes what a decision wants written, in the unit in which it was made. Must write all of it or
//! fail: a row that should be there and is not, or that belongs to something else, is an error, and
//! the unit is undone.
//!
//! What is there is changed, what is new is inserted; which it is, the values say. An upsert would
//! take any row that stands in the way, by whatever key, for the one that is meant.

mod orders;

use std::sync::LazyLock;

use domain::{
    Coupon, Hold, HoldOwner, HoldState, IssuedCoupon, MoneyEntry, MoneyKind, Product, Saga, SagaId,
    SagaTrace, StockEntry, Wallet, Writes,
};
use sqlx::mysql::MySqlArguments;
use sqlx::{MySql, MySqlConnection};

use crate::rows::{Text, integer};
use crate::shapes::Shapes;

static INSERT_HOLDS: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "INSERT INTO holds (id, coupon_id, issued_coupon_id, saga_id, caller, name, \
         seconds, deadline, single_use, order_amount, discount, state, opened_at) VALUES ";
    Shapes::new(HEAD, "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "")
});

/// By the primary key, so that no other row is locked on the way.
static CHANGE_HOLDS: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "UPDATE holds FORCE INDEX (PRIMARY) SET state = ? \
         WHERE coupon_id = ? AND id IN (";
    Shapes::new(HEAD, "?", ")")
});

/// As [`CHANGE_HOLDS`].
static CHANGE_PRODUCTS: LazyLock<Shapes> = LazyLock::new(|| {
    Shapes::of(|size| {
        let stocks = vec!["WHEN ? THEN ?"; size].join(" ");
        let ids = vec!["?"; size].join(", ");
        format!(
            "UPDATE products FORCE INDEX (PRIMARY) SET stock = CASE id {stocks} END \
             WHERE id IN ({ids})"
        )
    })
});

static STOCK_ENTRIES: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str =
        "INSERT INTO stock_entries (reference, product_id, kind, quantity, at) VALUES ";
    Shapes::new(HEAD, "(?, ?, ?, ?, ?)", "")
});

static MONEY_ENTRIES: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "INSERT INTO money_entries \
         (reference, kind, line, from_account, to_account, amount, at, folded) VALUES ";
    Shapes::new(HEAD, "(?, ?, ?, ?, ?, ?, ?, ?)", "")
});

static TRACE: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "INSERT INTO saga_trace \
         (saga_id, sequence, at, direction, step, event, detail) VALUES ";
    Shapes::new(HEAD, "(?, ?, ?, ?, ?, ?, ?)", "")
});

/// Writes all of it.
pub(crate) async fn write(
    connection: &mut MySqlConnection,
    writes: &Writes,
) -> Result<(), sqlx::Error> {
    let begun = writes.saga.as_ref().filter(|saga| is_new(saga));
    let begun = begun.map(|saga| saga.id);
    if let Some(coupon) = &writes.coupon {
        store_coupon(&mut *connection, coupon).await?;
    }
    if let Some(copy) = &writes.copy {
        store_copy(&mut *connection, copy).await?;
    }
    store_holds(&mut *connection, &writes.holds, begun).await?;
    store_products(&mut *connection, &writes.products).await?;
    let entries = &writes.stock_entries;
    insert(&mut *connection, &STOCK_ENTRIES, entries, stock_entry).await?;
    if let Some(wallet) = &writes.wallet {
        store_wallet(&mut *connection, wallet).await?;
    }
    let entries = &writes.money_entries;
    insert(&mut *connection, &MONEY_ENTRIES, entries, money_entry).await?;
    if let Some(order) = &writes.order {
        if begun == Some(order.saga_id) {
            orders::insert(&mut *connection, order).await?;
        } else {
            orders::change(&mut *connection, order).await?;
        }
    }
    write_sagas(connection, writes.saga.as_slice(), &writes.trace).await
}

/// Writes sagas, new or changed, and what is to be added to their traces.
pub(crate) async fn write_sagas(
    connection: &mut MySqlConnection,
    sagas: &[Saga],
    trace: &[SagaTrace],
) -> Result<(), sqlx::Error> {
    for saga in sagas {
        if is_new(saga) {
            insert_saga(&mut *connection, saga).await?;
        } else {
            change_saga(&mut *connection, saga).await?;
        }
    }
    insert(connection, &TRACE, trace, trace_entry).await
}

/// Adds an entry of stock that no order has moved.
pub(crate) async fn add_stock_entry(
    connection: &mut MySqlConnection,
    entry: StockEntry,
) -> Result<(), sqlx::Error> {
    insert(connection, &STOCK_ENTRIES, &[entry], stock_entry).await
}

/// Every change raises a saga's epoch.
const fn is_new(saga: &Saga) -> bool {
    saga.epoch == 1
}

type Query<'q> = sqlx::query::Query<'q, MySql, MySqlArguments>;

/// Inserts rows, in few statements.
async fn insert<T>(
    connection: &mut MySqlConnection,
    shapes: &Shapes,
    rows: &[T],
    bind: for<'q> fn(Query<'q>, &'q T) -> Query<'q>,
) -> Result<(), sqlx::Error> {
    for (sql, rows) in shapes.split(rows) {
        let query = rows.iter().fold(sqlx::query(sql), bind);
        exactly(&mut *connection, query, rows.len()).await?;
    }
    Ok(())
}

/// Runs the statement, which must insert or find so many rows.
async fn exactly(
    connection: &mut MySqlConnection,
    query: Query<'_>,
    rows: usize,
) -> Result<(), sqlx::Error> {
    let found = query.execute(connection).await?.rows_affected();
    if usize::try_from(found) == Ok(rows) {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

async fn store_coupon(
    connection: &mut MySqlConnection,
    coupon: &Coupon,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("UPDATE coupons SET held = ?, used = ? WHERE id = ?")
        .bind(integer(coupon.counters.held))
        .bind(integer(coupon.counters.used))
        .bind(&coupon.id.as_bytes()[..]);
    exactly(connection, query, 1).await
}

async fn store_copy(
    connection: &mut MySqlConnection,
    copy: &IssuedCoupon,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("UPDATE issued_coupons SET used = ? WHERE id = ?")
        .bind(integer(copy.used))
        .bind(&copy.id.as_bytes()[..]);
    exactly(connection, query, 1).await
}

/// A hold is new with the saga that owns it, or when it is a caller's and OPEN: one that is there
/// never becomes that again.
async fn store_holds(
    connection: &mut MySqlConnection,
    holds: &[Hold],
    begun: Option<SagaId>,
) -> Result<(), sqlx::Error> {
    let (new, there): (Vec<_>, Vec<_>) = holds.iter().partition(|hold| match hold.owner {
        HoldOwner::Saga(saga) => begun == Some(saga),
        HoldOwner::Caller { .. } => hold.state == HoldState::Open,
    });
    for alike in
        there.chunk_by(|one, next| (one.coupon_id, one.state) == (next.coupon_id, next.state))
    {
        change_holds(&mut *connection, alike).await?;
    }
    insert(connection, &INSERT_HOLDS, &new, |query, hold| {
        bind_hold(query, hold)
    })
    .await
}

/// Of one coupon, to one state.
async fn change_holds(
    connection: &mut MySqlConnection,
    holds: &[&Hold],
) -> Result<(), sqlx::Error> {
    let Some(first) = holds.first() else {
        return Ok(());
    };
    let mut found = 0;
    for (sql, holds) in CHANGE_HOLDS.padded(holds) {
        let mut query = sqlx::query(sql)
            .bind(first.state.text())
            .bind(&first.coupon_id.as_bytes()[..]);
        for hold in holds {
            query = query.bind(&hold.id.as_bytes()[..]);
        }
        found += query.execute(&mut *connection).await?.rows_affected();
    }
    all_of(holds.len(), found)
}

async fn store_products(
    connection: &mut MySqlConnection,
    products: &[Product],
) -> Result<(), sqlx::Error> {
    let mut found = 0;
    for (sql, products) in CHANGE_PRODUCTS.padded(products) {
        let products: Vec<&Product> = products.collect();
        let mut query = sqlx::query(sql);
        for product in &products {
            query = query
                .bind(&product.id.as_bytes()[..])
                .bind(i64::from(product.stock.get()));
        }
        for product in &products {
            query = query.bind(&product.id.as_bytes()[..]);
        }
        found += query.execute(&mut *connection).await?.rows_affected();
    }
    all_of(products.len(), found)
}

fn all_of(rows: usize, found: u64) -> Result<(), sqlx::Error> {
    if usize::try_from(found) == Ok(rows) {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

/// Whoever locks a wallet makes its row, so it is there.
async fn store_wallet(
    connection: &mut MySqlConnection,
    wallet: &Wallet,
) -> Result<(), sqlx::Error> {
    let query = sqlx::query("UPDATE wallets SET balance = ?, points = ? WHERE consumer = ?")
        .bind(wallet.balance.get())
        .bind(wallet.points.get())
        .bind(wallet.consumer_id.as_str());
    exactly(connection, query, 1).await
}

async fn insert_saga(connection: &mut MySqlConnection, saga: &Saga) -> Result<(), sqlx::Error> {
    const INSERT: &str = "INSERT INTO sagas (direction, phase, outcome, step, tries, epoch, due_at, \
         last_error, traced, id, order_id, kind, began_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let query = bind_saga(sqlx::query(INSERT), saga).bind(saga.began_at.as_micros());
    exactly(connection, query, 1).await
}

async fn change_saga(connection: &mut MySqlConnection, saga: &Saga) -> Result<(), sqlx::Error> {
    const CHANGE: &str = "UPDATE sagas FORCE INDEX (PRIMARY) SET direction = ?, phase = ?, outcome = ?, step = ?, \
         tries = ?, epoch = ?, due_at = ?, last_error = ?, traced = ? \
         WHERE id = ? AND order_id = ? AND kind = ?";
    exactly(connection, bind_saga(sqlx::query(CHANGE), saga), 1).await
}

/// What may change, then what may not.
fn bind_saga<'q>(query: Query<'q>, saga: &'q Saga) -> Query<'q> {
    query
        .bind(saga.direction.text())
        .bind(saga.phase.text())
        .bind(saga.outcome.map(Text::text))
        .bind(saga.step.text())
        .bind(i64::from(saga.tries))
        .bind(integer(saga.epoch))
        .bind(saga.due_at.as_micros())
        .bind(saga.last_error.as_deref())
        .bind(i64::from(saga.traced))
        .bind(&saga.id.as_bytes()[..])
        .bind(&saga.order_id.as_bytes()[..])
        .bind(saga.kind.text())
}

fn bind_hold<'q>(query: Query<'q>, hold: &'q Hold) -> Query<'q> {
    let (saga, caller) = match &hold.owner {
        HoldOwner::Saga(saga) => (Some(saga), None),
        HoldOwner::Caller {
            caller_id,
            name,
            seconds,
            deadline,
        } => (None, Some((caller_id, name, seconds, deadline))),
    };
    query
        .bind(&hold.id.as_bytes()[..])
        .bind(&hold.coupon_id.as_bytes()[..])
        .bind(&hold.issued_coupon_id.as_bytes()[..])
        .bind(saga.map(|saga| &saga.as_bytes()[..]))
        .bind(caller.map(|(caller_id, ..)| caller_id.as_str()))
        .bind(caller.map(|(_, name, ..)| name.as_str()))
        .bind(caller.map(|(.., seconds, _)| i64::from(seconds.get())))
        .bind(caller.map(|(.., deadline)| deadline.as_micros()))
        .bind(hold.single_use)
        .bind(hold.order_amount.get())
        .bind(hold.discount.get())
        .bind(hold.state.text())
        .bind(hold.opened_at.as_micros())
}

fn stock_entry<'q>(query: Query<'q>, entry: &'q StockEntry) -> Query<'q> {
    query
        .bind(&entry.reference.as_bytes()[..])
        .bind(&entry.product_id.as_bytes()[..])
        .bind(entry.kind.text())
        .bind(entry.quantity)
        .bind(entry.at.as_micros())
}

fn money_entry<'q>(query: Query<'q>, entry: &'q MoneyEntry) -> Query<'q> {
    query
        .bind(&entry.reference.as_bytes()[..])
        .bind(entry.kind.text())
        .bind(i64::from(entry.line))
        .bind(entry.from.to_string())
        .bind(entry.to.to_string())
        .bind(entry.amount.get())
        .bind(entry.at.as_micros())
        .bind((entry.kind == MoneyKind::Sale).then_some(false))
}

fn trace_entry<'q>(query: Query<'q>, entry: &'q SagaTrace) -> Query<'q> {
    query
        .bind(&entry.saga_id.as_bytes()[..])
        .bind(i64::from(entry.sequence))
        .bind(entry.at.as_micros())
        .bind(entry.direction.text())
        .bind(entry.step.text())
        .bind(entry.event.text())
        .bind(entry.detail.as_deref())
}
