//! What happens to an order with its saga's events, and who may say so.

use rstest::rstest;

use super::super::*;
use crate::testing::{
    NOW, PATIENCE, REFUND, SAGA, abandon, after, after_unanswered, amount, at, declined, entries,
    issue_kind, placed, provider, redundant_kind, refund, rendered, retry, saga_event, unanswered,
    use_kind, uuid,
};
use crate::{CouponKind, Settled};

fn pending() -> OrderReading {
    placed(provider(), use_kind(1, 1))
}

fn paid() -> OrderReading {
    with(pending(), SAGA, SagaEvent::Succeeded).0
}

fn with(reading: OrderReading, id: SagaId, event: SagaEvent) -> (OrderReading, Writes) {
    let command = saga_event(&reading, id, event);
    after(reading, command)
}

#[rstest]
#[case(issue_kind(1))]
#[case(redundant_kind(1))]
#[case(use_kind(1, 1))]
fn an_authorised_order_is_complete(#[case] kind: CouponKind) {
    let (_, writes) = with(placed(provider(), kind), SAGA, SagaEvent::Succeeded);
    assert_eq!(
        rendered(&writes),
        [
            "coupon: 0 held, 1 used",
            "copy: 1 used",
            "hold 30: Confirmed, 100 off 1600",
            "10 Payment 0: 1450 from PROVIDER to SALES",
            "10 Discount 0: 100 from DISCOUNTS to SALES",
            "order: Paid, BeforeDelivery",
            "saga: Purchase FORWARD CAPTURE Running",
            "FORWARD AUTHORISE Succeeded",
        ]
    );
}

#[rstest]
#[case(issue_kind(1))]
#[case(redundant_kind(1))]
#[case(use_kind(1, 1))]
fn a_declined_order_gives_back_hold_stock_and_points(#[case] kind: CouponKind) {
    let (_, writes) = with(placed(provider(), kind), SAGA, declined());
    assert_eq!(
        rendered(&writes),
        [
            "coupon: 0 held, 0 used",
            "hold 30: Cancelled, 100 off 1600",
            "product 1: 10 left",
            "product 2: 5 left",
            "10 Released: +2 of 1",
            "10 Released: +1 of 2",
            "wallet: 10000 and 500 points",
            "10 PointsReleased 0: 50 from SALES to POINTS:ann",
            "order: Failed, BeforeDelivery, PaymentDeclined",
            "saga: Purchase FORWARD AUTHORISE Done, Undone",
            "FORWARD AUTHORISE Declined: no funds",
        ]
    );
}

#[test]
fn an_order_without_an_answer_gives_back_all_before_the_void_is_tried() {
    let reading = after_unanswered(pending(), SAGA, 2);
    let (failed, writes) = with(reading, SAGA, unanswered());
    assert_eq!(
        rendered(&writes),
        [
            "coupon: 0 held, 0 used",
            "hold 30: Cancelled, 100 off 1600",
            "product 1: 10 left",
            "product 2: 5 left",
            "10 Released: +2 of 1",
            "10 Released: +1 of 2",
            "wallet: 10000 and 500 points",
            "10 PointsReleased 0: 50 from SALES to POINTS:ann",
            "order: Failed, BeforeDelivery, PaymentUnavailable",
            "saga: Purchase UNDO AUTHORISE Running",
            "FORWARD AUTHORISE Unanswered: timed out",
        ]
    );
    let (_, writes) = with(failed, SAGA, SagaEvent::Succeeded);
    assert_eq!(
        rendered(&writes),
        [
            "order: Failed, BeforeDelivery, PaymentUnavailable",
            "saga: Purchase UNDO AUTHORISE Done, Undone",
            "UNDO AUTHORISE Succeeded",
        ]
    );
}

#[test]
fn a_failed_order_gives_back_its_hold_also_after_its_coupon_has_expired() {
    let reading = pending();
    let command = saga_event(&reading, SAGA, declined());
    let writes = reading.decide(command, at(1_000_000)).unwrap();
    assert_eq!(
        rendered(&writes)[..2],
        ["coupon: 0 held, 0 used", "hold 30: Cancelled, 100 off 1600"]
    );
}

