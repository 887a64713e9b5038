//! What the tables of purchases refuse, and what the coupons' audit says of holds.

use domain::Violation;
use domain::ports::{LockManager, Wallets};
use rstest::rstest;

use crate::SqliteStore;
use crate::testing::*;

/// A paid order with a used copy, a pending one with a held copy, a caller's hold, a lease.
async fn something_of_everything(store: &SqliteStore) -> domain::Coupon {
    let coupon = on_offer_to_use(store, "all", 3).await;
    let tea = on_sale(store, "tea", 1_000, 50).await;
    charge(store, "ann", 100_000).await;
    let copy = copy_of(store, &coupon, "ann").await;
    let (order, _) = placed(store, with_copy(purchase("ann", &[&tea]), copy)).await;
    confirmed(store, order.id).await;
    let copy = copy_of(store, &coupon, "bob").await;
    placed(
        store,
        by_provider(with_copy(purchase("bob", &[&tea]), copy)),
    )
    .await;
    let copy = copy_of(store, &coupon, "eve").await;
    open_hold(store, hold_request("of-a-shop", copy)).await;
    store.fold_seller_credits(1).await.unwrap();
    let owner = next_id();
    store.acquire("any", owner, 1_000).await.unwrap().unwrap();
    coupon
}

#[rstest]
#[case::stock_below_zero("UPDATE products SET stock = -1")]
#[case::a_price_below_zero("UPDATE products SET price = -1")]
#[case::a_second_product_of_a_name(
    "INSERT INTO products SELECT randomblob(16), seller, name, description, price, stock, \
     created_at FROM products"
)]
#[case::stock_that_is_taken_twice(
    "INSERT INTO stock_entries SELECT * FROM stock_entries WHERE kind = 'RESERVED'"
)]
#[case::stock_that_is_taken_upwards("UPDATE stock_entries SET quantity = 1 WHERE quantity < 0")]
#[case::stock_moved_by_nothing("UPDATE stock_entries SET kind = 'LOST'")]
#[case::a_balance_below_zero("UPDATE wallets SET balance = -1")]
#[case::points_below_zero("UPDATE wallets SET points = -1")]
#[case::a_balance_without_room("UPDATE wallets SET balance = balance + 9223372036854775807")]
#[case::money_that_moves_twice(
    "INSERT INTO money_entries SELECT * FROM money_entries WHERE kind = 'PAYMENT'"
)]
#[case::money_that_does_not_move("UPDATE money_entries SET amount = 0")]
#[case::money_that_goes_nowhere("UPDATE money_entries SET to_account = from_account")]
#[case::money_moved_by_nothing("UPDATE money_entries SET kind = 'GIFT' WHERE kind = 'FEE'")]
#[case::a_fee_that_is_folded("UPDATE money_entries SET folded = 1 WHERE kind = 'FEE'")]
#[case::a_sale_that_can_not_be_folded("UPDATE money_entries SET folded = NULL")]
#[case::a_seller_below_zero("UPDATE sellers SET folded = -1")]
#[case::a_second_order_of_a_key(
    "UPDATE orders SET request_key = (SELECT max(request_key) FROM orders)"
)]
#[case::an_unknown_status("UPDATE orders SET status = 'LOST'")]
#[case::a_failure_without_a_reason("UPDATE orders SET status = 'FAILED'")]
#[case::a_reason_without_a_failure("UPDATE orders SET failure = 'PAYMENT_DECLINED'")]
#[case::a_price_that_does_not_add_up("UPDATE orders SET paid_amount = paid_amount - 1")]
#[case::a_discount_above_the_order("UPDATE orders SET discount = items_amount + 1")]
#[case::a_copy_of_no_coupon("UPDATE orders SET coupon_id = NULL")]
#[case::a_wallet_with_a_method("UPDATE orders SET payment_method = 'x' WHERE status <> 'PENDING'")]
#[case::a_line_that_does_not_add_up("UPDATE order_items SET amount = amount + 1")]
#[case::a_line_of_none("UPDATE order_items SET quantity = 0")]
#[case::a_second_purchase_of_an_order(
    "UPDATE sagas SET order_id = (SELECT max(order_id) FROM sagas)"
)]
#[case::a_saga_that_is_done_without_outcome("UPDATE sagas SET phase = 'DONE', outcome = NULL")]
#[case::a_live_saga_with_an_outcome("UPDATE sagas SET phase = 'PARKED', outcome = 'UNDONE'")]
#[case::a_trace_that_says_it_twice("INSERT INTO saga_trace SELECT * FROM saga_trace")]
#[case::an_unknown_saga_event("UPDATE saga_trace SET event = 'SLEPT'")]
#[case::a_second_live_hold_of_a_single_use_copy(
    "UPDATE holds SET issued_coupon_id = (SELECT max(issued_coupon_id) FROM holds)"
)]
#[case::a_live_hold_that_hides("UPDATE holds SET live = NULL")]
#[case::a_hold_of_nobody("UPDATE holds SET saga_id = NULL WHERE saga_id IS NOT NULL")]
#[case::a_hold_of_two("UPDATE holds SET saga_id = randomblob(16) WHERE caller IS NOT NULL")]
#[case::a_callers_hold_without_deadline("UPDATE holds SET deadline = NULL WHERE caller = 'shop'")]
#[case::a_second_hold_of_a_saga(
    "UPDATE holds SET saga_id = (SELECT max(saga_id) FROM holds) WHERE saga_id IS NOT NULL"
)]
#[case::a_second_hold_of_a_name(
    "INSERT INTO holds SELECT randomblob(16), coupon_id, randomblob(16), NULL, caller, name, \
     seconds, deadline, single_use, order_amount, discount, state, opened_at, live \
     FROM holds WHERE caller IS NOT NULL"
)]
#[case::a_discount_above_the_amount("UPDATE holds SET discount = order_amount + 1")]
#[case::uses_above_the_cap("UPDATE coupons SET held = held + 1")]
#[case::a_second_lease_of_a_lock("INSERT INTO leases SELECT * FROM leases")]
#[case::a_withdrawal_that_is_nowhere("UPDATE coupons SET withdrawn_up_to = x'00'")]
#[tokio::test]
async fn the_tables_of_purchases_refuse_what_must_not_be(#[case] sql: &'static str) {
    let folder = folder();
    let store = open(&folder).await;
    something_of_everything(&store).await;
    let refused = by_hand(&mut outsider(&folder).await, sql)
        .await
        .unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code());
    let code: u32 = code.unwrap().parse().unwrap();
    assert_eq!(code & 0xff, 19, "{refused}");
}

