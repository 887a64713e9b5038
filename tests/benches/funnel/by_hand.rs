//! What placing an order asks of a store, written by hand: one transaction per order, with the
//! durability of the ledger's own and its settings that matter here; on SQLite one order after the
//! other, on MariaDB over as many connections as suit it best. The ledger commits what arrives
//! together, this does not: that is what a ratio above 1 comes from.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use firstcome_tests::servers::{Database, User};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, MySqlConnection, SqlSafeStr, SqlStr,
    SqliteConnection,
    mysql::MySqlConnectOptions,
    query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::orders::Prepared;

/// What is read without a coupon. Of what is bound, ?1 is the order, ?2 the product, ?3 the consumer,
/// ?4 the key, ?5 the saga, ?6 the copy, ?7 the coupon, ?8 the discount, ?9 the policy.
const READS: [&str; 3] = [
    "SELECT id FROM orders WHERE request_key = ?4",
    "SELECT id, seller, name, description, price, stock, created_at FROM products WHERE id = ?2",
    "SELECT balance, points FROM wallets WHERE consumer = ?3",
];

/// What is read of a coupon.
const COUPON_READS: [&str; 4] = [
    "SELECT i.*, c.event_id, c.expires_at FROM issued_coupons i \
     JOIN coupons c ON c.id = i.coupon_id WHERE i.id = ?6",
    "SELECT c.*, e.starts_at, e.ends_at FROM coupons c \
     JOIN events e ON e.id = c.event_id WHERE c.id = ?7",
    "SELECT * FROM discount_policies WHERE id = ?9",
    "SELECT * FROM holds WHERE issued_coupon_id = ?6 AND live = 1",
];

/// What is written.
const WRITES: [&str; 8] = [
    "UPDATE products SET stock = stock - 1 WHERE id = ?2",
    "INSERT INTO stock_entries (reference, product_id, kind, quantity, at) \
     VALUES (?1, ?2, 'RESERVED', -1, 1)",
    "UPDATE wallets SET balance = balance - (1000 - ?8) WHERE consumer = ?3",
    "INSERT INTO money_entries (reference, kind, line, from_account, to_account, amount, at) \
     VALUES (?1, 'PAYMENT', 0, CONCAT('BALANCE:', ?3), 'SALES', 1000 - ?8, 1)",
    "INSERT INTO orders (id, consumer, request_key, request_digest, status, delivery, \
     items_amount, discount, points_used, paid_amount, earned_points, issued_coupon_id, coupon_id, \
     payment, saga_id, created_at) VALUES (?1, ?3, ?4, ?4, 'PAID', 'BEFORE_DELIVERY', 1000, ?8, \
     0, 1000 - ?8, 22, ?6, ?7, 'WALLET', ?5, 1)",
    "INSERT INTO order_items (order_id, line, product_id, seller, quantity, price, amount) \
     VALUES (?1, 0, ?2, 'seller', 1, 1000, 1000)",
    "INSERT INTO sagas (id, order_id, kind, direction, phase, outcome, step, tries, epoch, due_at, \
     traced, began_at) VALUES (?5, ?1, 'PURCHASE', 'FORWARD', 'DONE', 'COMPLETED', 'COMPLETE', \
     0, 1, 1, 1, 1)",
    "INSERT INTO saga_trace (saga_id, sequence, at, direction, step, event) \
     VALUES (?5, 0, 1, 'FORWARD', 'COMPLETE', 'SUCCEEDED')",
];

/// What is written of a coupon.
const COUPON_WRITES: [&str; 3] = [
    "UPDATE coupons SET used = used + 1 WHERE id = ?7",
    "UPDATE issued_coupons SET used = 1 WHERE id = ?6",
    "INSERT INTO money_entries (reference, kind, line, from_account, to_account, amount, at) \
     VALUES (?1, 'DISCOUNT', 0, 'DISCOUNTS', 'SALES', ?8, 1)",
];

/// And the hold: whether it is live, SQLite is told, and MariaDB knows.
const SQLITE_HOLD: &str = "INSERT INTO holds (id, coupon_id, issued_coupon_id, saga_id, single_use, \
     order_amount, discount, state, opened_at, live) \
     VALUES (?1, ?7, ?6, ?5, 1, 1000, ?8, 'CONFIRMED', 1, 1)";
const MYSQL_HOLD: &str = "INSERT INTO holds (id, coupon_id, issued_coupon_id, saga_id, single_use, \
     order_amount, discount, state, opened_at) \
     VALUES (?1, ?7, ?6, ?5, 1, 1000, ?8, 'CONFIRMED', 1)";

/// A statement with the numbers of what is bound to its places.
struct Statement {
    sql: SqlStr,
    bound: Vec<usize>,
}

impl Statement {
    /// Of a statement with ?1 to ?9: MariaDB does not know numbers.
    fn of(numbered: &str) -> Self {
        let (mut sql, mut bound) = (String::new(), Vec::new());
        let mut parts = numbered.split('?');
        sql.push_str(parts.next().unwrap());
        for part in parts {
            bound.push(part[..1].parse().unwrap());
            sql.push('?');
            sql.push_str(&part[1..]);
        }
        let sql = AssertSqlSafe(sql).into_sql_str();
        Self { sql, bound }
    }
}

/// What one order executes, in this order.
struct Statements {
    reads: Vec<Statement>,
    writes: Vec<Statement>,
}

