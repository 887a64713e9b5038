//! All of it or nothing: a row that is not there, that belongs to something else, or that would be
//! there twice undoes the whole decision, and nothing but it.

use domain::ports::{Catalogue, PurchaseLedger, StoreError, Wallets};
use domain::{Order, OrderStatus, Timestamp, Wallet};
use rstest::rstest;

use super::*;
use crate::testing::*;
use crate::unit::Unit;

/// Writes these.
struct Write(Writes);

impl Unit for Write {
    type Answer = ();

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        write(connection, &self.0).await
    }
}

/// Writes that begin well: somebody's wallet gets something.
fn well_begun() -> Writes {
    Writes {
        wallet: Some(Wallet {
            balance: amount(1),
            ..Wallet::empty(consumer("someone"))
        }),
        ..Writes::default()
    }
}

/// A pending order that uses a copy, and all around it.
struct Known {
    order: Order,
    saga: Saga,
    hold: Hold,
    copy: IssuedCoupon,
    coupon: Coupon,
}

#[rstest]
#[case::a_coupon_that_is_not_there(|writes: &mut Writes, is: Known| {
    writes.coupon = Some(Coupon { id: domain::CouponId::from_uuid(next_id()), ..is.coupon });
})]
#[case::uses_above_the_cap(|writes: &mut Writes, mut is: Known| {
    is.coupon.counters.used = 99;
    writes.coupon = Some(is.coupon);
})]
#[case::a_copy_that_is_not_there(|writes: &mut Writes, is: Known| {
    let id = domain::IssuedCouponId::from_uuid(next_id());
    writes.copy = Some(IssuedCoupon { id, ..is.copy });
})]
#[case::a_hold_of_another_copy(|writes: &mut Writes, mut is: Known| {
    is.hold.issued_coupon_id = domain::IssuedCouponId::from_uuid(next_id());
    writes.holds.push(is.hold);
})]
#[case::a_hold_of_another_saga(|writes: &mut Writes, mut is: Known| {
    is.hold.owner = HoldOwner::Saga(domain::SagaId::from_uuid(next_id()));
    writes.holds.push(is.hold);
})]
#[case::a_second_live_hold_of_the_copy(|writes: &mut Writes, mut is: Known| {
    is.hold.id = domain::HoldId::from_uuid(next_id());
    is.hold.owner = HoldOwner::Saga(domain::SagaId::from_uuid(next_id()));
    writes.holds.push(is.hold);
})]
#[case::one_of_two_products_that_is_not_there(|writes: &mut Writes, is: Known| {
    let mut known = new_product("known", 1, 1);
    known.id = is.order.items[0].product_id;
    writes.products = vec![known, new_product("unknown", 1, 1)];
})]
#[case::stock_that_was_taken_before(|writes: &mut Writes, is: Known| {
    writes.stock_entries.push(StockEntry {
        reference: *is.order.id.as_uuid(),
        product_id: is.order.items[0].product_id,
        kind: domain::StockKind::Reserved,
        quantity: -1,
        at: is.order.created_at,
    });
})]
#[case::money_that_was_paid_before(|writes: &mut Writes, is: Known| {
    let entry = MoneyEntry {
        reference: *is.order.id.as_uuid(),
        kind: MoneyKind::Payment,
        line: 0,
        from: domain::Account::Provider,
        to: domain::Account::Sales,
        amount: amount(1),
        at: is.order.created_at,
    };
    writes.money_entries = vec![entry.clone(), entry];
})]
#[case::an_order_of_another_key(|writes: &mut Writes, mut is: Known| {
    is.order.request_key.0 = new_key();
    writes.order = Some(is.order);
})]
#[case::a_second_order_of_the_key(|writes: &mut Writes, mut is: Known| {
    is.order.id = domain::OrderId::from_uuid(next_id());
    writes.order = Some(is.order);
})]
#[case::a_saga_of_another_order(|writes: &mut Writes, mut is: Known| {
    is.saga.order_id = domain::OrderId::from_uuid(next_id());
    writes.saga = Some(is.saga);
})]
#[case::a_trace_that_says_it_twice(|writes: &mut Writes, is: Known| {
    let (_, mut trace) = is.saga.taken_over(Timestamp::from_micros(0), &Default::default());
    trace.sequence = 0;
    writes.trace.push(trace);
})]
#[tokio::test]
async fn what_can_not_be_written_as_a_whole_is_not_written_at_all(
    #[case] wrong: fn(&mut Writes, Known),
) {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer_to_use(&store, "any", 3).await;
    let tea = on_sale(&store, "tea", 1_000, 5).await;
    let copy = copy_of(&store, &coupon, "ann").await;
    let request = by_provider(with_copy(purchase("ann", &[&tea]), copy));
    let (order, saga) = placed(&store, request).await;
    let (hold, copy, coupon) = store.write(Using(order.saga_id)).await.unwrap();
    let mut writes = well_begun();
    let known = Known {
        order: order.clone(),
        saga,
        hold,
        copy,
        coupon: coupon.clone(),
    };
    wrong(&mut writes, known);
    let (refused, other) = tokio::join!(
        store.write(Write(writes)),
        store.write(Write(Writes {
            wallet: Some(Wallet::empty(consumer("other"))),
            ..Writes::default()
        }))
    );
    assert!(
        matches!(refused, Err(StoreError::Corrupt(_))),
        "{refused:?}"
    );
    other.unwrap();
    let untouched = Wallet::empty(consumer("someone"));
    assert_eq!(store.wallet(consumer("someone")).await.unwrap(), untouched);
    assert_eq!(books(&store).await.wallets, 1);
    assert_eq!(store.order(order.id).await.unwrap(), Some(order));
    assert_eq!(store.coupon(coupon.id).await.unwrap(), Some(coupon));
    assert!(books(&store).await.is_exact());
}

/// The hold of a saga, with its copy and coupon.
struct Using(domain::SagaId);

impl Unit for Using {
    type Answer = (Hold, IssuedCoupon, Coupon);

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<Self::Answer, sqlx::Error> {
        let hold = crate::holds::of_saga(&mut *connection, self.0).await?;
        crate::using::of_hold(connection, hold.unwrap()).await
    }
}

#[tokio::test]
async fn orders_of_any_size_are_the_same_few_statements() {
    let folder = folder();
    let store = open(&folder).await;
    charge(&store, "ann", 1_000_000).await;
    let mut products = Vec::new();
    for number in 0..40 {
        products.push(on_sale(&store, &number.to_string(), 10, 100).await);
    }
    let mut few = None;
    for size in 1..=products.len() {
        let all: Vec<_> = products.iter().take(size).collect();
        let (order, _) = placed(&store, purchase("ann", &all)).await;
        assert_eq!(order.items.len(), size);
        let order = confirmed(&store, order.id).await;
        assert_eq!(order.status, OrderStatus::Confirmed);
        let prepared = store.write(Prepared).await.unwrap();
        assert_eq!(*few.get_or_insert(prepared), prepared);
    }
    // More would push each other out of the cache.
    assert!(few.unwrap() < 100);
}
