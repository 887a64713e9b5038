//! Refunds: everything returns, but for the use of a USE_COUPON and of a copy that has expired.

use domain::{
    Coupon, CouponKind, DeliveryStatus, IssuedCoupon, Order, OrderCommand, OrderRefusal,
    OrderStatus, Product, PurchaseRequest, SagaEvent, SagaId, SagaKind, SagaOutcome, SagaPatience,
    SagaPhase, SagaStep, Timestamp,
};

use crate::Fixture;
use crate::given::{
    END, START, by_provider, declined, issue_kind, placed, use_kind, with_copy, with_points,
};

/// None of what a consumer or a shop may ask of a paid order is granted, and nothing changes.
pub(super) async fn refuses_all(fixture: &Fixture, order: &Order) {
    let stored = fixture.order(order).await;
    for (command, refusal) in [
        (
            OrderCommand::Deliver(DeliveryStatus::InDelivery),
            OrderRefusal::InvalidDelivery,
        ),
        (OrderCommand::Confirm, OrderRefusal::ConfirmNotAvailable),
        (fixture.refund(), OrderRefusal::RefundNotAvailable),
    ] {
        assert_eq!(fixture.change(order, command).await, Err(refusal));
    }
    assert_eq!(fixture.order(order).await, stored);
}

/// A paid order of two of ten at 1,000, with 300 points and a coupon.
struct Paid {
    product: Product,
    coupon: Coupon,
    copy: IssuedCoupon,
    order: Order,
}

/// What a consumer has, what is left, how often coupon and copy are used.
type Stands = ((i64, i64), u32, [u64; 2]);

impl Paid {
    async fn from_wallet(fixture: &Fixture, kind: CouponKind) -> Self {
        fixture.charge("a", 1_200).await;
        let paid = Self::of(fixture, kind, |request| request).await;
        assert_eq!(paid.order.status, OrderStatus::Paid);
        paid
    }

    async fn by_provider(fixture: &Fixture, kind: CouponKind) -> Self {
        let mut paid = Self::of(fixture, kind, by_provider).await;
        let id = paid.order.saga_id;
        (paid.order, _) = fixture.told_often(id, 2, SagaEvent::Succeeded).await;
        assert_eq!(paid.order.status, OrderStatus::Paid);
        paid
    }

    async fn of(
        fixture: &Fixture,
        kind: CouponKind,
        paid: fn(PurchaseRequest) -> PurchaseRequest,
    ) -> Self {
        let product = fixture.product(1_000, 10).await;
        fixture.earn("a", 300).await;
        let coupon = fixture.coupon(kind).await;
        let copy = fixture.copy(&coupon, "a").await;
        let request = with_copy(fixture.purchase("a", &[(&product, 2)]), &copy);
        let request = paid(with_points(request, 300));
        let (order, _) = placed(fixture.place(&request).await);
        Self {
            product,
            coupon,
            copy,
            order,
        }
    }

    async fn stands(&self, fixture: &Fixture) -> Stands {
        fixture.assert_exact(&[&self.coupon]).await;
        (
            fixture.has("a").await,
            fixture.left(&self.product).await,
            [
                fixture.read(&self.coupon).await.counters.used,
                fixture.read_copy(self.copy.id).await.used,
            ],
        )
    }
}

/// Uses of which kind return, when they are refunded at this time.
fn returns() -> [(CouponKind, Timestamp, bool); 4] {
    [
        (issue_kind(1), END.plus_micros(-1), true),
        (issue_kind(1), END, false),
        (use_kind(1, 1), START, false),
        (use_kind(1, 1), END, false),
    ]
}

pub async fn a_refund_into_the_wallet_returns_everything_at_once(fixture: Fixture) {
    for (kind, now, returns) in returns() {
        fixture.clock.set(START);
        let paid = Paid::from_wallet(&fixture, kind).await;
        assert_eq!(paid.stands(&fixture).await, ((0, 0), 8, [1, 1]));
        fixture.clock.set(now);
        let saga_id = SagaId::from_uuid(fixture.id());
        let patience = SagaPatience::default();
        let command = OrderCommand::Refund { saga_id, patience };
        let refunded = fixture.change(&paid.order, command).await;
        let expected = Order {
            status: OrderStatus::Refunded,
            ..paid.order.clone()
        };
        assert_eq!(refunded, Ok(expected));
        let uses = u64::from(!returns);
        assert_eq!(
            paid.stands(&fixture).await,
            ((1_200, 300), 10, [uses, uses])
        );
        let saga = fixture.saga(saga_id).await;
        assert_eq!(
            (saga.kind, saga.order_id),
            (SagaKind::Refund, paid.order.id)
        );
        assert_eq!(saga.outcome, Some(SagaOutcome::Completed));
        spend(&fixture).await;
    }
}

