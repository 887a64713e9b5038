//! Whatever is broken behind the program's back, the audit names it, and nothing else.

use domain::OrderStatus;
use domain::ports::{PurchaseLedger, Wallets};
use rstest::rstest;

use super::*;
use crate::SqliteStore;
use crate::testing::*;

/// One wallet order with a copy that is paid, one that is confirmed and half folded, one by the
/// provider that waits, and one that has failed.
async fn books_with_something_of_everything(store: &SqliteStore) {
    let coupon = on_offer_to_use(store, "books", 9).await;
    let tea = on_sale(store, "tea", 1_000, 50).await;
    let cup = on_sale(store, "cup", 700, 50).await;
    charge(store, "ann", 100_000).await;
    let copy = copy_of(store, &coupon, "ann").await;
    placed(store, with_copy(purchase("ann", &[&tea, &cup]), copy)).await;
    let (order, _) = placed(store, purchase("ann", &[&tea, &cup])).await;
    confirmed(store, order.id).await;
    store.fold_seller_credits(1).await.unwrap();
    // Ann has points now.
    let copy = copy_of(store, &coupon, "ann").await;
    let waits = domain::PurchaseRequest {
        points: amount(10),
        ..by_provider(with_copy(purchase("ann", &[&tea]), copy))
    };
    placed(store, waits).await;
    let (order, saga) = placed(store, by_provider(purchase("ann", &[&cup]))).await;
    let declined = happened(&saga, domain::SagaEvent::Declined("no".to_owned()));
    let failed = changed(store, order.id, declined).await.unwrap();
    assert_eq!(failed.status, OrderStatus::Failed);
}

/// The violations, without whose they are.
async fn named(store: &SqliteStore) -> Vec<String> {
    let books = books(store).await;
    let named = books.violations.iter().map(|violation| match violation {
        BookViolation::Differs {
            subject,
            stored,
            counted,
        } => {
            let subject = format!("{subject:?}");
            let (kind, _) = subject.split_once('(').unwrap();
            format!("{kind} {stored} {counted}")
        }
        BookViolation::Overdue(_) => "Overdue".to_owned(),
    });
    named.collect()
}

#[rstest]
#[case::a_balance("UPDATE wallets SET balance = balance + 1", &["Balance 97101 97100"])]
#[case::points("UPDATE wallets SET points = 0", &["Points 0 32"])]
#[case::a_wallet_that_is_gone(
    "DELETE FROM wallets",
    &["Balance 0 97100", "Points 0 32"]
)]
#[case::a_charge_that_is_gone(
    "DELETE FROM money_entries WHERE kind = 'CHARGE'",
    &["Balance 97100 -2900"]
)]
#[case::a_folded_sum("UPDATE sellers SET folded = folded + 1", &["Seller 951 950"])]
#[case::a_credit_that_is_marked_as_folded(
    "UPDATE money_entries SET folded = 1 WHERE folded = 0",
    &["Seller 950 1615"]
)]
#[case::a_stock("UPDATE products SET stock = stock - 1 WHERE name = 'cup'", &["Stock 47 48"])]
#[case::a_first_entry_that_is_gone(
    "DELETE FROM stock_entries WHERE kind = 'INITIAL' AND product_id = \
     (SELECT id FROM products WHERE name = 'cup')",
    &["Stock 48 -2"]
)]
#[case::an_item_that_is_gone(
    "DELETE FROM order_items WHERE price = 700 AND order_id = \
     (SELECT id FROM orders WHERE status = 'PAID')",
    &["Items 1700 1000", "Taken 1 2"]
)]
#[case::a_payment_that_is_gone(
    "DELETE FROM money_entries WHERE kind = 'PAYMENT' AND reference = \
     (SELECT id FROM orders WHERE status = 'PAID')",
    &["Balance 97100 98300", "Sales 1700 500"]
)]
#[case::points_that_a_pending_order_never_took(
    "DELETE FROM money_entries WHERE kind = 'POINTS_USED'",
    &["Points 32 42", "Sales 10 0"]
)]
#[case::a_status(
    "UPDATE orders SET status = 'REFUNDED' WHERE status = 'PAID'",
    &["Sales 0 1700", "Taken 0 2"]
)]
#[case::stock_that_did_not_come_back(
    "DELETE FROM stock_entries WHERE kind = 'RELEASED'",
    &["Stock 48 47", "Taken 0 1"]
)]
#[case::a_use("UPDATE issued_coupons SET used = 0", &["Uses 0 1"])]
#[case::a_use_of_nobody(
    "UPDATE holds SET state = 'RETURNED', live = NULL WHERE state = 'CONFIRMED'",
    &["Uses 1 0"]
)]
#[case::an_open_hold_that_is_gone(
    "DELETE FROM holds WHERE state = 'OPEN'",
    &["OpenHolds 1 0"]
)]
#[case::an_open_hold_of_an_order_that_is_paid(
    "UPDATE holds SET state = 'OPEN' WHERE state = 'CONFIRMED'",
    &["Uses 1 0", "OpenHolds 0 1"]
)]
#[case::an_overdue_saga(
    "UPDATE sagas SET due_at = -60000001 WHERE phase = 'RUNNING'",
    &["Overdue"]
)]
#[tokio::test]
async fn what_is_broken_by_hand_is_named_and_nothing_else(
    #[case] sql: &'static str,
    #[case] expected: &[&str],
) {
    let folder = folder();
    let store = open(&folder).await;
    books_with_something_of_everything(&store).await;
    assert_eq!(books(&store).await.violations, []);
    by_hand(&mut outsider(&folder).await, sql).await.unwrap();
    assert_eq!(named(&store).await, expected);
}

