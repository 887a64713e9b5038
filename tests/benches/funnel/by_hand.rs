//! What placing an order asks of SQLite, written by hand: one transaction per order, one order after
//! the other, with the durability of the ledger's own and its settings that matter here. The
//! ledger commits what arrives together, this does not: that is what a ratio above 1 comes from.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    ConnectOptions, Connection, SqliteConnection, query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

use crate::orders::Prepared;

/// See the module's header.
pub struct ByHand(SqliteConnection);

/// What is read without a coupon.
const READS: [&str; 3] = [
    "SELECT id FROM orders WHERE request_key = ?1",
    "SELECT id, seller, name, description, price, stock, created_at FROM products WHERE id = ?2",
    "SELECT balance, points FROM wallets WHERE consumer = ?3",
];

/// What is read of a coupon.
const COUPON_READS: [&str; 4] = [
    "SELECT i.*, c.event_id, c.expires_at FROM issued_coupons i \
     JOIN coupons c ON c.id = i.coupon_id WHERE i.id = ?1",
    "SELECT c.*, e.starts_at, e.ends_at FROM coupons c \
     JOIN events e ON e.id = c.event_id WHERE c.id = ?2",
    "SELECT * FROM discount_policies WHERE id = ?3",
    "SELECT * FROM holds WHERE issued_coupon_id = ?1 AND live = 1",
];

/// What is written: ?1 the order, ?2 the product, ?3 the consumer, ?4 the key, ?5 the saga, ?6 the
/// copy, ?7 the coupon, ?8 the discount.
const WRITES: [&str; 8] = [
    "UPDATE products SET stock = stock - 1 WHERE id = ?2",
    "INSERT INTO stock_entries VALUES (?1, ?2, 'RESERVED', -1, 1)",
    "UPDATE wallets SET balance = balance - (1000 - ?8) WHERE consumer = ?3",
    "INSERT INTO money_entries VALUES \
     (?1, 'PAYMENT', 0, 'BALANCE:' || ?3, 'SALES', 1000 - ?8, 1, NULL)",
    "INSERT INTO orders VALUES (?1, ?3, ?4, ?4, 'PAID', NULL, 'BEFORE_DELIVERY', 1000, ?8, 0, \
     1000 - ?8, (1000 - ?8) / 40, ?6, ?7, 'WALLET', NULL, ?5, 1)",
    "INSERT INTO order_items VALUES (?1, 0, ?2, 'seller', 1, 1000, 1000)",
    "INSERT INTO sagas VALUES (?5, ?1, 'PURCHASE', 'FORWARD', 'DONE', 'COMPLETED', 'COMPLETE', \
     0, 1, 1, NULL, 1, 1)",
    "INSERT INTO saga_trace VALUES (?5, 0, 1, 'FORWARD', 'COMPLETE', 'SUCCEEDED', NULL)",
];

/// What is written of a coupon.
const COUPON_WRITES: [&str; 4] = [
    "UPDATE coupons SET used = used + 1 WHERE id = ?7",
    "UPDATE issued_coupons SET used = 1 WHERE id = ?6",
    "INSERT INTO holds VALUES (?1, ?7, ?6, ?5, NULL, NULL, NULL, NULL, 1, 1000, ?8, \
     'CONFIRMED', 1, 1)",
    "INSERT INTO money_entries VALUES (?1, 'DISCOUNT', 0, 'DISCOUNTS', 'SALES', ?8, 1, NULL)",
];

impl ByHand {
    pub async fn open(file: &Path) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("temp_store", "MEMORY")
            .pragma("cache_size", "-65536")
            .pragma("wal_autocheckpoint", "10000");
        Self(options.disable_statement_logging().connect().await.unwrap())
    }

    /// Orders per second, for so long.
    pub async fn run(
        &mut self,
        prepared: &Prepared,
        with_coupon: bool,
        at: &mut usize,
        time: Duration,
    ) -> f64 {
        let (begun, mut placed) = (Instant::now(), 0_u32);
        while begun.elapsed() < time {
            self.place(prepared, with_coupon, *at).await;
            *at += 1;
            placed += 1;
        }
        f64::from(placed) / begun.elapsed().as_secs_f64()
    }

    async fn place(&mut self, prepared: &Prepared, with_coupon: bool, n: usize) {
        let (consumer, copy) = &prepared.consumers[n];
        let (product, coupon) = (prepared.product.as_bytes(), prepared.coupon.as_bytes());
        let (order, saga) = (Uuid::now_v7(), Uuid::now_v7());
        let (order, saga) = (order.as_bytes(), saga.as_bytes());
        let mut key = [0_u8; 32];
        key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
        let mut transaction = self.0.begin_with("BEGIN IMMEDIATE").await.unwrap();
        for (read, is_there) in READS.into_iter().zip([false, true, true]) {
            let read = query(read).bind(&key[..]).bind(&product[..]);
            let read = read.bind(consumer).fetch_optional(&mut *transaction);
            let found = read.await.unwrap();
            assert_eq!(found.is_some(), is_there);
        }
        let (reads, writes): (&[&str], &[&str]) = match with_coupon {
            true => (&COUPON_READS, &COUPON_WRITES),
            false => (&[], &[]),
        };
        for read in reads {
            let read = query(*read).bind(&copy.as_bytes()[..]).bind(&coupon[..]);
            let read = read.bind(&prepared.policy.as_bytes()[..]);
            read.fetch_optional(&mut *transaction).await.unwrap();
        }
        let (used, of) = match with_coupon {
            true => (Some(&copy.as_bytes()[..]), Some(&coupon[..])),
            false => (None, None),
        };
        for write in WRITES.iter().chain(writes) {
            let write = query(*write).bind(&order[..]).bind(&product[..]);
            let write = write.bind(consumer).bind(&key[..]).bind(&saga[..]);
            let write = write.bind(used).bind(of).bind(100 * i64::from(with_coupon));
            let written = write.execute(&mut *transaction).await.unwrap();
            assert_eq!(written.rows_affected(), 1);
        }
        transaction.commit().await.unwrap();
    }
}
