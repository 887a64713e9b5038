//! Orders that the provider pays: all but the money is reserved, then made final or given back.

use domain::ports::OpenHoldRefusal;
use domain::{
    BookSubject, HoldRefusal, OrderFailure, OrderRefusal, OrderStatus, SagaDirection, SagaEvent,
    SagaOutcome, SagaPhase, SagaRefusal, SagaStep, UseRefusal,
};
use domain::{Coupon, IssuedCoupon, Order, Product, Saga};

use crate::Fixture;
use crate::given::{
    END, by_provider, declined, issue_kind, placed, unanswered, use_kind, with_copy, with_points,
};

/// An order of two of ten, with 300 points and a coupon, that waits for the provider.
struct Pending {
    product: Product,
    coupon: Coupon,
    copy: IssuedCoupon,
    order: Order,
    saga: Saga,
}

impl Pending {
    async fn of(fixture: &Fixture) -> Self {
        let product = fixture.product(1_000, 10).await;
        fixture.earn("a", 300).await;
        let coupon = fixture.coupon(use_kind(1, 1)).await;
        let copy = fixture.copy(&coupon, "a").await;
        let request = with_copy(fixture.purchase("a", &[(&product, 2)]), &copy);
        let request = by_provider(with_points(request, 300));
        let (order, saga) = placed(fixture.place(&request).await);
        Self {
            product,
            coupon,
            copy,
            order,
            saga,
        }
    }

    /// Status, what is left, the consumer's points, uses held and final, the copy's uses.
    async fn stands(&self, fixture: &Fixture) -> (OrderStatus, u32, i64, [u64; 3]) {
        let counters = fixture.read(&self.coupon).await.counters;
        let copy = fixture.read_copy(self.copy.id).await;
        fixture.assert_exact(&[&self.coupon]).await;
        (
            fixture.order(&self.order).await.status,
            fixture.left(&self.product).await,
            fixture.has("a").await.1,
            [counters.held, counters.used, copy.used],
        )
    }
}

const RESERVED: (OrderStatus, u32, i64, [u64; 3]) = (OrderStatus::Pending, 8, 0, [1, 0, 0]);
const COMPLETE: (OrderStatus, u32, i64, [u64; 3]) = (OrderStatus::Paid, 8, 0, [0, 1, 1]);
const RELEASED: (OrderStatus, u32, i64, [u64; 3]) = (OrderStatus::Failed, 10, 300, [0, 0, 0]);

pub async fn a_pending_order_has_everything_reserved(fixture: Fixture) {
    let pending = Pending::of(&fixture).await;
    assert_eq!(pending.stands(&fixture).await, RESERVED);
    assert_eq!(pending.order.paid_amount.get(), 1_200);
    let saga = &pending.saga;
    assert_eq!(
        (saga.phase, saga.step, saga.direction, saga.epoch),
        (
            SagaPhase::Running,
            SagaStep::Authorise,
            SagaDirection::Forward,
            1
        )
    );
    // Nobody else has what it has.
    let refusal = fixture.open(&fixture.hold_request(&pending.copy)).await;
    let expected = HoldRefusal::Coupon(UseRefusal::CopyHeld);
    assert_eq!(refusal, Err(OpenHoldRefusal::Refused(expected)));
    // A saga's hold has no deadline.
    fixture.clock.set(END.plus_micros(1));
    assert_eq!(fixture.store.expire_holds(9).await.unwrap(), 0);
    assert_eq!(pending.stands(&fixture).await, RESERVED);
}

pub async fn an_authorised_order_is_paid_and_its_use_is_final(fixture: Fixture) {
    let pending = Pending::of(&fixture).await;
    let order = fixture.told(&pending.saga, SagaEvent::Succeeded).await;
    let expected = Order {
        status: OrderStatus::Paid,
        ..pending.order.clone()
    };
    assert_eq!(order, Ok(expected));
    assert_eq!(pending.stands(&fixture).await, COMPLETE);
    let saga = fixture.saga(pending.saga.id).await;
    assert_eq!(
        (saga.phase, saga.step),
        (SagaPhase::Running, SagaStep::Capture)
    );
    fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
    let saga = fixture.saga(saga.id).await;
    assert_eq!(saga.outcome, Some(SagaOutcome::Completed));
    assert_eq!(pending.stands(&fixture).await, COMPLETE);
}

pub async fn an_order_is_completed_though_its_coupon_has_expired_meanwhile(fixture: Fixture) {
    let pending = Pending::of(&fixture).await;
    fixture.clock.set(END);
    fixture
        .told(&pending.saga, SagaEvent::Succeeded)
        .await
        .unwrap();
    assert_eq!(pending.stands(&fixture).await, COMPLETE);
}

pub async fn a_declined_order_gives_everything_back(fixture: Fixture) {
    let pending = Pending::of(&fixture).await;
    let order = fixture.told(&pending.saga, declined()).await.unwrap();
    assert_eq!(order.failure, Some(OrderFailure::PaymentDeclined));
    assert_eq!(fixture.order(&order).await, order);
    assert_eq!(pending.stands(&fixture).await, RELEASED);
    let saga = fixture.saga(pending.saga.id).await;
    assert_eq!(saga.outcome, Some(SagaOutcome::Undone));
    assert_eq!(saga.last_error.as_deref(), Some("no"));
    // The copy is as good as new.
    fixture.held(&pending.copy).await;
    fixture.assert_exact(&[&pending.coupon]).await;
}