pub async fn a_refund_by_the_provider_returns_everything_when_it_is_done(fixture: Fixture) {
    for (kind, now, returns) in returns() {
        fixture.clock.set(START);
        let paid = Paid::by_provider(&fixture, kind).await;
        let before = ((0, 0), 8, [1, 1]);
        assert_eq!(paid.stands(&fixture).await, before);
        let refund = fixture.begin_refund(&paid.order).await;
        assert_eq!(
            (refund.kind, refund.step),
            (SagaKind::Refund, SagaStep::Refund)
        );
        let refunding = fixture.order(&paid.order).await;
        assert_eq!(refunding.status, OrderStatus::Refunding);
        assert_eq!(paid.stands(&fixture).await, before);
        fixture.clock.set(now);
        let refunded = fixture.told(&refund, SagaEvent::Succeeded).await.unwrap();
        assert_eq!(refunded.status, OrderStatus::Refunded);
        let uses = u64::from(!returns);
        // The money is back where it came from.
        assert_eq!(paid.stands(&fixture).await, ((0, 300), 10, [uses, uses]));
        assert_eq!(fixture.saga(refund.id).await.phase, SagaPhase::Done);
        spend(&fixture).await;
    }
}

pub async fn a_refund_that_the_provider_declines_leaves_the_order_paid(fixture: Fixture) {
    let paid = Paid::by_provider(&fixture, issue_kind(1)).await;
    let before = paid.stands(&fixture).await;
    for _ in 0..2 {
        let refund = fixture.begin_refund(&paid.order).await;
        let order = fixture.told(&refund, declined()).await;
        assert_eq!(order, Ok(paid.order.clone()));
        let refund = fixture.saga(refund.id).await;
        assert_eq!(refund.outcome, Some(SagaOutcome::Undone));
        assert_eq!(paid.stands(&fixture).await, before);
    }
    // It may be asked for again, with another saga, and be done then.
    let refund = fixture.begin_refund(&paid.order).await;
    fixture.told(&refund, SagaEvent::Succeeded).await.unwrap();
    assert_eq!(paid.stands(&fixture).await, ((0, 300), 10, [0, 0]));
}

pub async fn a_refund_again_is_the_same_refund(fixture: Fixture) {
    let paid = Paid::from_wallet(&fixture, use_kind(9, 1)).await;
    let refunded = fixture.change(&paid.order, fixture.refund()).await;
    let stands = paid.stands(&fixture).await;
    for _ in 0..2 {
        let command = fixture.refund();
        assert_eq!(fixture.change(&paid.order, command.clone()).await, refunded);
        let OrderCommand::Refund { saga_id, .. } = command else {
            panic!("{command:?}");
        };
        assert_eq!(fixture.store.saga(saga_id).await.unwrap(), None);
    }
    assert_eq!(paid.stands(&fixture).await, stands);

    let paid = Paid::by_provider(&fixture, issue_kind(1)).await;
    let refund = fixture.begin_refund(&paid.order).await;
    let again = fixture.change(&paid.order, fixture.refund()).await.unwrap();
    assert_eq!(again.status, OrderStatus::Refunding);
    let refunded = fixture.told(&refund, SagaEvent::Succeeded).await;
    let again = fixture.change(&paid.order, fixture.refund()).await;
    assert_eq!(again, refunded);
    fixture.assert_exact(&[&paid.coupon]).await;
}