#[test]
fn a_captured_order_stays_as_it_is() {
    let (_, writes) = with(paid(), SAGA, SagaEvent::Succeeded);
    assert_eq!(
        rendered(&writes),
        [
            "order: Paid, BeforeDelivery",
            "saga: Purchase FORWARD CAPTURE Done, Completed",
            "FORWARD CAPTURE Succeeded",
        ]
    );
}

#[test]
fn an_order_without_coupon_and_points_moves_its_money_only() {
    let mut reading = pending();
    reading.using = None;
    reading.order.coupon = None;
    reading.order.discount = amount(0);
    reading.order.points_used = amount(0);
    reading.order.paid_amount = amount(1_600);
    let (_, writes) = with(reading.clone(), SAGA, SagaEvent::Succeeded);
    assert_eq!(
        entries(&writes),
        ["10 Payment 0: 1600 from PROVIDER to SALES"]
    );
    assert_eq!(
        (writes.coupon, writes.copy, writes.holds.len()),
        (None, None, 0)
    );
    let (_, writes) = with(reading, SAGA, declined());
    assert_eq!((entries(&writes).len(), writes.wallet), (0, None));
    assert_eq!(writes.stock_entries.len(), 2);
}

#[test]
fn a_refund_that_succeeds_gives_back_all_to_where_it_came_from() {
    let (captured, _) = with(paid(), SAGA, SagaEvent::Succeeded);
    let (refunding, _) = after(captured, refund());
    let (_, writes) = with(refunding, REFUND, SagaEvent::Succeeded);
    assert_eq!(
        rendered(&writes),
        [
            "product 1: 10 left",
            "product 2: 5 left",
            "10 Returned: +2 of 1",
            "10 Returned: +1 of 2",
            "wallet: 10000 and 500 points",
            "10 PaymentReturned 0: 1450 from SALES to PROVIDER",
            "10 PointsReturned 0: 50 from SALES to POINTS:ann",
            "10 DiscountReturned 0: 100 from SALES to DISCOUNTS",
            "order: Refunded, BeforeDelivery",
            "saga: Refund FORWARD REFUND Done, Completed",
            "FORWARD REFUND Succeeded",
        ]
    );
}

#[test]
fn a_refund_that_is_declined_leaves_the_order_paid() {
    let (refunding, _) = after(paid(), refund());
    let (_, writes) = with(refunding, REFUND, declined());
    assert_eq!(
        rendered(&writes),
        [
            "order: Paid, BeforeDelivery",
            "saga: Refund FORWARD REFUND Done, Undone",
            "FORWARD REFUND Declined: no funds",
        ]
    );
}

#[test]
fn an_outcome_is_taken_once() {
    let reading = pending();
    let succeeded = saga_event(&reading, SAGA, SagaEvent::Succeeded);
    let (paid, _) = after(reading, succeeded.clone());
    // Taken for the capture's, the same outcome would end a saga that never captured.
    assert_eq!(paid.decide(succeeded, NOW), Err(OrderRefusal::StaleWorker));
}

#[rstest]
fn a_worker_that_has_not_seen_the_newest_changes_nothing(
    #[values(0, 1, 3, u64::MAX)] epoch: u64,
    #[values(SagaEvent::Succeeded, declined(), unanswered())] event: SagaEvent,
) {
    let mut reading = pending();
    let (taken_over, _) = reading.sagas[0].taken_over(NOW, &PATIENCE);
    assert_eq!(taken_over.epoch, 2);
    reading.sagas = vec![taken_over];
    let command = OrderCommand::Saga {
        saga_id: SAGA,
        epoch: Some(epoch),
        event,
        patience: PATIENCE,
    };
    assert_eq!(reading.decide(command, NOW), Err(OrderRefusal::StaleWorker));
}

#[rstest]
fn a_saga_of_another_order_is_not_found(
    #[values(SagaEvent::Succeeded, retry(), abandon(Settled::Voided))] event: SagaEvent,
) {
    let command = OrderCommand::Saga {
        saga_id: SagaId::from_uuid(uuid(99)),
        epoch: None,
        event,
        patience: PATIENCE,
    };
    assert_eq!(
        pending().decide(command, NOW),
        Err(OrderRefusal::SagaNotFound)
    );
}