#[rstest]
#[case::held(
    "UPDATE coupons SET held = 0",
    &[Violation::CounterDiffers { name: "held", counter: 0, rows: 2 }]
)]
#[case::used(
    "UPDATE coupons SET used = 0",
    &[Violation::CounterDiffers { name: "used", counter: 0, rows: 1 }]
)]
#[case::withdrawn(
    "UPDATE issued_coupons SET state = 'WITHDRAWN' WHERE consumer = 'ann'",
    &[Violation::CounterDiffers { name: "withdrawn", counter: 0, rows: 1 }]
)]
#[case::above_the_cap(
    "UPDATE coupons SET cap = 2",
    &[Violation::OverUsed { taken: 3, cap: 2 }]
)]
#[case::a_hold_that_is_gone(
    "DELETE FROM holds WHERE caller IS NOT NULL",
    &[Violation::CounterDiffers { name: "held", counter: 2, rows: 1 }]
)]
#[case::more_copies_than_allowed(
    "INSERT INTO issued_coupons SELECT randomblob(16), coupon_id, 'ann', scope, ordinal + 1, \
     state, 0, NULL, issued_at FROM issued_coupons WHERE consumer = 'ann'; \
     INSERT INTO issued_coupons SELECT randomblob(16), coupon_id, 'ann', scope, ordinal + 2, \
     state, 0, NULL, issued_at FROM issued_coupons WHERE consumer = 'bob'; \
     UPDATE coupons SET issued = 5",
    &[Violation::ConsumersAboveLimit { consumers: 1 }]
)]
#[tokio::test]
async fn a_coupons_audit_counts_its_holds(
    #[case] sql: &'static str,
    #[case] expected: &[Violation],
) {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = something_of_everything(&store).await;
    assert!(audit(&store, &coupon).await.is_exact());
    by_force(&folder, sql).await;
    assert_eq!(audit(&store, &coupon).await.violations, expected);
}
