//! What must hold in the end, wherever a process has died. It believes no audit alone: it knows what
//! one order takes, and counts for itself.

use application::PaidBy;
use domain::{Amount, OrderStatus, SagaKind, SagaOutcome, SagaPhase};

use super::stage::{
    BALANCE, DISCOUNT, ITEMS, ORDERED, POINTS, POINTS_USED, SELLERS, STOCK, copies, coupons, mina,
    products, seller,
};
use super::variant::{Deed, End, Variant, With};
use crate::given::everything;
use crate::provider::{Moved, Provider};
use crate::{Acknowledged, Store, assert_exact};

/// Holds that the order came to the end that it must come to, with all that belongs to it.
///
/// # Panics
/// If it did not; `told` says of which run.
pub async fn assert_ended(store: &dyn Store, provider: &Provider, variant: &Variant, told: &str) {
    let orders = store.orders(Some(mina()), everything()).await.unwrap();
    let order = &orders[1];
    let (status, failure) = (order.status, order.failure);
    assert_eq!(End { status, failure }, variant.end(), "{told}");
    assert_eq!(orders.len(), 2, "{told}");

    let has_goods = status == OrderStatus::Paid;
    let discount = if variant.with == With::NoCoupon {
        0
    } else {
        DISCOUNT
    };
    let paid = ITEMS - discount - POINTS_USED;
    assert_eq!(order.paid_amount.get(), paid, "{told}");
    let if_had = |amount| if has_goods { amount } else { 0 };

    for ((product, stock), ordered) in products().into_iter().zip(STOCK).zip(ORDERED) {
        let left = store.product(product).await.unwrap().unwrap().stock.get();
        assert_eq!(left, stock - if has_goods { ordered } else { 0 }, "{told}");
    }
    let wallet = store.wallet(mina()).await.unwrap();
    assert_eq!(wallet.points.get(), POINTS - if_had(POINTS_USED), "{told}");
    let from_wallet = match variant.paid_by {
        PaidBy::Wallet => if_had(paid),
        PaidBy::Provider => 0,
    };
    assert_eq!(wallet.balance.get(), BALANCE - from_wallet, "{told}");
    let sellers = store.seller_balance(seller()).await.unwrap();
    assert_eq!(sellers, Amount::new(SELLERS).unwrap(), "{told}");

    let moved = provider.moved();
    let by_provider = match variant.paid_by {
        PaidBy::Wallet => 0,
        PaidBy::Provider => if_had(paid),
    };
    assert_eq!(moved.captured - moved.refunded, by_provider, "{told}");
    assert_eq!(moved.held, 0, "{told}");
    // Once, however often it was asked for.
    assert!(moved.authorised <= paid && moved.captured <= paid, "{told}");
    if variant.deed == Deed::Purchase && !has_goods {
        let never_taken = Moved {
            authorised: moved.authorised,
            ..Moved::default()
        };
        assert_eq!(moved, never_taken, "{told}");
    }
    assert_coupons(store, variant, status, told).await;
    assert_sagas(store, variant, told).await;
    let books = store.audit_books(0).await.unwrap();
    assert_eq!(books.violations, [], "{told}");
    assert_eq!((books.live_sagas, books.stuck_sagas), (0, 0), "{told}");
}

async fn assert_coupons(store: &dyn Store, variant: &Variant, status: OrderStatus, told: &str) {
    let had: Vec<_> = coupons()
        .into_iter()
        .zip(copies())
        .map(|(coupon_id, issued_coupon_id)| Acknowledged {
            issued_coupon_id,
            coupon_id,
            consumer_id: mina(),
        })
        .collect();
    assert_exact(store, &coupons(), had).await;
    for ((coupon, copy), with) in coupons()
        .into_iter()
        .zip(copies())
        .zip([With::IssueCoupon, With::UseCoupon])
    {
        // A USE_COUPON's use never returns.
        let is_used = variant.with == with
            && (status == OrderStatus::Paid
                || status == OrderStatus::Refunded && with == With::UseCoupon);
        let counters = store.coupon(coupon).await.unwrap().unwrap().counters;
        assert_eq!(
            (counters.held, counters.used),
            (0, is_used.into()),
            "{told}"
        );
        let copy = store.issued_coupon(copy).await.unwrap().unwrap();
        assert_eq!(copy.used, u64::from(is_used), "{told}");
    }
}

/// All are done, and as many have done something as there were things to do.
async fn assert_sagas(store: &dyn Store, variant: &Variant, told: &str) {
    let sagas = store.sagas(None, everything()).await.unwrap();
    let mut completed = (0, 0);
    for saga in &sagas {
        assert_eq!(saga.phase, SagaPhase::Done, "{told}: {saga:?}");
        match (saga.kind, saga.outcome) {
            (SagaKind::Purchase, Some(SagaOutcome::Completed)) => completed.0 += 1,
            (SagaKind::Refund, Some(SagaOutcome::Completed)) => completed.1 += 1,
            _ => {}
        }
    }
    // The order that gave points is one too.
    let expected = match variant.end().status {
        OrderStatus::Paid => (2, 0),
        OrderStatus::Refunded => (2, 1),
        _ => (1, 0),
    };
    assert_eq!(completed, expected, "{told}: {sagas:?}");
}
