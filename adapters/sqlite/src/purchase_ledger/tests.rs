//! What is SQLite's own about purchases: the plans of their statements, and that a purchase is there
//! whole or not at all. The rules stand in the domain and in the conformance suite.

use domain::ports::{Catalogue, CouponLedger, HoldLedger, LockManager, Products, Wallets};
use domain::{IssueOutcome, OrderStatus, SagaEvent, Settlement};
use futures_util::future::join_all;

use rstest::rstest;

use super::*;
use crate::testing::*;
use crate::{
    coupon_ledger, credits, holds, keys, lock_manager, products, sagas, wallets, withdraw,
};

#[tokio::test]
async fn no_statement_of_a_purchase_scans_or_sorts_a_table() {
    assert_no_scan(&[
        orders::WITH_ID,
        orders::WITH_KEY,
        products::WITH_IDS,
        sagas::WITH_ID,
        sagas::OF_ORDER,
        sagas::DUE,
        holds::LIVE,
        holds::LAPSED,
        holds::LAPSED_OF_COUPON,
        holds::OF_CALLER,
        holds::OF_SAGA,
        wallets::OF_CONSUMER,
    ])
    .await;
    assert_no_scan(&crate::writes::STATEMENTS).await;
}

#[tokio::test]
async fn no_list_and_no_background_step_scans_or_sorts_a_table() {
    assert_no_scan(&[
        ORDERS,
        ORDERS_OF_CONSUMER,
        SAGAS,
        DONE_SAGAS,
        LIVE_SAGAS,
        TRACED_SAGA,
        wallets::SELLER_BALANCE,
        credits::FOLD,
        keys::FORGET,
        lock_manager::ACQUIRE,
        lock_manager::HOLD_UNTIL,
        withdraw::WITHDRAW,
        withdraw::LAST_LOOKED_AT,
        withdraw::COUNT,
        coupon_ledger::TO_BE_WITHDRAWN,
        coupon_ledger::EVENT_REPORT,
    ])
    .await;
}

#[rstest]
#[case(orders::WITH_KEY, "orders_by_key")]
#[case(ORDERS_OF_CONSUMER, "orders_by_consumer")]
#[case(LIVE_SAGAS, "sagas_alive")]
#[case(sagas::DUE, "sagas_by_due_at")]
#[case(sagas::OF_ORDER, "sagas_that_place")]
#[case(sagas::OF_ORDER, "sagas_that_refund")]
#[case(holds::LIVE, "holds_live")]
#[case(holds::OF_SAGA, "holds_of_sagas")]
#[case(holds::OF_CALLER, "holds_of_callers")]
#[case(holds::LAPSED, "holds_by_deadline")]
#[case(holds::LAPSED_OF_COUPON, "holds_by_coupons_deadline")]
#[case(wallets::SELLER_BALANCE, "money_entries_to_fold")]
#[case(credits::FOLD, "money_entries_to_fold")]
#[case(keys::FORGET, "idempotency_keys_by_age")]
#[case(coupon_ledger::EVENT_REPORT, "holds_by_coupon ")]
#[case(coupon_ledger::TO_BE_WITHDRAWN, "coupons_to_be_withdrawn")]
#[tokio::test]
async fn a_statement_goes_by_the_index_that_is_there_for_it(
    #[case] statement: &str,
    #[case] index: &str,
) {
    let folder = folder();
    let _store = open(&folder).await;
    let steps = plan(&mut outsider(&folder).await, statement).await;
    let goes_by = |step: &String| format!("{step} ").contains(&format!("INDEX {}", index));
    assert!(steps.iter().any(goes_by), "{steps:?}");
}

