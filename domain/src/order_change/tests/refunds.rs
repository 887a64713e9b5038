//! What becomes of a coupon's use when its order is refunded, and of a refund that comes again.

use rstest::rstest;

use super::super::*;
use crate::CouponKind;
use crate::testing::{
    EXPIRY, NOW, REFUND, SAGA, after, applied, declined, issue_kind, placed, provider,
    redundant_kind, refund, saga_event, use_kind, uuid,
};

/// The order is refunded at that moment, by the provider too.
fn refunded(payment: Payment, kind: CouponKind, now: Timestamp) -> (OrderReading, Writes) {
    let mut reading = placed(payment.clone(), kind);
    if payment != Payment::Wallet {
        let command = saga_event(&reading, SAGA, SagaEvent::Succeeded);
        reading = after(reading, command).0;
    }
    let mut command = refund();
    if payment != Payment::Wallet {
        reading = after(reading, command).0;
        command = saga_event(&reading, REFUND, SagaEvent::Succeeded);
    }
    let writes = reading.clone().decide(command, now).unwrap();
    (applied(reading, writes.clone()), writes)
}

#[rstest]
#[case(issue_kind(1), EXPIRY.plus_micros(-1), true)]
#[case(issue_kind(1), EXPIRY, false)]
#[case(redundant_kind(1), EXPIRY.plus_micros(-1), true)]
#[case(redundant_kind(1), EXPIRY, false)]
#[case::never(use_kind(1, 1), EXPIRY.plus_micros(-1), false)]
#[case::never(use_kind(1, 1), EXPIRY, false)]
fn a_use_returns_of_an_issue_coupon_before_it_expires_and_the_rest_always(
    #[case] kind: CouponKind,
    #[case] now: Timestamp,
    #[case] returns: bool,
    #[values(Payment::Wallet, provider())] payment: Payment,
) {
    let (then, writes) = refunded(payment, kind, now);
    let (hold, copy, coupon) = then.using.unwrap();
    if returns {
        assert_eq!(
            (hold.state, copy.used, coupon.counters.used),
            (HoldState::Returned, 0, 0)
        );
    } else {
        assert_eq!(
            (hold.state, copy.used, coupon.counters.used),
            (HoldState::Confirmed, 1, 1)
        );
        assert_eq!(
            (writes.holds.len(), writes.copy, writes.coupon),
            (0, None, None)
        );
    }
    assert_eq!(then.order.status, OrderStatus::Refunded);
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        (3, 2)
    );
    let stock: Vec<_> = writes.products.iter().map(|one| one.stock.get()).collect();
    assert_eq!(stock, [10, 5]);
}

#[test]
fn a_returned_use_leaves_other_uses_of_a_redundant_copy_alone() {
    let mut reading = placed(Payment::Wallet, redundant_kind(9));
    let (_, copy, coupon) = reading.using.as_mut().unwrap();
    copy.used = 3;
    coupon.counters.used = 5;
    coupon.counters.held = 2;
    let (_, copy, coupon) = after(reading, refund()).0.using.unwrap();
    assert_eq!(
        (copy.used, coupon.counters.used, coupon.counters.held),
        (2, 4, 2)
    );
}

fn paid_by_provider() -> OrderReading {
    let pending = placed(provider(), issue_kind(9));
    let command = saga_event(&pending, SAGA, SagaEvent::Succeeded);
    after(pending, command).0
}

#[test]
fn a_refund_that_comes_again_after_it_was_declined_begins_nothing_anew() {
    let refunding = after(paid_by_provider(), refund()).0;
    let command = saga_event(&refunding, REFUND, declined());
    let paid = after(refunding, command).0;
    assert_eq!(paid.decide(refund(), NOW), Ok(Writes::default()));
}

#[test]
fn another_refund_after_one_was_declined_is_another_saga() {
    let refunding = after(paid_by_provider(), refund()).0;
    let command = saga_event(&refunding, REFUND, declined());
    let paid = after(refunding, command).0;
    let another = SagaId::from_uuid(uuid(22));
    let patience = SagaPatience::default();
    let command = OrderCommand::Refund {
        saga_id: another,
        patience,
    };
    let refunding = after(paid, command).0;
    let command = saga_event(&refunding, another, SagaEvent::Succeeded);
    let (refunded, writes) = after(refunding, command);
    assert_eq!(refunded.order.status, OrderStatus::Refunded);
    assert_eq!((refunded.sagas.len(), writes.money_entries.len()), (3, 3));
}

#[test]
fn stock_returns_also_where_its_seller_has_changed_it_meanwhile() {
    let mut reading = placed(Payment::Wallet, issue_kind(9));
    for product in &mut reading.products {
        product.stock = crate::Stock::new(crate::Stock::MAXIMUM.into()).unwrap();
    }
    let writes = after(reading, refund()).1;
    let stock: Vec<_> = writes.products.iter().map(|one| one.stock.get()).collect();
    assert_eq!(stock, [1_000_000_002, 1_000_000_001]);
}