#[tokio::test]
async fn an_audit_says_whose_number_it_is() {
    let folder = folder();
    let store = open(&folder).await;
    books_with_something_of_everything(&store).await;
    let break_it = "UPDATE products SET stock = 1 WHERE name = 'tea'; \
         UPDATE wallets SET points = 1; UPDATE sellers SET folded = 1; \
         UPDATE issued_coupons SET used = 2 WHERE used = 1";
    by_hand(&mut outsider(&folder).await, break_it)
        .await
        .unwrap();
    let violations = books(&store).await.violations;
    let texts: Vec<_> = violations.iter().map(ToString::to_string).collect();
    assert_eq!(texts[0], "the points of ann: 1 is stored, its rows say 32");
    assert_eq!(
        texts[1],
        "the folded credits of seller seller: 1 is stored, its rows say 950"
    );
    assert!(
        texts[2].starts_with("the stock of product 0192"),
        "{texts:?}"
    );
    assert!(texts[3].starts_with("the uses of issued coupon 0192"));
    assert_eq!(texts.len(), 4);
}

#[tokio::test]
async fn a_saga_may_be_due_for_as_long_as_the_grace_and_a_stuck_one_for_ever() {
    let folder = folder();
    let (store, clock) = open_at(&folder, 150).await;
    books_with_something_of_everything(&store).await;
    clock.set(150 + 5_000_000 + 60_000_000);
    assert_eq!(books(&store).await.violations, []);
    clock.set(150 + 5_000_000 + 60_000_001);
    assert_eq!(named(&store).await, ["Overdue"]);
    let stuck = "UPDATE sagas SET phase = 'STUCK' WHERE phase = 'RUNNING'";
    by_hand(&mut outsider(&folder).await, stuck).await.unwrap();
    let books = books(&store).await;
    assert_eq!(books.violations, []);
    assert_eq!((books.live_sagas, books.stuck_sagas), (1, 1));
    assert_eq!((books.wallets, books.products, books.orders), (1, 2, 4));
}

#[tokio::test]
async fn of_each_kind_a_hundred_are_named() {
    let folder = folder();
    let store = open(&folder).await;
    let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150) \
         INSERT INTO wallets SELECT 'c' || i, 1, 1 FROM n";
    by_hand(&mut outsider(&folder).await, many).await.unwrap();
    let violations = books(&store).await.violations;
    let of_balances = violations.iter().filter(|violation| {
        matches!(
            violation,
            BookViolation::Differs {
                subject: BookSubject::Balance(_),
                ..
            }
        )
    });
    assert_eq!(of_balances.count(), 100);
    assert_eq!(violations.len(), 200);
}

#[tokio::test]
async fn entries_that_have_no_room_in_64_bits_are_corrupt_not_a_float() {
    let folder = folder();
    let store = open(&folder).await;
    charge(&store, "rich", i64::MAX).await;
    assert_eq!(books(&store).await.violations, []);
    let more = "INSERT INTO money_entries VALUES \
         (zeroblob(16), 'CHARGE', 0, 'OUTSIDE', 'BALANCE:rich', 1, 0, NULL)";
    by_hand(&mut outsider(&folder).await, more).await.unwrap();
    let read = store.audit_books(0).await;
    assert!(
        matches!(read, Err(domain::ports::StoreError::Corrupt(_))),
        "{read:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_books_balance_at_every_instant_of_a_busy_shop() {
    let folder = folder();
    let store = open(&folder).await;
    let tea = on_sale(&store, "tea", 1_000, 10_000).await;
    charge(&store, "ann", 1_000_000).await;
    let shop = {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..100 {
                let (order, _) = placed(&store, purchase("ann", &[&tea])).await;
                if number % 2 == 0 {
                    confirmed(&store, order.id).await;
                    store.fold_seller_credits(1).await.unwrap();
                } else {
                    changed(&store, order.id, refund()).await.unwrap();
                }
            }
        })
    };
    let mut sizes = std::collections::HashSet::new();
    while !shop.is_finished() {
        let books = books(&store).await;
        assert_eq!(books.violations, []);
        sizes.insert(books.orders);
    }
    shop.await.unwrap();
    assert_eq!(books(&store).await.orders, 100);
    assert!(sizes.len() > 2, "the audit never met the shop at work");
}