/// An order of every kind, a hold of every end: the books of all that can happen.
#[tokio::test]
async fn a_story_with_every_end_leaves_exact_books_and_reopens_as_it_was() {
    let folder = folder();
    let (store, clock) = open_at(&folder, 150).await;
    let coupon = on_offer_to_use(&store, "story", 9).await;
    let (tea, cup) = (
        on_sale(&store, "tea", 1_000, 50).await,
        on_sale(&store, "cup", 700, 50).await,
    );
    charge(&store, "ann", 100_000).await;

    // Paid from the wallet with a copy, delivered, confirmed.
    let copy = copy_of(&store, &coupon, "ann").await;
    let request = with_copy(purchase("ann", &[&tea, &cup]), copy);
    let (order, saga) = placed(&store, request.clone()).await;
    assert_eq!((order.status, saga.is_live()), (OrderStatus::Paid, false));
    assert_eq!(order.paid_amount, amount(1_200));
    assert_eq!(
        store.place(request.clone()).await.unwrap(),
        Placed::Before(order.clone(), saga)
    );
    let order = confirmed(&store, order.id).await;
    assert_eq!(order.status, OrderStatus::Confirmed);
    let balance = || store.seller_balance(tea.seller_id.clone());
    assert_eq!(balance().await.unwrap(), amount(950 + 665));
    assert_eq!(store.fold_seller_credits(1).await.unwrap(), 1);
    assert_eq!(balance().await.unwrap(), amount(950 + 665));
    assert_eq!(store.fold_seller_credits(9).await.unwrap(), 1);
    assert_eq!(store.fold_seller_credits(9).await.unwrap(), 0);
    assert_eq!(balance().await.unwrap(), amount(950 + 665));

    // Paid from the wallet, refunded.
    let (order, _) = placed(&store, purchase("ann", &[&tea])).await;
    let refunded = changed(&store, order.id, refund()).await;
    assert_eq!(refunded.unwrap().status, OrderStatus::Refunded);

    // By the provider: captured, declined, and one that waits.
    let copy = copy_of(&store, &coupon, "bob").await;
    let (order, saga) = placed(
        &store,
        by_provider(with_copy(purchase("bob", &[&tea]), copy)),
    )
    .await;
    assert_eq!(order.status, OrderStatus::Pending);
    assert!(books(&store).await.is_exact());
    for _ in ["authorised", "captured"] {
        let (saga, _) = store.saga(saga.id).await.unwrap().unwrap();
        let done = happened(&saga, SagaEvent::Succeeded);
        let paid = changed(&store, order.id, done).await.unwrap();
        assert_eq!(paid.status, OrderStatus::Paid);
    }
    let (saga, trace) = store.saga(saga.id).await.unwrap().unwrap();
    assert_eq!((saga.is_live(), trace.len()), (false, 3));
    let copy = copy_of(&store, &coupon, "eve").await;
    let (order, saga) = placed(
        &store,
        by_provider(with_copy(purchase("eve", &[&cup]), copy)),
    )
    .await;
    let why = "no\0 funds".to_owned();
    let declined = happened(&saga, SagaEvent::Declined(why.clone()));
    let failed = changed(&store, order.id, declined).await.unwrap();
    assert_eq!(failed.status, OrderStatus::Failed);
    let (saga, trace) = store.saga(saga.id).await.unwrap().unwrap();
    assert_eq!(saga.last_error.as_ref(), Some(&why));
    assert_eq!(trace[1].detail, Some(why));
    let (waiting, saga) = placed(&store, by_provider(purchase("eve", &[&tea, &cup]))).await;

    // Holds of a shop.
    for (name, settlement) in [
        ("confirmed", Some(Settlement::Confirm)),
        ("cancelled", Some(Settlement::Cancel)),
        ("lapsed", None),
    ] {
        let copy = copy_of(&store, &coupon, name).await;
        open_hold(&store, hold_request(name, copy)).await;
        if let Some(settlement) = settlement {
            settled(&store, name, settlement).await;
        }
    }
    clock.set(1_000_150);
    assert_eq!(store.expire_holds(9).await.unwrap(), 1);
    assert_eq!(store.expire_holds(9).await.unwrap(), 0);

    let (before, coupon_before) = (books(&store).await, audit(&store, &coupon).await);
    assert_eq!(before.violations, []);
    assert_eq!((before.orders, before.live_sagas), (5, 1));
    assert!(coupon_before.is_exact(), "{coupon_before:?}");
    assert_eq!((coupon_before.rows.held, coupon_before.rows.used), (0, 3));
    let report = store.event_report(coupon.event_id).await.unwrap().unwrap();
    assert_eq!(report.len(), 1);
    assert_eq!(report[0].coupon, coupon_before.coupon);
    assert_eq!(report[0].discount_given, amount(3 * 500));
    assert_eq!(report[0].revenue, amount(1_200 + 500 + 500));
    store.close().await;

    let (store, _) = open_at(&folder, 1_000_150).await;
    assert_eq!(books(&store).await, before);
    assert_eq!(store.order(waiting.id).await.unwrap(), Some(waiting));
    assert_eq!(store.saga(saga.id).await.unwrap().unwrap().0, saga);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_sell_exactly_what_is_there_together() {
    let folder = folder();
    let stores = [open(&folder).await, open(&folder).await];
    let coupon = on_offer_to_use(&stores[0], "few", 10).await;
    let tea = on_sale(&stores[0], "tea", 1_000, 30).await;
    let calls = (0..100).map(|number: usize| {
        let (store, coupon, tea) = (stores[number % 2].clone(), coupon.clone(), tea.clone());
        tokio::spawn(async move {
            let name = number.to_string();
            charge(&store, &name, 1_000).await;
            let mut request = purchase(&name, &[&tea]);
            if number < 50
                && let IssueOutcome::Issued(copy) = issue(&store, &coupon, &name).await
            {
                request = with_copy(request, copy.id);
            }
            // Each is asked twice, once through each store.
            let placed = store.place(request.clone()).await.unwrap();
            (request, placed)
        })
    });
    let (mut sold, mut with_coupon) = (0, 0);
    for call in join_all(calls).await {
        let (request, placed) = call.unwrap();
        if let Placed::Now(order, _) = placed {
            sold += 1;
            with_coupon += i64::from(order.coupon.is_some());
            for store in &stores {
                let again = store.place(request.clone()).await.unwrap();
                assert!(matches!(again, Placed::Before(same, _) if same == order));
            }
        }
    }
    assert_eq!(sold, 30);
    assert!((1..=10).contains(&with_coupon), "{with_coupon}");
    for store in &stores {
        assert_eq!(books(store).await.violations, []);
        let audit = audit(store, &coupon).await;
        assert!(audit.is_exact(), "{audit:?}");
        let left = store.product(tea.id).await.unwrap().unwrap().stock;
        assert_eq!(left.get(), 0);
    }
}

/// Callers go away at any instant; what they began is done as a whole, or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purchases_that_are_cancelled_at_any_instant_leave_nothing_half_done() {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer_to_use(&store, "cancelled", 1_000_000).await;
    let tea = on_sale(&store, "tea", 1_000, 1_000_000).await;
    charge(&store, "ann", 1_000_000_000).await;
    let mut cancelled = 0;
    let mut acknowledged = Vec::new();
    for round in 0..150 {
        let consumer = format!("c{round}");
        let copy = copy_of(&store, &coupon, &consumer).await;
        let request = PurchaseRequest {
            payment: domain::Payment::Provider(None),
            ..with_copy(purchase(&consumer, &[&tea]), copy)
        };
        let give_up = async {
            if round % 3 == 0 {
                std::future::pending::<()>().await;
            }
            for _ in 0..1 << (round % 17) {
                tokio::task::yield_now().await;
            }
        };
        let call = async {
            let (order, saga) = placed(&store, request).await;
            acknowledged.push(order.id);
            let declined = happened(&saga, SagaEvent::Declined("no".to_owned()));
            changed(&store, order.id, declined).await.unwrap();
        };
        tokio::select! {
            biased;
            () = call => {}
            () = give_up => cancelled += 1,
        }
    }
    assert!(cancelled > 20, "{cancelled}");
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    for id in acknowledged {
        assert!(store.order(id).await.unwrap().is_some(), "{id} was lost");
    }
    // A write of one's own comes after all that was queued.
    charge(&store, "ann", 1).await;
    let books = books(&store).await;
    assert_eq!(books.violations, []);
    let audit = audit(&store, &coupon).await;
    assert!(audit.is_exact(), "{audit:?}");
}

