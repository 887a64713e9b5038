//! The stores' own limit: rows into the ledger's hot table, many in one statement, one statement in
//! one transaction, at the size that suits the store best; held against batches of the ledger.

use std::time::{Duration, Instant};

use domain::ports::Clock;
use firstcome::SystemClock;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, SqlSafeStr, SqliteConnection};
use uuid::Uuid;

use crate::{
    given::{self, AnyLedger},
    report::{Goal, Row},
};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Rows per statement that are tried.
const SIZES: [usize; 5] = [64, 256, 512, 1_000, 2_000];
/// What a lane takes at once.
const BATCH: usize = 1_000;

/// A connection to a store, for statements by hand.
pub enum ByHand {
    Sqlite(SqliteConnection),
    MySql(MySqlConnection),
}

/// The ledger in batches against the limit of its store.
pub async fn row(name: &'static str, ledger: AnyLedger, mut by_hand: ByHand) -> Row {
    let best = by_hand.best_size().await;
    eprintln!("{name}: the store's best size is {best} rows");
    let coupon = given::coupon(&*ledger, given::issue_coupon()).await;
    let mut row = Row::new(name, "the store's multi-row limit");
    for _ in 0..ROUNDS {
        let (begun, mut issued) = (Instant::now(), 0_usize);
        while begun.elapsed() < ROUND {
            issued += given::issue(&*ledger, &coupon, BATCH).await.len();
        }
        let ours = per_second(issued, begun);
        row.add(ours, by_hand.rows_per_second(best).await);
    }
    row.goal(Goal::AtLeast(0.6))
}

fn per_second(rows: usize, since: Instant) -> f64 {
    f64::from(u32::try_from(rows).unwrap()) / since.elapsed().as_secs_f64()
}

impl ByHand {
    async fn best_size(&mut self) -> usize {
        let mut best = (0.0, 0);
        for size in SIZES {
            let rows = self.rows_per_second(size).await;
            if rows > best.0 {
                best = (rows, size);
            }
        }
        best.1
    }

    async fn rows_per_second(&mut self, size: usize) -> f64 {
        const HEAD: &str = "INSERT INTO issued_coupons (id, coupon_id, consumer, scope, ordinal, \
             state, used, request_key, issued_at) VALUES ";
        let places = vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; size].join(", ");
        let sql = AssertSqlSafe(format!("{HEAD}{places}")).into_sql_str();
        let coupon = Uuid::now_v7();
        let now = SystemClock.now().as_micros();
        let (begun, mut rows) = (Instant::now(), 0);
        macro_rules! insert {
            ($connection:expr) => {{
                let mut query = sqlx::query(sql.clone());
                for _ in 0..size {
                    query = query
                        .bind(Uuid::now_v7().as_bytes().to_vec())
                        .bind(&coupon.as_bytes()[..])
                        .bind(Uuid::new_v4().to_string())
                        .bind(&coupon.as_bytes()[..])
                        .bind(0_i64)
                        .bind("ACTIVE")
                        .bind(0_i64)
                        .bind(None::<Vec<u8>>)
                        .bind(now);
                }
                let mut unit = $connection.begin().await.unwrap();
                query.execute(&mut *unit).await.unwrap();
                unit.commit().await.unwrap();
            }};
        }
        while begun.elapsed() < ROUND {
            match self {
                Self::Sqlite(connection) => insert!(connection),
                Self::MySql(connection) => insert!(connection),
            }
            rows += size;
        }
        per_second(rows, begun)
    }
}
