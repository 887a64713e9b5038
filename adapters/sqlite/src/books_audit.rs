//! The audit of the books: what is stored against what its rows add up to, from the rows alone.
//!
//! One statement, hence one snapshot: a UNION of questions, each of which answers rows of (question,
//! key, stored, counted). A difference is counted from both sides, so that a stored number without
//! rows shows as well as rows without a stored number.

use std::sync::LazyLock;

use domain::{
    Account, BookSubject, BookViolation, BooksAudit, IssuedCouponId, OrderId, ProductId, SagaId,
    Timestamp,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Error, Row, SqliteExecutor};
use uuid::Uuid;

use crate::rows::valid;

/// What is stored as one number: its name, and all (key, stored, counted) that must add up.
const SUBJECTS: [(&str, &str); 9] = [
    (
        "BALANCE",
        "SELECT 'BALANCE:' || consumer, balance, 0 FROM wallets \
         UNION ALL SELECT to_account, 0, amount FROM money_entries \
           WHERE to_account GLOB 'BALANCE:*' \
         UNION ALL SELECT from_account, 0, -amount FROM money_entries \
           WHERE from_account GLOB 'BALANCE:*'",
    ),
    (
        "POINTS",
        "SELECT 'POINTS:' || consumer, points, 0 FROM wallets \
         UNION ALL SELECT to_account, 0, amount FROM money_entries \
           WHERE to_account GLOB 'POINTS:*' \
         UNION ALL SELECT from_account, 0, -amount FROM money_entries \
           WHERE from_account GLOB 'POINTS:*'",
    ),
    (
        "SELLER",
        "SELECT 'SELLER:' || seller, folded, 0 FROM sellers \
         UNION ALL SELECT to_account, 0, amount FROM money_entries WHERE folded = 1",
    ),
    (
        "STOCK",
        "SELECT id, stock, 0 FROM products \
         UNION ALL SELECT product_id, 0, quantity FROM stock_entries",
    ),
    (
        "ITEMS",
        "SELECT id, items_amount, 0 FROM orders \
         UNION ALL SELECT order_id, 0, amount FROM order_items",
    ),
    (
        "SALES",
        "SELECT id, CASE status WHEN 'PENDING' THEN points_used WHEN 'PAID' THEN items_amount \
           WHEN 'REFUNDING' THEN items_amount ELSE 0 END, 0 FROM orders \
         UNION ALL SELECT reference, 0, amount FROM money_entries WHERE to_account = 'SALES' \
         UNION ALL SELECT reference, 0, -amount FROM money_entries WHERE from_account = 'SALES'",
    ),
    (
        "TAKEN",
        "SELECT i.order_id, i.quantity, 0 FROM order_items i JOIN orders o ON o.id = i.order_id \
           WHERE o.status NOT IN ('FAILED', 'REFUNDED') \
         UNION ALL SELECT reference, 0, -quantity FROM stock_entries \
           WHERE kind IN ('RESERVED', 'RELEASED', 'RETURNED')",
    ),
    (
        "USES",
        "SELECT id, used, 0 FROM issued_coupons WHERE used <> 0 \
         UNION ALL SELECT issued_coupon_id, 0, 1 FROM holds WHERE state = 'CONFIRMED'",
    ),
    (
        "OPEN_HOLDS",
        "SELECT id, 1, 0 FROM orders WHERE status = 'PENDING' AND coupon_id IS NOT NULL \
         UNION ALL SELECT s.order_id, 0, 1 FROM holds h JOIN sagas s ON s.id = h.saga_id \
           WHERE h.state = 'OPEN'",
    ),
];