#[tokio::test]
async fn a_sum_without_room_is_corrupt_for_who_asks_and_undoes_nobody_else() {
    let folder = folder();
    let store = open(&folder).await;
    let credits = "INSERT INTO money_entries VALUES \
         (zeroblob(16), 'SALE', 0, 'SALES', 'SELLER:rich', 9223372036854775807, 0, 0), \
         (zeroblob(16), 'SALE', 1, 'SALES', 'SELLER:rich', 1, 0, 0)";
    by_hand(&mut outsider(&folder).await, credits)
        .await
        .unwrap();
    let (balance, folded, other) = tokio::join!(
        store.seller_balance(domain::SellerId::new("rich").unwrap()),
        store.fold_seller_credits(9),
        store.expire_holds(9),
    );
    assert!(
        matches!(balance, Err(StoreError::Corrupt(_))),
        "{balance:?}"
    );
    assert!(matches!(folded, Err(StoreError::Corrupt(_))), "{folded:?}");
    assert_eq!(other.unwrap(), 0);
    assert_eq!(
        store
            .write(Number("SELECT sum(folded) FROM money_entries"))
            .await
            .unwrap(),
        0
    );
    let summed = store.write(Number("SELECT sum(amount) FROM money_entries"));
    let (summed, other) = tokio::join!(summed, store.expire_holds(9));
    assert!(matches!(summed, Err(StoreError::Corrupt(_))), "{summed:?}");
    assert_eq!(other.unwrap(), 0);
}