pub async fn the_same_refund_again_after_it_was_declined_is_no_new_one(fixture: Fixture) {
    let paid = Paid::by_provider(&fixture, issue_kind(1)).await;
    let refund = fixture.begin_refund(&paid.order).await;
    fixture.told(&refund, declined()).await.unwrap();
    let declined = fixture.saga(refund.id).await;
    let command = OrderCommand::Refund {
        saga_id: refund.id,
        patience: SagaPatience::default(),
    };
    let again = fixture.change(&paid.order, command.clone()).await;
    assert_eq!(again, Ok(paid.order.clone()));
    // Also when a new one would be refused.
    fixture.deliver(&paid.order).await;
    let again = fixture.change(&paid.order, command).await;
    assert_eq!(again, Ok(fixture.order(&paid.order).await));
    assert_eq!(fixture.saga(refund.id).await, declined);
    fixture.assert_exact(&[&paid.coupon]).await;
}

pub async fn nothing_is_refunded_once_delivery_has_begun(fixture: Fixture) {
    let wallet = Paid::from_wallet(&fixture, issue_kind(1)).await;
    let provider = Paid::by_provider(&fixture, issue_kind(1)).await;
    for paid in [wallet, provider] {
        for status in [DeliveryStatus::InDelivery, DeliveryStatus::CompleteDelivery] {
            let command = OrderCommand::Deliver(status);
            let order = fixture.change(&paid.order, command).await.unwrap();
            let refused = fixture.change(&order, fixture.refund()).await;
            assert_eq!(refused, Err(OrderRefusal::RefundNotAvailable));
            assert_eq!(fixture.order(&order).await, order);
        }
        fixture
            .change(&paid.order, OrderCommand::Confirm)
            .await
            .unwrap();
        let refused = fixture.change(&paid.order, fixture.refund()).await;
        assert_eq!(refused, Err(OrderRefusal::RefundNotAvailable));
        fixture.assert_exact(&[&paid.coupon]).await;
    }
}

pub async fn what_is_refunded_or_being_refunded_is_not_delivered(fixture: Fixture) {
    let paid = Paid::by_provider(&fixture, issue_kind(1)).await;
    let refund = fixture.begin_refund(&paid.order).await;
    let refused = async |expected: OrderStatus| {
        for command in [
            OrderCommand::Deliver(DeliveryStatus::InDelivery),
            OrderCommand::Confirm,
        ] {
            assert!(fixture.change(&paid.order, command).await.is_err());
        }
        assert_eq!(fixture.order(&paid.order).await.status, expected);
    };
    refused(OrderStatus::Refunding).await;
    fixture.told(&refund, SagaEvent::Succeeded).await.unwrap();
    refused(OrderStatus::Refunded).await;
    fixture.assert_exact(&[&paid.coupon]).await;
}

pub async fn a_copy_whose_use_returned_is_used_again(fixture: Fixture) {
    let paid = Paid::from_wallet(&fixture, issue_kind(1)).await;
    fixture.change(&paid.order, fixture.refund()).await.unwrap();
    let request = with_copy(fixture.purchase("a", &[(&paid.product, 2)]), &paid.copy);
    let request = with_points(request, 300);
    let (order, _) = placed(fixture.place(&request).await);
    assert_eq!(paid.stands(&fixture).await, ((0, 0), 8, [1, 1]));
    fixture.change(&order, fixture.refund()).await.unwrap();
    assert_eq!(paid.stands(&fixture).await, ((1_200, 300), 10, [0, 0]));
}

pub async fn a_refund_of_nothing_paid_needs_no_provider(fixture: Fixture) {
    let product = fixture.product(500, 10).await;
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = with_copy(fixture.purchase("a", &[(&product, 1)]), &copy);
    let (order, _) = placed(fixture.place(&by_provider(request)).await);
    assert_eq!(order.status, OrderStatus::Paid);
    let order = fixture.change(&order, fixture.refund()).await.unwrap();
    assert_eq!(order.status, OrderStatus::Refunded);
    assert_eq!(fixture.left(&product).await, 10);
    fixture.assert_exact(&[&coupon]).await;
}

/// Leaves the consumer with nothing, for the next.
async fn spend(fixture: &Fixture) {
    let (balance, points) = fixture.has("a").await;
    if balance + points > 0 {
        let product = fixture.product(balance + points, 1).await;
        let request = fixture.purchase("a", &[(&product, 1)]);
        placed(fixture.place(&with_points(request, points)).await);
    }
    assert_eq!(fixture.has("a").await, (0, 0));
}