pub async fn an_order_without_an_answer_gives_everything_back_before_it_is_voided(
    fixture: Fixture,
) {
    let pending = Pending::of(&fixture).await;
    for tries in 1..3 {
        let saga = fixture.saga(pending.saga.id).await;
        fixture.told(&saga, unanswered()).await.unwrap();
        assert_eq!(fixture.saga(saga.id).await.tries, tries);
        assert_eq!(pending.stands(&fixture).await, RESERVED);
    }
    let (order, saga) = fixture.told_often(pending.saga.id, 1, unanswered()).await;
    assert_eq!(order.failure, Some(OrderFailure::PaymentUnavailable));
    assert_eq!(pending.stands(&fixture).await, RELEASED);
    assert_eq!(
        (saga.phase, saga.step, saga.direction, saga.tries),
        (
            SagaPhase::Running,
            SagaStep::Authorise,
            SagaDirection::Undo,
            0
        )
    );
    // Nothing waits for the void: it changes nothing any more.
    let (_, saga) = fixture.told_often(saga.id, 3, unanswered()).await;
    assert_eq!(saga.phase, SagaPhase::Parked);
    let (_, saga) = fixture.told_often(saga.id, 1, SagaEvent::Succeeded).await;
    assert_eq!(saga.outcome, Some(SagaOutcome::Undone));
    assert_eq!(pending.stands(&fixture).await, RELEASED);
}

pub async fn an_outcome_is_taken_once(fixture: Fixture) {
    for event in [SagaEvent::Succeeded, declined(), unanswered()] {
        let product = fixture.product(1_000, 10).await;
        let (_, saga) = fixture.begin("b", &product).await;
        let order = fixture.told(&saga, event.clone()).await.unwrap();
        let stored = fixture.saga(saga.id).await;
        assert_eq!(stored.epoch, saga.epoch + 1);
        for event in [event, SagaEvent::Succeeded, declined(), unanswered()] {
            let again = fixture.told(&saga, event).await;
            assert_eq!(again, Err(OrderRefusal::StaleWorker));
        }
        assert_eq!(fixture.order(&order).await, order);
        assert_eq!(fixture.saga(saga.id).await, stored);
        fixture.assert_exact(&[]).await;
    }
}

pub async fn an_outcome_that_comes_too_late_changes_nothing(fixture: Fixture) {
    let product = fixture.product(1_000, 10).await;
    let (_, saga) = fixture.begin("b", &product).await;
    let order = fixture.told(&saga, declined()).await.unwrap();
    let done = fixture.saga(saga.id).await;
    for event in [SagaEvent::Succeeded, declined(), unanswered()] {
        let late = fixture.told(&done, event.clone()).await;
        assert_eq!(late, Err(SagaRefusal::NotWaiting.into()));
        let late = fixture.operator(&done, event).await;
        assert_eq!(late, Err(SagaRefusal::NotWaiting.into()));
    }
    assert_eq!(fixture.order(&order).await, order);
    assert_eq!(fixture.saga(saga.id).await, done);
    fixture.assert_exact(&[]).await;
}

pub async fn a_saga_of_another_order_is_not_found(fixture: Fixture) {
    let product = fixture.product(1_000, 10).await;
    let (one, first) = fixture.begin("a", &product).await;
    let (two, second) = fixture.begin("a", &product).await;
    for (order, saga) in [(&one, &second), (&two, &first)] {
        let swapped = Saga {
            order_id: order.id,
            ..saga.clone()
        };
        let refused = fixture.told(&swapped, SagaEvent::Succeeded).await;
        assert_eq!(refused, Err(OrderRefusal::SagaNotFound));
    }
    let unknown = Saga {
        order_id: domain::OrderId::from_uuid(fixture.id()),
        ..first.clone()
    };
    let refused = fixture.told(&unknown, SagaEvent::Succeeded).await;
    assert_eq!(refused, Err(OrderRefusal::NotFound));
    fixture.assert_exact(&[]).await;
}

pub async fn a_pending_order_is_neither_delivered_nor_confirmed_nor_refunded(fixture: Fixture) {
    let pending = Pending::of(&fixture).await;
    super::refunds::refuses_all(&fixture, &pending.order).await;
    assert_eq!(pending.stands(&fixture).await, RESERVED);
    fixture.told(&pending.saga, declined()).await.unwrap();
    super::refunds::refuses_all(&fixture, &pending.order).await;
    assert_eq!(pending.stands(&fixture).await, RELEASED);
}

pub async fn an_issue_coupons_use_is_reserved_and_given_back_as_well(fixture: Fixture) {
    let product = fixture.product(1_000, 10).await;
    let coupon = fixture.coupon(issue_kind(1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    for (event, used) in [(declined(), 0), (SagaEvent::Succeeded, 1)] {
        let request = with_copy(fixture.purchase("a", &[(&product, 1)]), &copy);
        let (_, saga) = placed(fixture.place(&by_provider(request)).await);
        assert_eq!(fixture.read(&coupon).await.counters.held, 1);
        fixture.told(&saga, event).await.unwrap();
        assert_eq!(fixture.read(&coupon).await.counters.held, 0);
        assert_eq!(fixture.read_copy(copy.id).await.used, used);
        fixture.assert_exact(&[&coupon]).await;
    }
}

pub async fn an_audit_names_nothing_of_orders_under_way(fixture: Fixture) {
    let pending = Pending::of(&fixture).await;
    let audit = fixture.store.audit_books(0).await.unwrap();
    assert_eq!(
        (audit.orders, audit.live_sagas, audit.stuck_sagas),
        (2, 1, 0)
    );
    assert_eq!((audit.wallets, audit.products), (1, 2));
    assert_eq!(
        audit.violations,
        [],
        "{}",
        BookSubject::Sales(pending.order.id)
    );
}
