//! What is written when an order is placed: all of it, row by row.

use rstest::rstest;

use crate::testing::{
    NOW, PATIENCE, amount, hold, issue_kind, line, placed, product, provider, reading,
    redundant_kind, rendered, request, request_with_all, use_kind, using, with_state,
};
use crate::{
    Amount, CouponKind, HoldOwner, HoldState, Money, OrderStatus, Payment, Placement,
    PurchaseReading, PurchaseRequest, SagaPhase, SagaStep,
};

fn place(request: &PurchaseRequest, reading: PurchaseReading) -> Placement {
    let placement = request.place(reading, NOW).unwrap();
    assert_eq!(placement.writes.order.as_ref(), Some(&placement.order));
    assert_eq!(placement.writes.saga.as_ref(), Some(&placement.saga));
    placement
}

#[test]
fn a_wallet_pays_at_once_and_the_saga_is_done() {
    let placement = place(&request(Payment::Wallet), reading(None));
    assert_eq!(
        rendered(&placement.writes),
        [
            "product 1: 8 left",
            "product 2: 4 left",
            "10 Reserved: -2 of 1",
            "10 Reserved: -1 of 2",
            "wallet: 8400 and 500 points",
            "10 Payment 0: 1600 from BALANCE:ann to SALES",
            "order: Paid, BeforeDelivery",
            "saga: Purchase FORWARD COMPLETE Done, Completed",
            "FORWARD COMPLETE Succeeded",
        ]
    );
}

#[rstest]
#[case::once(issue_kind(9))]
#[case::again_and_again(redundant_kind(9))]
#[case::capped(use_kind(1, 1))]
fn with_coupon_and_points_a_wallet_pays_the_rest_and_the_use_is_final(#[case] kind: CouponKind) {
    let request = request_with_all(Payment::Wallet);
    let placement = place(&request, reading(Some(using(kind))));
    assert_eq!(
        rendered(&placement.writes),
        [
            "coupon: 0 held, 1 used",
            "copy: 1 used",
            "hold 30: Confirmed, 100 off 1600",
            "product 1: 8 left",
            "product 2: 4 left",
            "10 Reserved: -2 of 1",
            "10 Reserved: -1 of 2",
            "wallet: 8550 and 450 points",
            "10 PointsUsed 0: 50 from POINTS:ann to SALES",
            "10 Payment 0: 1450 from BALANCE:ann to SALES",
            "10 Discount 0: 100 from DISCOUNTS to SALES",
            "order: Paid, BeforeDelivery",
            "saga: Purchase FORWARD COMPLETE Done, Completed",
            "FORWARD COMPLETE Succeeded",
        ]
    );
}

#[test]
fn a_provider_is_asked_after_everything_but_the_money_is_reserved() {
    let request = request_with_all(provider());
    let placement = place(&request, reading(Some(using(use_kind(1, 1)))));
    assert_eq!(
        rendered(&placement.writes),
        [
            "coupon: 1 held, 0 used",
            "hold 30: Open, 100 off 1600",
            "product 1: 8 left",
            "product 2: 4 left",
            "10 Reserved: -2 of 1",
            "10 Reserved: -1 of 2",
            "wallet: 10000 and 450 points",
            "10 PointsUsed 0: 50 from POINTS:ann to SALES",
            "order: Pending, BeforeDelivery",
            "saga: Purchase FORWARD AUTHORISE Running",
            "FORWARD AUTHORISE Began",
        ]
    );
    assert_eq!(placement.saga.due_at, NOW.plus_micros(PATIENCE.lease));
    assert_eq!(
        placement.writes.holds[0].owner,
        HoldOwner::Saga(request.saga_id)
    );
}

#[test]
fn a_provider_order_without_points_leaves_the_wallet_alone() {
    let placement = place(&request(provider()), reading(None));
    assert_eq!(
        rendered(&placement.writes),
        [
            "product 1: 8 left",
            "product 2: 4 left",
            "10 Reserved: -2 of 1",
            "10 Reserved: -1 of 2",
            "order: Pending, BeforeDelivery",
            "saga: Purchase FORWARD AUTHORISE Running",
            "FORWARD AUTHORISE Began",
        ]
    );
}

#[test]
fn a_provider_is_not_asked_for_nothing() {
    let mut request = request(provider());
    request.points = amount(500);
    request.items = vec![line(1, 1)];
    let mut reading = reading(None);
    reading.products = vec![product(1, 500, 1)];
    let placement = place(&request, reading);
    assert_eq!(
        rendered(&placement.writes),
        [
            "product 1: 0 left",
            "10 Reserved: -1 of 1",
            "wallet: 10000 and 0 points",
            "10 PointsUsed 0: 500 from POINTS:ann to SALES",
            "order: Paid, BeforeDelivery",
            "saga: Purchase FORWARD COMPLETE Done, Completed",
            "FORWARD COMPLETE Succeeded",
        ]
    );
}