impl Statements {
    fn of(with_coupon: bool, hold: &str) -> Self {
        let (mut reads, mut writes) = (READS.to_vec(), WRITES.to_vec());
        if with_coupon {
            reads.extend(COUPON_READS);
            writes.extend(COUPON_WRITES);
            writes.push(hold);
        }
        let all = |numbered: Vec<&str>| numbered.into_iter().map(Statement::of).collect();
        Self {
            reads: all(reads),
            writes: all(writes),
        }
    }
}

/// What is bound.
enum Bound<'a> {
    Bytes(Option<&'a [u8]>),
    Text(&'a str),
    Number(i64),
}

enum Hand {
    Sqlite(SqliteConnection),
    MySql(MySqlConnection),
}

/// Orders by hand in one store. See the module's header.
pub struct ByHand {
    /// One per connection.
    hands: Vec<Hand>,
    prepared: Arc<Prepared>,
    hold: &'static str,
    /// How many of the connections place orders.
    active: usize,
}

/// How many connections to MariaDB are tried.
const CONNECTIONS: [usize; 3] = [1, 4, 16];

impl ByHand {
    /// In a ledger's file.
    pub async fn sqlite(file: &Path, prepared: Arc<Prepared>) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-16384")
            .pragma("wal_autocheckpoint", "10000");
        let connection = options.disable_statement_logging().connect().await;
        Self {
            hands: vec![Hand::Sqlite(connection.unwrap())],
            prepared,
            hold: SQLITE_HOLD,
            active: 1,
        }
    }

    /// In a ledger's database.
    pub async fn mysql(database: &Database, prepared: Arc<Prepared>) -> Self {
        let address: MySqlConnectOptions = database.url(User::Migrator).parse().unwrap();
        let address = address.disable_statement_logging();
        let mut hands = Vec::new();
        for _ in 0..CONNECTIONS[CONNECTIONS.len() - 1] {
            hands.push(Hand::MySql(address.connect().await.unwrap()));
        }
        let mut by_hand = Self {
            hands,
            prepared,
            hold: MYSQL_HOLD,
            active: 1,
        };
        let (at, mut best) = (Arc::new(AtomicUsize::new(0)), (0.0, 1));
        for connections in CONNECTIONS {
            by_hand.active = connections;
            let placed = by_hand.run(false, &at, Duration::from_secs(1)).await;
            if placed > best.0 {
                best = (placed, connections);
            }
        }
        by_hand.active = best.1;
        eprintln!("orders by hand: {} connections suit MariaDB best", best.1);
        by_hand
    }

    /// Orders per second, for so long; `at` is the next consumer's number.
    pub async fn run(&mut self, with_coupon: bool, at: &Arc<AtomicUsize>, time: Duration) -> f64 {
        let statements = Arc::new(Statements::of(with_coupon, self.hold));
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for mut hand in self.hands.drain(..self.active) {
            let (prepared, statements) = (Arc::clone(&self.prepared), Arc::clone(&statements));
            let at = Arc::clone(at);
            tasks.spawn(async move {
                let mut placed = 0_u32;
                while begun.elapsed() < time {
                    let n = at.fetch_add(1, Ordering::Relaxed);
                    hand.place(&statements, &prepared, with_coupon, n).await;
                    placed += 1;
                }
                (hand, placed)
            });
        }
        let mut all = 0;
        for (hand, placed) in tasks.join_all().await {
            self.hands.push(hand);
            all += placed;
        }
        f64::from(all) / begun.elapsed().as_secs_f64()
    }
}

impl Hand {
    async fn place(
        &mut self,
        statements: &Statements,
        prepared: &Prepared,
        with_coupon: bool,
        n: usize,
    ) {
        let consumer = prepared.consumers.get(n);
        let (consumer, copy) = consumer.expect("too few consumers were prepared");
        let (order, saga) = (Uuid::now_v7(), Uuid::now_v7());
        let key = [*Uuid::new_v4().as_bytes(), *order.as_bytes()].concat();
        let (copy, coupon) = (copy.as_bytes(), prepared.coupon.as_bytes());
        let (used, of): (Option<&[u8]>, Option<&[u8]>) = match with_coupon {
            true => (Some(copy), Some(coupon)),
            false => (None, None),
        };
        let all = [
            Bound::Bytes(Some(order.as_bytes())),
            Bound::Bytes(Some(prepared.product.as_bytes())),
            Bound::Text(consumer),
            Bound::Bytes(Some(&key)),
            Bound::Bytes(Some(saga.as_bytes())),
            Bound::Bytes(used),
            Bound::Bytes(of),
            Bound::Number(100 * i64::from(with_coupon)),
            Bound::Bytes(Some(prepared.policy.as_bytes())),
        ];
        macro_rules! bound {
            ($statement:expr) => {{
                let mut query = query($statement.sql.clone());
                for number in &$statement.bound {
                    query = match &all[number - 1] {
                        Bound::Bytes(bytes) => query.bind(*bytes),
                        Bound::Text(text) => query.bind(*text),
                        Bound::Number(number) => query.bind(*number),
                    };
                }
                query
            }};
        }
        macro_rules! place {
            ($begun:expr) => {{
                let mut transaction = $begun.await.unwrap();
                for read in &statements.reads {
                    let read = bound!(read).fetch_optional(&mut *transaction);
                    read.await.unwrap();
                }
                for write in &statements.writes {
                    let written = bound!(write).execute(&mut *transaction);
                    assert_eq!(written.await.unwrap().rows_affected(), 1);
                }
                transaction.commit().await.unwrap();
            }};
        }
        match self {
            Self::Sqlite(connection) => place!(connection.begin_with("BEGIN IMMEDIATE")),
            Self::MySql(connection) => place!(connection.begin()),
        }
    }
}
