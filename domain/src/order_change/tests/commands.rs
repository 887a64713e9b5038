//! Every command of a consumer or a shop at every status and delivery status, and what it writes.

use rstest::rstest;

use super::super::*;
use crate::testing::{
    NOW, REFUND, after, amount, applied, entries, issue_kind, placed, provider, refund, rendered,
};
use DeliveryStatus::{BeforeDelivery, CompleteDelivery, InDelivery};
use OrderStatus::{Confirmed, Failed, Paid, Pending, Refunded, Refunding};

/// A paid order with coupon and points, made to look so.
fn order(status: OrderStatus, delivery: DeliveryStatus, payment: Payment) -> OrderReading {
    let mut reading = placed(payment, issue_kind(9));
    reading.order.status = status;
    reading.order.delivery = delivery;
    reading
}

/// What it comes to: nothing to write, a change, or a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Nothing,
    Status(OrderStatus),
    Delivery(DeliveryStatus),
    Refused(OrderRefusal),
}

/// Asks, and asks again after it is written, which must then write nothing.
fn asked(reading: OrderReading, command: &OrderCommand) -> Answer {
    let (status, delivery) = (reading.order.status, reading.order.delivery);
    let writes = match reading.clone().decide(command.clone(), NOW) {
        Err(refusal) => return Answer::Refused(refusal),
        Ok(writes) if writes == Writes::default() => return Answer::Nothing,
        Ok(writes) => writes,
    };
    let then = applied(reading, writes);
    let again = then.clone().decide(command.clone(), NOW);
    assert_eq!(again, Ok(Writes::default()), "{command:?} again");
    if then.order.status == status {
        assert_ne!(then.order.delivery, delivery);
        Answer::Delivery(then.order.delivery)
    } else {
        assert_eq!(then.order.delivery, delivery);
        Answer::Status(then.order.status)
    }
}

#[rstest]
fn a_delivery_moves_forward_only_one_status_after_the_other_once_paid(
    #[values(Pending, Paid, Failed, Refunding, Refunded, Confirmed)] status: OrderStatus,
    #[values(BeforeDelivery, InDelivery, CompleteDelivery)] delivery: DeliveryStatus,
    #[values(Payment::Wallet, provider())] payment: Payment,
) {
    let answers = |to| {
        asked(
            order(status, delivery, payment.clone()),
            &OrderCommand::Deliver(to),
        )
    };
    let no = Answer::Refused(OrderRefusal::InvalidDelivery);
    let expected = match (status, delivery) {
        (Paid | Confirmed, BeforeDelivery) => [no, Answer::Delivery(InDelivery), no],
        (Paid | Confirmed, InDelivery) => [no, Answer::Nothing, Answer::Delivery(CompleteDelivery)],
        (Paid | Confirmed, CompleteDelivery) => [no, no, Answer::Nothing],
        (Pending | Failed | Refunding | Refunded, _) => [no, no, no],
    };
    assert_eq!(
        [BeforeDelivery, InDelivery, CompleteDelivery].map(answers),
        expected
    );
}

#[rstest]
fn an_order_is_confirmed_when_it_is_paid_and_delivered(
    #[values(Pending, Paid, Failed, Refunding, Refunded, Confirmed)] status: OrderStatus,
    #[values(BeforeDelivery, InDelivery, CompleteDelivery)] delivery: DeliveryStatus,
    #[values(Payment::Wallet, provider())] payment: Payment,
) {
    let expected = match (status, delivery) {
        (Paid, CompleteDelivery) => Answer::Status(Confirmed),
        (Confirmed, _) => Answer::Nothing,
        _ => Answer::Refused(OrderRefusal::ConfirmNotAvailable),
    };
    let answer = asked(order(status, delivery, payment), &OrderCommand::Confirm);
    assert_eq!(answer, expected);
}

#[rstest]
#[case::at_once(Payment::Wallet, Refunded)]
#[case::by_a_saga(provider(), Refunding)]
fn an_order_is_refunded_when_it_is_paid_and_not_on_its_way(
    #[case] payment: Payment,
    #[case] then: OrderStatus,
    #[values(Pending, Paid, Failed, Refunding, Refunded, Confirmed)] status: OrderStatus,
    #[values(BeforeDelivery, InDelivery, CompleteDelivery)] delivery: DeliveryStatus,
) {
    let expected = match (status, delivery) {
        (Paid, BeforeDelivery) => Answer::Status(then),
        (Refunding | Refunded, _) => Answer::Nothing,
        _ => Answer::Refused(OrderRefusal::RefundNotAvailable),
    };
    assert_eq!(asked(order(status, delivery, payment), &refund()), expected);
}

#[test]
fn a_delivery_writes_the_order_and_nothing_else() {
    let reading = order(Paid, BeforeDelivery, Payment::Wallet);
    let writes = after(reading, OrderCommand::Deliver(InDelivery)).1;
    assert_eq!(rendered(&writes), ["order: Paid, InDelivery"]);
}