#[rstest]
#[case(retry(), SagaRefusal::NotStuck)]
#[case(abandon(Settled::Captured), SagaRefusal::NotStuck)]
fn an_operator_leaves_a_saga_alone_that_is_not_stuck(
    #[case] event: SagaEvent,
    #[case] refusal: SagaRefusal,
) {
    let reading = pending();
    let command = saga_event(&reading, SAGA, event);
    assert_eq!(
        reading.decide(command, NOW),
        Err(OrderRefusal::Saga(refusal))
    );
}

#[test]
fn a_saga_that_has_ended_takes_no_outcome() {
    let (failed, _) = with(pending(), SAGA, declined());
    let command = saga_event(&failed, SAGA, SagaEvent::Succeeded);
    let refusal = OrderRefusal::Saga(SagaRefusal::NotWaiting);
    assert_eq!(failed.decide(command, NOW), Err(refusal));
}

#[test]
fn a_stuck_saga_is_retried_and_the_order_stays_as_it_is() {
    let stuck = after_unanswered(paid(), SAGA, 10);
    let (then, writes) = with(stuck, SAGA, retry());
    assert_eq!(
        rendered(&writes),
        [
            "order: Paid, BeforeDelivery",
            "saga: Purchase FORWARD CAPTURE Running",
            "FORWARD CAPTURE Retried: by root: provider is back",
        ]
    );
    assert!(then.sagas[0].is_due(NOW));
}

#[rstest]
#[case(
    Settled::Captured,
    Some("10 StrayPayment 0: 1450 from PROVIDER to BALANCE:ann"),
    11_450
)]
#[case(Settled::Voided, None, 10_000)]
#[case(Settled::Nothing, None, 10_000)]
fn an_abandoned_void_leaves_the_order_failed_and_a_stray_payment_to_the_consumer(
    #[case] settled: Settled,
    #[case] entry: Option<&str>,
    #[case] balance: i64,
) {
    let stuck = after_unanswered(pending(), SAGA, 13);
    let (then, writes) = with(stuck, SAGA, abandon(settled));
    assert_eq!(entries(&writes), entry.into_iter().collect::<Vec<_>>());
    assert_eq!(
        (then.wallet.balance, then.wallet.points),
        (amount(balance), amount(500))
    );
    assert_eq!(then.order.status, OrderStatus::Failed);
    assert_eq!(then.sagas[0].phase, crate::SagaPhase::Done);
    assert_eq!((writes.stock_entries.len(), writes.holds.len()), (0, 0));
}

#[rstest]
#[case(Settled::Captured, OrderStatus::Paid)]
#[case(Settled::Voided, OrderStatus::Refunded)]
#[case(Settled::Nothing, OrderStatus::Paid)]
fn an_abandoned_refund_is_done_only_when_the_consumer_has_the_money_back(
    #[case] settled: Settled,
    #[case] status: OrderStatus,
) {
    let (refunding, _) = after(paid(), refund());
    let stuck = after_unanswered(refunding, REFUND, 10);
    let (then, writes) = with(stuck, REFUND, abandon(settled));
    assert_eq!(then.order.status, status);
    let given_back = if status == OrderStatus::Refunded {
        (3, 2)
    } else {
        (0, 0)
    };
    assert_eq!(
        (writes.money_entries.len(), writes.stock_entries.len()),
        given_back
    );
}

#[test]
fn a_wallet_without_room_refuses_the_outcome_and_nothing_is_written() {
    let mut reading = pending();
    reading.wallet.points = amount(i64::MAX - 49);
    let command = saga_event(&reading, SAGA, declined());
    let full = OrderRefusal::TooLarge(crate::AmountOverflow);
    assert_eq!(reading.decide(command, NOW), Err(full));

    let mut stuck = after_unanswered(pending(), SAGA, 13);
    stuck.wallet.balance = amount(i64::MAX - 1_449);
    let command = saga_event(&stuck, SAGA, abandon(Settled::Captured));
    assert_eq!(stuck.decide(command, NOW), Err(full));
}
