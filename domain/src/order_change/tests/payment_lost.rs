//! A capture that is abandoned: the payment of an order that is paid by its status never came.

use rstest::rstest;

use super::super::*;
use crate::testing::{
    REFUND, SAGA, abandon, after, after_unanswered, declined, entries, issue_kind, placed,
    provider, refund, rendered, saga_event, unanswered,
};
use crate::{SagaOutcome, Settled};

/// A paid order whose capture is stuck.
fn stuck() -> OrderReading {
    let pending = placed(provider(), issue_kind(9));
    let paid = with(pending, SAGA, SagaEvent::Succeeded).0;
    after_unanswered(paid, SAGA, 10)
}

/// The same, and its consumer wants a refund meanwhile.
fn stuck_and_refunding() -> OrderReading {
    after(stuck(), refund()).0
}

fn with(reading: OrderReading, id: SagaId, event: SagaEvent) -> (OrderReading, Writes) {
    let command = saga_event(&reading, id, event);
    after(reading, command)
}

fn delivered(mut reading: OrderReading, to: DeliveryStatus) -> OrderReading {
    for status in [DeliveryStatus::InDelivery, DeliveryStatus::CompleteDelivery] {
        if status <= to {
            reading = after(reading, OrderCommand::Deliver(status)).0;
        }
    }
    reading
}

/// All that was given back when the order failed.
const UNDONE: [&str; 11] = [
    "coupon: 0 held, 0 used",
    "copy: 0 used",
    "hold 30: Returned, 100 off 1600",
    "product 1: 10 left",
    "product 2: 5 left",
    "10 Returned: +2 of 1",
    "10 Returned: +1 of 2",
    "wallet: 10000 and 500 points",
    "10 PaymentReturned 0: 1450 from SALES to PROVIDER",
    "10 PointsReturned 0: 50 from SALES to POINTS:ann",
    "10 DiscountReturned 0: 100 from SALES to DISCOUNTS",
];

#[rstest]
fn before_delivery_the_order_is_undone(
    #[values(Settled::Voided, Settled::Nothing)] settled: Settled,
    #[values(stuck(), stuck_and_refunding())] reading: OrderReading,
) {
    let (then, writes) = with(reading, SAGA, abandon(settled));
    let lines = rendered(&writes);
    assert_eq!(lines[..UNDONE.len()], UNDONE);
    let rest = [
        "order: Failed, BeforeDelivery, PaymentUnavailable".to_owned(),
        "saga: Purchase FORWARD CAPTURE Done, Undone".to_owned(),
        format!("FORWARD CAPTURE Abandoned: {settled:?} by root: called them"),
    ];
    assert_eq!(lines[UNDONE.len()..], rest);
    assert_eq!(then.order.failure, Some(OrderFailure::PaymentUnavailable));
}

#[rstest]
#[case(DeliveryStatus::InDelivery, false)]
#[case(DeliveryStatus::CompleteDelivery, false)]
#[case(DeliveryStatus::CompleteDelivery, true)]
fn once_delivery_has_begun_it_is_written_off_and_the_order_stays(
    #[case] delivery: DeliveryStatus,
    #[case] confirmed: bool,
    #[values(Settled::Voided, Settled::Nothing)] settled: Settled,
) {
    let mut reading = delivered(stuck(), delivery);
    if confirmed {
        reading = after(reading, OrderCommand::Confirm).0;
    }
    let status = reading.order.status;
    let (then, writes) = with(reading, SAGA, abandon(settled));
    assert_eq!(
        entries(&writes),
        ["10 WrittenOff 0: 1450 from LOSSES to PROVIDER"]
    );
    assert_eq!(
        (
            writes.stock_entries.len(),
            writes.holds.len(),
            writes.wallet
        ),
        (0, 0, None)
    );
    assert_eq!((then.order.status, then.order.delivery), (status, delivery));
    assert_eq!(then.order.failure, None);
}

#[rstest]
#[case(stuck())]
#[case(stuck_and_refunding())]
#[case(delivered(stuck(), DeliveryStatus::CompleteDelivery))]
fn a_payment_that_was_captured_by_hand_changes_nothing_of_the_order(#[case] reading: OrderReading) {
    let before = reading.order.clone();
    let (then, writes) = with(reading, SAGA, abandon(Settled::Captured));
    assert_eq!(then.order, before);
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        (0, 0)
    );
    let purchase = writes.saga.unwrap();
    assert_eq!(purchase.outcome, Some(SagaOutcome::Completed));
}

#[rstest]
#[case::succeeded(SagaEvent::Succeeded)]
#[case::declined(declined())]
fn the_end_of_a_refund_gives_nothing_back_a_second_time(#[case] event: SagaEvent) {
    let (failed, _) = with(stuck_and_refunding(), SAGA, abandon(Settled::Voided));
    let (then, writes) = with(failed.clone(), REFUND, event);
    assert_eq!(then.order, failed.order);
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        (0, 0)
    );
    assert_eq!((writes.wallet, writes.holds.len()), (None, 0));
    assert_eq!(writes.saga.unwrap().phase, crate::SagaPhase::Done);
}

#[rstest]
fn nor_does_a_refund_that_is_abandoned_after_that(
    #[values(Settled::Captured, Settled::Voided, Settled::Nothing)] settled: Settled,
) {
    let (failed, _) = with(stuck_and_refunding(), SAGA, abandon(Settled::Voided));
    let stuck = after_unanswered(failed, REFUND, 10);
    let (then, writes) = with(stuck, REFUND, abandon(settled));
    assert_eq!(then.order.status, OrderStatus::Failed);
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        (0, 0)
    );
}

#[rstest]
fn an_order_that_was_refunded_before_has_nothing_to_write_off(
    #[values(Settled::Voided, Settled::Nothing)] settled: Settled,
) {
    let (refunded, _) = with(stuck_and_refunding(), REFUND, SagaEvent::Succeeded);
    assert_eq!(refunded.order.status, OrderStatus::Refunded);
    let (then, writes) = with(refunded, SAGA, abandon(settled));
    assert_eq!(then.order.status, OrderStatus::Refunded);
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        (0, 0)
    );
}

#[test]
fn a_refund_that_was_declined_leaves_the_order_to_fail() {
    let (paid, _) = with(stuck_and_refunding(), REFUND, declined());
    let (then, writes) = with(paid, SAGA, abandon(Settled::Voided));
    assert_eq!(then.order.status, OrderStatus::Failed);
    assert_eq!(writes.money_entries.len(), 3);
}

#[test]
fn a_refund_waits_while_the_capture_is_stuck() {
    let (then, writes) = with(stuck_and_refunding(), REFUND, unanswered());
    assert_eq!(then.order.status, OrderStatus::Refunding);
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        (0, 0)
    );
}
