//! The audit of the books: what is stored against what its rows add up to, from the rows alone, all on
//! one snapshot.
//!
//! A difference is counted from both sides, so that a stored number without rows shows as well as rows
//! without a stored number.

use std::sync::LazyLock;

use domain::{
    Account, BookSubject, BookViolation, BooksAudit, IssuedCouponId, OrderId, ProductId, SagaId,
    Timestamp,
};
use sqlx::mysql::MySqlRow;
use sqlx::{AssertSqlSafe, Error, MySqlConnection, Row};
use uuid::Uuid;

use crate::rows::{self, valid};
use crate::unit::{LedgerTime, Unit};

/// What is stored as one number: whose a row is, and all (subject, written, counted) that must add up.
type Subject = (fn(&MySqlRow) -> Result<BookSubject, Error>, &'static str);

const SUBJECTS: [Subject; 9] = [
    (
        of_account,
        "SELECT CONCAT('BALANCE:', consumer) AS subject, balance AS written, 0 AS counted \
           FROM wallets \
         UNION ALL SELECT to_account, 0, amount FROM money_entries \
           WHERE to_account LIKE 'BALANCE:%' \
         UNION ALL SELECT from_account, 0, -amount FROM money_entries \
           WHERE from_account LIKE 'BALANCE:%'",
    ),
    (
        of_account,
        "SELECT CONCAT('POINTS:', consumer) AS subject, points AS written, 0 AS counted \
           FROM wallets \
         UNION ALL SELECT to_account, 0, amount FROM money_entries \
           WHERE to_account LIKE 'POINTS:%' \
         UNION ALL SELECT from_account, 0, -amount FROM money_entries \
           WHERE from_account LIKE 'POINTS:%'",
    ),
    (
        of_account,
        "SELECT CONCAT('SELLER:', seller) AS subject, folded AS written, 0 AS counted FROM sellers \
         UNION ALL SELECT to_account, 0, amount FROM money_entries WHERE folded = 1",
    ),
    (
        |row| id(row).map(|id| BookSubject::Stock(ProductId::from_uuid(id))),
        "SELECT id AS subject, stock AS written, 0 AS counted FROM products \
         UNION ALL SELECT product_id, 0, quantity FROM stock_entries",
    ),
    (
        |row| id(row).map(|id| BookSubject::Items(OrderId::from_uuid(id))),
        "SELECT id AS subject, items_amount AS written, 0 AS counted FROM orders \
         UNION ALL SELECT order_id, 0, amount FROM order_items",
    ),
    (
        |row| id(row).map(|id| BookSubject::Sales(OrderId::from_uuid(id))),
        "SELECT id AS subject, CASE status WHEN 'PENDING' THEN points_used \
           WHEN 'PAID' THEN items_amount WHEN 'REFUNDING' THEN items_amount ELSE 0 END AS written, \
           0 AS counted FROM orders \
         UNION ALL SELECT reference, 0, amount FROM money_entries WHERE to_account = 'SALES' \
         UNION ALL SELECT reference, 0, -amount FROM money_entries WHERE from_account = 'SALES'",
    ),
    (
        |row| id(row).map(|id| BookSubject::Taken(OrderId::from_uuid(id))),
        "SELECT i.order_id AS subject, i.quantity AS written, 0 AS counted FROM order_items i \
           JOIN orders o ON o.id = i.order_id WHERE o.status NOT IN ('FAILED', 'REFUNDED') \
         UNION ALL SELECT reference, 0, -quantity FROM stock_entries \
           WHERE kind IN ('RESERVED', 'RELEASED', 'RETURNED')",
    ),
    (
        |row| id(row).map(|id| BookSubject::Uses(IssuedCouponId::from_uuid(id))),
        "SELECT id AS subject, used AS written, 0 AS counted FROM issued_coupons WHERE used <> 0 \
         UNION ALL SELECT issued_coupon_id, 0, 1 FROM holds WHERE state = 'CONFIRMED'",
    ),
    (
        |row| id(row).map(|id| BookSubject::OpenHolds(OrderId::from_uuid(id))),
        "SELECT id AS subject, 1 AS written, 0 AS counted FROM orders \
           WHERE status = 'PENDING' AND coupon_id IS NOT NULL \
         UNION ALL SELECT s.order_id, 0, 1 FROM holds h JOIN sagas s ON s.id = h.saga_id \
           WHERE h.state = 'OPEN'",
    ),
];

/// Sums are decimals, which have room for whatever the rows say.
static DIFFERENCES: LazyLock<[String; SUBJECTS.len()]> = LazyLock::new(|| {
    SUBJECTS.map(|(_, rows)| {
        format!(
            "SELECT subject, CAST(SUM(written) AS CHAR) AS all_stored, \
             CAST(SUM(counted) AS CHAR) AS all_counted FROM ({rows}) AS r \
             GROUP BY subject HAVING SUM(written) <> SUM(counted) ORDER BY subject LIMIT ?"
        )
    })
});

const OVERDUE: &str = "SELECT id FROM sagas FORCE INDEX (sagas_by_next_at) \
     WHERE next_at < ? ORDER BY next_at LIMIT ?";

/// How many there are of what was looked at.
const TOTALS: &str = "SELECT (SELECT COUNT(*) FROM wallets) AS wallets, \
     (SELECT COUNT(*) FROM products) AS products, (SELECT COUNT(*) FROM orders) AS orders, \
     (SELECT COUNT(*) FROM sagas WHERE alive IS NOT NULL) AS live_sagas, \
     (SELECT COUNT(*) FROM sagas WHERE alive = 'STUCK') AS stuck_sagas";

/// Audits the books; to be run on a snapshot. A saga that is due for longer than `grace` microseconds is
/// overdue.
pub(crate) struct AuditBooks {
    pub(crate) grace: i64,
}

impl Unit for AuditBooks {
    type Answer = BooksAudit;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<BooksAudit, Error> {
        // First of all, at the snapshot's own time: a saga that falls due while the books are read is
        // not overdue.
        let now = time.now(&mut *connection).await?;
        let mut audit = totals(&mut *connection).await?;
        for ((subject, _), sql) in SUBJECTS.iter().zip(&*DIFFERENCES) {
            let differences = sqlx::query(AssertSqlSafe(sql.as_str()))
                .bind(BooksAudit::NAMED)
                .try_map(|row| difference(&row, *subject))
                .fetch_all(&mut *connection)
                .await?;
            audit.violations.extend(differences);
        }
        let long_ago = now.plus_micros(self.grace.saturating_neg());
        let overdue = overdue(connection, long_ago).await?;
        audit.violations.extend(overdue);
        Ok(audit)
    }
}

async fn totals(connection: &mut MySqlConnection) -> Result<BooksAudit, Error> {
    sqlx::query(TOTALS)
        .try_map(|row| {
            Ok(BooksAudit {
                wallets: rows::number(&row, "wallets")?,
                products: rows::number(&row, "products")?,
                orders: rows::number(&row, "orders")?,
                live_sagas: rows::number(&row, "live_sagas")?,
                stuck_sagas: rows::number(&row, "stuck_sagas")?,
                violations: Vec::new(),
            })
        })
        .fetch_one(connection)
        .await
}

fn difference(
    row: &MySqlRow,
    subject: fn(&MySqlRow) -> Result<BookSubject, Error>,
) -> Result<BookViolation, Error> {
    Ok(BookViolation::Differs {
        subject: subject(row)?,
        stored: valid(row.try_get::<&str, _>("all_stored")?.parse())?,
        counted: valid(row.try_get::<&str, _>("all_counted")?.parse())?,
    })
}

fn of_account(row: &MySqlRow) -> Result<BookSubject, Error> {
    match valid(row.try_get::<&str, _>("subject")?.parse())? {
        Account::Balance(consumer) => Ok(BookSubject::Balance(consumer)),
        Account::Points(consumer) => Ok(BookSubject::Points(consumer)),
        Account::Seller(seller) => Ok(BookSubject::Seller(seller)),
        other => Err(Error::Decode(format!("no book is kept of {other}").into())),
    }
}

fn id(row: &MySqlRow) -> Result<Uuid, Error> {
    rows::uuid(row, "subject")
}

async fn overdue(
    connection: &mut MySqlConnection,
    long_ago: Timestamp,
) -> Result<Vec<BookViolation>, Error> {
    sqlx::query(OVERDUE)
        .bind(long_ago.as_micros())
        .bind(BooksAudit::NAMED)
        .try_map(|row| {
            let saga = rows::uuid(&row, "id").map(SagaId::from_uuid)?;
            Ok(BookViolation::Overdue(saga))
        })
        .fetch_all(connection)
        .await
}
