//! A ledger that an older program has filled is this program's after it is opened, with everything.

use domain::ports::{
    AnsweredRequests, Catalogue, CouponLedger, KeyScope, Products, PurchaseLedger,
};
use domain::{Counters, CouponId, IssuedCouponId, IssuedCouponState, OrderStatus};
use sqlx::ConnectOptions;
use uuid::Uuid;

use super::super::*;
use crate::config::{file_in, writer_options};
use crate::testing::*;
use crate::{SqliteConfig, SqliteStore};

/// What the program of version 1 had written: an event with two coupons, three copies, a key.
const AS_OF_1: &str = "
    INSERT INTO events VALUES (x'01920000000070008000000000000001', 'spring', 100, 200);
    INSERT INTO discount_policies VALUES
        (x'01920000000070008000000000000002', 'off', 'FIXED_DISCOUNT', 500, NULL, NULL, NULL);
    INSERT INTO coupons VALUES
        (x'01920000000070008000000000000003', 'one', x'01920000000070008000000000000001',
         x'01920000000070008000000000000002', 'ISSUE_COUPON', 0, 5, NULL, 190, 0, 1, 2, 0, 0, 0),
        (x'01920000000070008000000000000004', 'use', x'01920000000070008000000000000001',
         x'01920000000070008000000000000002', 'USE_COUPON', NULL, 1, 3, 190, 0, 2, 1, 0, 0, 0);
    UPDATE epochs SET last = 2;
    INSERT INTO issued_coupons VALUES
        (x'01920000000070008000000000000005', x'01920000000070008000000000000003', 'ann',
         x'01920000000070008000000000000001', 0, 'ACTIVE', 0, NULL, 120),
        (x'01920000000070008000000000000006', x'01920000000070008000000000000003', 'bob',
         x'01920000000070008000000000000001', 0, 'ACTIVE', 0, zeroblob(16), 121),
        (x'01920000000070008000000000000007', x'01920000000070008000000000000004', 'ann',
         x'01920000000070008000000000000004', 0, 'ACTIVE', 0, NULL, 122);
    INSERT INTO idempotency_keys VALUES (zeroblob(32), zeroblob(32), x'61', 99);
";

fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + last)
}

/// A file as the program of version 1 has left it.
async fn folder_of_1() -> tempfile::TempDir {
    let folder = folder();
    let options = writer_options(&file_in(folder.path()), 1 << 20).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    connection.ensure_migrations_table(TABLE).await.unwrap();
    connection.apply(TABLE, &VERSIONS[0]).await.unwrap();
    by_hand(&mut connection, AS_OF_1).await.unwrap();
    connection.close().await.unwrap();
    folder
}

#[tokio::test]
async fn a_ledger_of_version_1_keeps_all_it_has_and_goes_on() {
    let folder = folder_of_1().await;
    let store = open(&folder).await;
    let (one, two) = (CouponId::from_uuid(id(3)), CouponId::from_uuid(id(4)));
    let coupon = store.coupon(one).await.unwrap().unwrap();
    let counters = Counters {
        issued: 2,
        ..Counters::default()
    };
    assert_eq!((coupon.epoch.0, coupon.counters), (1, counters));
    let usable = store.coupon(two).await.unwrap().unwrap();
    for coupon in [&coupon, &usable] {
        assert!(audit(&store, coupon).await.is_exact());
    }
    let answered = store.answered(KeyScope([0; 32])).await.unwrap();
    assert_eq!(answered.unwrap().answer, b"a");
    assert!(!is_issued(&issue(&store, &coupon, "ann").await));
    assert!(is_issued(&issue(&store, &coupon, "eve").await));

    // Its copies can be used, and withdrawn.
    let tea = on_sale(&store, "tea", 1_000, 5).await;
    charge(&store, "ann", 1_000).await;
    copy_of(&store, &usable, "late").await;
    let copy = IssuedCouponId::from_uuid(id(7));
    let (order, _) = placed(&store, with_copy(purchase("ann", &[&tea]), copy)).await;
    assert_eq!(
        (order.status, order.discount),
        (OrderStatus::Paid, amount(500))
    );
    assert_eq!(withdrawn(&store, &usable, 9).await, (1, false));
    let used = store.issued_coupon(copy).await.unwrap().unwrap();
    assert_eq!((used.state, used.used), (IssuedCouponState::Active, 1));
    assert!(audit(&store, &usable).await.is_exact());
    assert!(books(&store).await.is_exact());
    let before = domain::Timestamp::from_micros(100);
    assert_eq!(store.forget_answered(before, 9).await.unwrap(), 1);
    assert_eq!(store.order(order.id).await.unwrap(), Some(order));
    assert!(store.product(tea.id).await.unwrap().is_some());
}

#[tokio::test]
async fn reading_a_ledger_of_version_1_asks_for_the_migration() {
    let folder = folder_of_1().await;
    let opened = SqliteStore::open_read_only(folder.path(), SetClock::at(150)).await;
    assert!(matches!(
        opened.err().unwrap(),
        OpenError::SchemaOlder { found: 1, known: 2 }
    ));
}

#[tokio::test]
async fn a_migration_that_fails_leaves_version_1_as_it_was() {
    let folder = folder_of_1().await;
    let in_the_way = "CREATE TABLE leases (name TEXT)";
    by_hand(&mut outsider(&folder).await, in_the_way)
        .await
        .unwrap();
    let config = SqliteConfig::in_folder(folder.path());
    let opened = SqliteStore::open(&config, SetClock::at(150)).await;
    assert!(matches!(opened.err().unwrap(), OpenError::Store(_)));
    let mut outsider = outsider(&folder).await;
    let half_done: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'products'")
            .fetch_one(&mut outsider)
            .await
            .unwrap();
    assert_eq!(half_done, 0);
    by_hand(&mut outsider, "DROP TABLE leases").await.unwrap();
    open(&folder).await;
}