/// Sagas that are overdue, and how many there are of what was looked at.
const OTHERS: &str = "SELECT * FROM (SELECT 'OVERDUE', id, 0, 0 FROM sagas \
       WHERE phase IN ('RUNNING', 'PARKED') AND due_at < ?2 ORDER BY due_at LIMIT ?1) \
     UNION ALL SELECT 'WALLETS', NULL, 0, count(*) FROM wallets \
     UNION ALL SELECT 'PRODUCTS', NULL, 0, count(*) FROM products \
     UNION ALL SELECT 'ORDERS', NULL, 0, count(*) FROM orders \
     UNION ALL SELECT 'LIVE_SAGAS', NULL, 0, count(*) FROM sagas WHERE phase <> 'DONE' \
     UNION ALL SELECT 'STUCK_SAGAS', NULL, 0, count(*) FROM sagas \
       WHERE phase = 'STUCK' AND phase <> 'DONE'";

static AUDIT: LazyLock<String> = LazyLock::new(|| {
    let differences = SUBJECTS.map(|(name, rows)| {
        format!(
            "SELECT * FROM (WITH r (key, stored, counted) AS ({rows}) \
             SELECT '{name}', key, sum(stored) AS all_stored, sum(counted) AS all_counted FROM r \
             GROUP BY key HAVING all_stored <> all_counted ORDER BY key LIMIT ?1)"
        )
    });
    format!("{} UNION ALL {OTHERS}", differences.join(" UNION ALL "))
});

/// Audits the books; a saga that is due since before `long_ago` is overdue.
pub(crate) async fn audit(
    executor: impl SqliteExecutor<'_>,
    long_ago: Timestamp,
) -> Result<BooksAudit, Error> {
    let rows = sqlx::query(AssertSqlSafe(AUDIT.as_str()))
        .bind(BooksAudit::NAMED)
        .bind(long_ago.as_micros())
        .fetch_all(executor)
        .await?;
    let mut audit = BooksAudit::default();
    for row in rows {
        note(&mut audit, &row)?;
    }
    Ok(audit)
}

/// Notes what one row says.
fn note(audit: &mut BooksAudit, row: &SqliteRow) -> Result<(), Error> {
    let counted: i64 = row.try_get(3)?;
    let total = || valid(u64::try_from(counted));
    match row.try_get(0)? {
        "WALLETS" => audit.wallets = total()?,
        "PRODUCTS" => audit.products = total()?,
        "ORDERS" => audit.orders = total()?,
        "LIVE_SAGAS" => audit.live_sagas = total()?,
        "STUCK_SAGAS" => audit.stuck_sagas = total()?,
        "OVERDUE" => {
            let saga = SagaId::from_uuid(id(row)?);
            audit.violations.push(BookViolation::Overdue(saga));
        }
        name => audit.violations.push(BookViolation::Differs {
            subject: subject(name, row)?,
            stored: row.try_get(2)?,
            counted,
        }),
    }
    Ok(())
}

fn subject(name: &str, row: &SqliteRow) -> Result<BookSubject, Error> {
    Ok(match name {
        "STOCK" => BookSubject::Stock(ProductId::from_uuid(id(row)?)),
        "ITEMS" => BookSubject::Items(OrderId::from_uuid(id(row)?)),
        "SALES" => BookSubject::Sales(OrderId::from_uuid(id(row)?)),
        "TAKEN" => BookSubject::Taken(OrderId::from_uuid(id(row)?)),
        "USES" => BookSubject::Uses(IssuedCouponId::from_uuid(id(row)?)),
        "OPEN_HOLDS" => BookSubject::OpenHolds(OrderId::from_uuid(id(row)?)),
        _ => match valid(row.try_get::<&str, _>(1)?.parse())? {
            Account::Balance(consumer) => BookSubject::Balance(consumer),
            Account::Points(consumer) => BookSubject::Points(consumer),
            Account::Seller(seller) => BookSubject::Seller(seller),
            other => return Err(Error::Decode(format!("no book is kept of {other}").into())),
        },
    })
}

fn id(row: &SqliteRow) -> Result<Uuid, Error> {
    valid(Uuid::from_slice(row.try_get(1)?))
}

#[cfg(test)]
mod tests;