#[test]
fn a_confirmation_pays_sellers_fees_and_points_line_by_line() {
    let reading = order(Paid, CompleteDelivery, Payment::Wallet);
    let writes = after(reading, OrderCommand::Confirm).1;
    assert_eq!(
        rendered(&writes),
        [
            "wallet: 8550 and 486 points",
            "10 Sale 0: 570 from SALES to SELLER:seller-1",
            "10 Fee 0: 30 from SALES to FEES",
            "10 Sale 1: 950 from SALES to SELLER:seller-2",
            "10 Fee 1: 50 from SALES to FEES",
            "10 PointsEarned 0: 36 from REWARDS to POINTS:ann",
            "order: Confirmed, CompleteDelivery",
        ]
    );
}

#[test]
fn a_confirmation_writes_no_entry_of_nothing() {
    let mut reading = order(Paid, CompleteDelivery, Payment::Wallet);
    // 95 % of 1 is nothing for the seller; of 39 paid there are no points.
    reading.order.items[0].amount = amount(0);
    reading.order.items[1].amount = amount(1);
    reading.order.earned_points = Order::points_earned_with(amount(39));
    let writes = after(reading, OrderCommand::Confirm).1;
    assert_eq!(entries(&writes), ["10 Fee 1: 1 from SALES to FEES"]);
    assert_eq!(writes.wallet, None);
}

#[test]
fn a_wallet_without_room_for_its_points_refuses_the_confirmation() {
    let mut reading = order(Paid, CompleteDelivery, Payment::Wallet);
    reading.wallet.points = amount(i64::MAX - 35);
    let refused = reading.decide(OrderCommand::Confirm, NOW);
    assert_eq!(refused, Err(OrderRefusal::TooLarge(crate::AmountOverflow)));
}

#[test]
fn a_wallets_refund_gives_back_all_of_it_at_once() {
    let writes = after(order(Paid, BeforeDelivery, Payment::Wallet), refund()).1;
    assert_eq!(
        rendered(&writes),
        [
            "coupon: 0 held, 0 used",
            "copy: 0 used",
            "hold 30: Returned, 100 off 1600",
            "product 1: 10 left",
            "product 2: 5 left",
            "10 Returned: +2 of 1",
            "10 Returned: +1 of 2",
            "wallet: 10000 and 500 points",
            "10 PaymentReturned 0: 1450 from SALES to BALANCE:ann",
            "10 PointsReturned 0: 50 from SALES to POINTS:ann",
            "10 DiscountReturned 0: 100 from SALES to DISCOUNTS",
            "order: Refunded, BeforeDelivery",
            "saga: Refund FORWARD COMPLETE Done, Completed",
            "FORWARD COMPLETE Succeeded",
        ]
    );
}

#[test]
fn a_providers_refund_begins_a_saga_and_moves_nothing_yet() {
    let writes = after(order(Paid, BeforeDelivery, provider()), refund()).1;
    assert_eq!(
        rendered(&writes),
        [
            "order: Refunding, BeforeDelivery",
            "saga: Refund FORWARD REFUND Running",
            "FORWARD REFUND Began",
        ]
    );
    assert_eq!(writes.saga.unwrap().id, REFUND);
}

#[test]
fn a_provider_is_not_asked_for_a_refund_of_nothing() {
    let mut reading = order(Paid, BeforeDelivery, provider());
    reading.order.paid_amount = amount(0);
    reading.order.discount = amount(1_550);
    let writes = after(reading, refund()).1;
    assert_eq!(
        entries(&writes),
        [
            "10 PointsReturned 0: 50 from SALES to POINTS:ann",
            "10 DiscountReturned 0: 1550 from SALES to DISCOUNTS",
        ]
    );
    assert_eq!(writes.order.unwrap().status, Refunded);
}

#[rstest]
#[case::balance(i64::MAX - 1_449, 0)]
#[case::points(0, i64::MAX - 49)]
fn a_wallet_without_room_refuses_the_refund(#[case] balance: i64, #[case] points: i64) {
    let mut reading = order(Paid, BeforeDelivery, Payment::Wallet);
    reading.wallet.balance = amount(balance);
    reading.wallet.points = amount(points);
    let refused = reading.decide(refund(), NOW);
    assert_eq!(refused, Err(OrderRefusal::TooLarge(crate::AmountOverflow)));
}

#[test]
fn a_wallet_with_just_enough_room_takes_the_refund() {
    let mut reading = order(Paid, BeforeDelivery, Payment::Wallet);
    reading.wallet.balance = amount(i64::MAX - 1_450);
    reading.wallet.points = amount(i64::MAX - 50);
    let wallet = after(reading, refund()).0.wallet;
    assert_eq!(
        (wallet.balance, wallet.points),
        (amount(i64::MAX), amount(i64::MAX))
    );
}

#[rstest]
#[case::under_way(Refunding, false)]
#[case::done(Refunded, true)]
#[case::declined(Paid, true)]
fn a_refund_is_answered_when_no_saga_is_at_work_on_it_and_an_operators_word_at_once(
    #[case] status: OrderStatus,
    #[case] answered: bool,
) {
    let reading = order(status, BeforeDelivery, provider());
    assert_eq!(refund().is_answered_by(&reading.order), answered);
    let saga_id = reading.sagas[0].id;
    let retry = crate::testing::saga_event(&reading, saga_id, crate::testing::retry());
    assert!(retry.is_answered_by(&reading.order));
}