#[tokio::test]
async fn a_lock_is_one_for_all_who_have_the_file_open() {
    let folder = folder();
    let (one, two) = (open(&folder).await, open(&folder).await);
    let (owner, other) = (next_id(), next_id());
    let lease = one.acquire("job", owner, 100).await.unwrap().unwrap();
    assert_eq!(two.acquire("job", other, 100).await.unwrap(), None);
    assert!(two.renew(&lease, 100).await.unwrap());
    two.release(&lease).await.unwrap();
    assert!(!one.renew(&lease, 100).await.unwrap());
    let next = one.acquire("job", other, 100).await.unwrap().unwrap();
    assert!(next.generation > lease.generation);
}

#[tokio::test]
async fn an_event_without_coupons_has_an_empty_report_and_an_unknown_one_has_none() {
    let folder = folder();
    let store = open(&folder).await;
    let empty = event("empty");
    store.create_event(empty.clone(), None).await.unwrap();
    assert_eq!(store.event_report(empty.id).await.unwrap(), Some(vec![]));
    let unknown = event("unknown");
    assert_eq!(store.event_report(unknown.id).await.unwrap(), None);
}

#[rstest]
#[case::order("UPDATE orders SET status = 'LOST'")]
#[case::items("UPDATE order_items SET quantity = 0")]
#[case::payment("UPDATE orders SET payment = 'CASH'")]
#[case::amount("UPDATE orders SET paid_amount = -1")]
#[case::saga("UPDATE sagas SET step = 'SLEEP'")]
#[case::hold("UPDATE holds SET state = 'LOST'")]
#[case::copy("DELETE FROM issued_coupons")]
#[case::no_hold("DELETE FROM holds")]
#[case::wallet("UPDATE wallets SET points = -1")]
#[case::product("UPDATE products SET seller = ''")]
#[tokio::test]
async fn an_order_with_a_row_that_does_not_decode_is_corrupt_and_stays_as_it_is(
    #[case] sql: &'static str,
) {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer_to_use(&store, "odd", 3).await;
    let tea = on_sale(&store, "tea", 1_000, 5).await;
    charge(&store, "ann", 1_000).await;
    let copy = copy_of(&store, &coupon, "ann").await;
    let request = by_provider(with_copy(purchase("ann", &[&tea]), copy));
    let (order, saga) = placed(&store, request).await;
    by_force(&folder, sql).await;
    let done = happened(&saga, SagaEvent::Succeeded);
    let refused = store.change_order(order.id, done, None).await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt(_))),
        "{refused:?}"
    );
    let traced = store.write(Number("SELECT count(*) FROM saga_trace")).await;
    assert_eq!(traced.unwrap(), 1);
}