#[test]
fn what_costs_nothing_moves_stock_only() {
    let mut reading = reading(None);
    reading.products = vec![product(1, 0, 2), product(2, 0, 1)];
    let placement = place(&request(Payment::Wallet), reading);
    let writes = &placement.writes;
    assert_eq!(
        (writes.wallet.as_ref(), writes.money_entries.len()),
        (None, 0)
    );
    assert_eq!(writes.stock_entries.len(), 2);
    assert_eq!(placement.order.status, OrderStatus::Paid);
}

#[test]
fn holds_that_have_lapsed_are_written_down_with_the_new_one() {
    let mut using = using(use_kind(1, 1));
    let lapsed = NOW.plus_micros(1_000_000);
    using.coupon.expires_at = lapsed.plus_micros(1);
    using.coupon.event_window = crate::Window::new(NOW, using.coupon.expires_at).unwrap();
    using.coupon.counters.held = 1;
    using.holds = vec![hold(1, &using)];
    let request = request_with_all(Payment::Wallet);
    let writes = request.place(reading(Some(using)), lapsed).unwrap().writes;
    assert_eq!(
        rendered(&writes)[..4],
        [
            "coupon: 0 held, 1 used",
            "copy: 1 used",
            "hold 1: Expired, 100 off 1600",
            "hold 30: Confirmed, 100 off 1600",
        ]
    );
}

#[test]
fn a_redundant_copy_is_used_again_beside_its_other_holds() {
    let mut using = using(redundant_kind(9));
    using.copy.used = 1;
    using.coupon.counters.used = 1;
    using.coupon.counters.held = 1;
    let used = with_state(HoldState::Confirmed, hold(1, &using));
    using.holds = vec![used, hold(2, &using)];
    let placement = place(&request_with_all(Payment::Wallet), reading(Some(using)));
    assert_eq!(
        rendered(&placement.writes)[..3],
        [
            "coupon: 1 held, 2 used",
            "copy: 2 used",
            "hold 30: Confirmed, 100 off 1600",
        ]
    );
}

#[test]
fn the_order_keeps_what_was_asked_and_what_it_cost_then() {
    let request = request_with_all(provider());
    let order = place(&request, reading(Some(using(issue_kind(9))))).order;
    let lines = order.items.iter().map(|item| {
        let id = item.product_id.as_uuid().as_u128();
        let (quantity, price) = (item.quantity.get(), item.price.amount());
        (
            id,
            item.seller_id.as_str(),
            quantity,
            price,
            item.amount.get(),
        )
    });
    let expected = [
        (1, "seller-1", 2, 300, 600),
        (2, "seller-2", 1, 1_000, 1_000),
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);
    assert_eq!(
        (
            order.id,
            &order.consumer_id,
            order.saga_id,
            order.created_at
        ),
        (request.order_id, &request.consumer_id, request.saga_id, NOW)
    );
    assert_eq!(
        (order.request_key, order.request_digest, &order.payment),
        (request.key, request.digest, &request.payment)
    );
    let using = using(issue_kind(9));
    assert_eq!(order.coupon, Some((using.copy.id, using.coupon.id)));
    assert_eq!(
        (order.discount, order.points_used),
        (amount(100), amount(50))
    );
    assert_eq!(
        (order.paid_amount, order.earned_points),
        (amount(1_450), amount(36))
    );
    assert_eq!(order.failure, None);
}

#[test]
fn a_coupon_that_was_not_asked_for_is_left_alone() {
    let placement = place(
        &request(Payment::Wallet),
        reading(Some(using(use_kind(1, 1)))),
    );
    let writes = &placement.writes;
    assert_eq!(
        (&writes.coupon, &writes.copy, &writes.holds),
        (&None, &None, &vec![])
    );
    assert_eq!(placement.order.discount, Amount::ZERO);
}

#[test]
fn the_fixture_of_a_placed_order_is_what_was_written() {
    let reading = placed(provider(), use_kind(1, 1));
    let (hold, copy, coupon) = reading.using.unwrap();
    assert_eq!((hold.state, copy.used), (HoldState::Open, 0));
    assert_eq!((coupon.counters.held, coupon.counters.used), (1, 0));
    assert_eq!(reading.products[0].price, Money::new(300).unwrap());
    assert_eq!(reading.sagas[0].step, SagaStep::Authorise);
    assert_eq!(reading.sagas[0].phase, SagaPhase::Running);
}
