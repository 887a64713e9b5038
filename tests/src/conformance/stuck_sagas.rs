//! Sagas that are stuck: retried, or settled by hand, with what that means for the order.

use domain::{
    AmountOverflow, Order, OrderCommand, OrderFailure, OrderRefusal, OrderStatus, Product, Reason,
    Saga, SagaEvent, SagaOutcome, SagaPatience, SagaPhase, SagaRefusal, Settled, TraceEvent,
};

use crate::Fixture;
use crate::given::{START, caller, unanswered};

fn abandon(settled: Settled) -> SagaEvent {
    SagaEvent::Abandon {
        by: caller("operator"),
        reason: Reason::new("settled by telephone").unwrap(),
        settled,
    }
}

fn retry() -> SagaEvent {
    SagaEvent::Retry {
        by: caller("operator"),
        reason: None,
    }
}

const SETTLED: [Settled; 3] = [Settled::Captured, Settled::Voided, Settled::Nothing];

/// An order of one of ten at 1,000, a saga of which is stuck.
struct Stuck {
    product: Product,
    order: Order,
    saga: Saga,
}

impl Stuck {
    /// At the void of a failed order.
    async fn at_void(fixture: &Fixture) -> Self {
        let product = fixture.product(1_000, 10).await;
        let (order, saga) = fixture.begin("a", &product).await;
        fixture.told_often(saga.id, 3, unanswered()).await;
        Self::of(fixture, product, order, saga).await
    }

    /// At the capture of a paid order.
    async fn at_capture(fixture: &Fixture) -> Self {
        let product = fixture.product(1_000, 10).await;
        let (order, saga) = fixture.begin("a", &product).await;
        fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
        Self::of(fixture, product, order, saga).await
    }

    /// At the refund of a captured order.
    async fn at_refund(fixture: &Fixture) -> Self {
        let product = fixture.product(1_000, 10).await;
        let (order, saga) = fixture.begin("a", &product).await;
        fixture.told_often(saga.id, 2, SagaEvent::Succeeded).await;
        let refund = fixture.begin_refund(&order).await;
        Self::of(fixture, product, order, refund).await
    }

    async fn of(fixture: &Fixture, product: Product, order: Order, saga: Saga) -> Self {
        let most = SagaPatience::default().most_tries;
        let (order_now, saga) = fixture.told_often(saga.id, most, unanswered()).await;
        assert_eq!(order_now.id, order.id);
        assert_eq!(saga.phase, SagaPhase::Stuck);
        fixture.assert_exact(&[]).await;
        Self {
            product,
            order: order_now,
            saga,
        }
    }

    /// Settles it: the order then, what the consumer has, what is left.
    async fn settle(&self, fixture: &Fixture, settled: Settled) -> (OrderStatus, i64, u32) {
        let before = fixture.has("a").await.0;
        let order = fixture.operator(&self.saga, abandon(settled)).await;
        let order = order.unwrap();
        assert_eq!(fixture.order(&order).await, order);
        let (saga, trace) = fixture.store.saga(self.saga.id).await.unwrap().unwrap();
        assert_eq!(saga.phase, SagaPhase::Done);
        let last = trace.last().unwrap();
        assert_eq!(last.event, TraceEvent::Abandoned);
        let detail = last.detail.as_deref().unwrap();
        assert!(
            detail.contains("operator") && detail.contains("telephone"),
            "{detail}"
        );
        fixture.assert_exact(&[]).await;
        (
            order.status,
            fixture.has("a").await.0 - before,
            fixture.left(&self.product).await,
        )
    }
}

pub async fn a_stuck_saga_waits_for_an_operator(fixture: Fixture) {
    let stuck = Stuck::at_void(&fixture).await;
    fixture.clock.set(START.plus_micros(3_000_000_000));
    let patience = SagaPatience::default();
    let taken = fixture.store.take_over_sagas(9, patience).await.unwrap();
    assert_eq!(taken, []);
    for event in [SagaEvent::Succeeded, unanswered()] {
        let refused = fixture.told(&stuck.saga, event).await;
        assert_eq!(refused, Err(SagaRefusal::NotWaiting.into()));
    }
    let audit = fixture.store.audit_books(0).await.unwrap();
    assert_eq!((audit.live_sagas, audit.stuck_sagas), (1, 1));
    // Stuck is no violation: it is known, and somebody's to settle.
    assert_eq!(audit.violations, []);
    fixture.assert_exact(&[]).await;
}

pub async fn a_saga_that_is_retried_is_due_at_once(fixture: Fixture) {
    let stuck = Stuck::at_capture(&fixture).await;
    let order = fixture.operator(&stuck.saga, retry()).await;
    assert_eq!(order, Ok(stuck.order.clone()));
    let saga = fixture.saga(stuck.saga.id).await;
    assert_eq!((saga.phase, saga.tries), (SagaPhase::Running, 0));
    let again = fixture.operator(&saga, retry()).await;
    assert_eq!(again, Err(SagaRefusal::NotStuck.into()));
    let patience = SagaPatience::default();
    let taken = fixture.store.take_over_sagas(9, patience).await.unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].id, saga.id);
    // Who had seen it stuck is stale.
    let stale = fixture.told(&saga, SagaEvent::Succeeded).await;
    assert_eq!(stale, Err(OrderRefusal::StaleWorker));
    fixture.told(&taken[0], SagaEvent::Succeeded).await.unwrap();
    let saga = fixture.saga(saga.id).await;
    assert_eq!(saga.outcome, Some(SagaOutcome::Completed));
    fixture.assert_exact(&[]).await;
}

pub async fn only_a_stuck_saga_is_retried_or_abandoned(fixture: Fixture) {
    let product = fixture.product(1_000, 10).await;
    let (order, saga) = fixture.begin("a", &product).await;
    for event in [retry(), abandon(Settled::Nothing)] {
        let refused = fixture.operator(&saga, event).await;
        assert_eq!(refused, Err(SagaRefusal::NotStuck.into()));
    }
    assert_eq!(fixture.saga(saga.id).await, saga);
    assert_eq!(fixture.order(&order).await, order);
    let stuck = Stuck::at_void(&fixture).await;
    stuck.settle(&fixture, Settled::Voided).await;
    for event in [retry(), abandon(Settled::Captured)] {
        let refused = fixture.operator(&stuck.saga, event).await;
        assert_eq!(refused, Err(SagaRefusal::NotStuck.into()));
    }
    fixture.assert_exact(&[]).await;
}

pub async fn a_stray_payment_of_a_failed_order_goes_into_the_wallet(fixture: Fixture) {
    for settled in SETTLED {
        let stuck = Stuck::at_void(&fixture).await;
        assert_eq!(stuck.order.status, OrderStatus::Failed);
        let stray = if settled == Settled::Captured {
            1_000
        } else {
            0
        };
        let stands = stuck.settle(&fixture, settled).await;
        assert_eq!(stands, (OrderStatus::Failed, stray, 10), "{settled:?}");
    }
}

pub async fn a_payment_that_never_came_undoes_an_order_that_is_not_delivered(fixture: Fixture) {
    for settled in SETTLED {
        let stuck = Stuck::at_capture(&fixture).await;
        let expected = match settled {
            Settled::Captured => (OrderStatus::Paid, 0, 9),
            Settled::Voided | Settled::Nothing => (OrderStatus::Failed, 0, 10),
        };
        let stands = stuck.settle(&fixture, settled).await;
        assert_eq!(stands, expected, "{settled:?}");
        let failure = fixture.order(&stuck.order).await.failure;
        let lost = settled != Settled::Captured;
        assert_eq!(failure, lost.then_some(OrderFailure::PaymentUnavailable));
    }
}

pub async fn a_payment_that_never_came_is_written_off_once_delivery_has_begun(fixture: Fixture) {
    for settled in SETTLED {
        for confirms in [false, true] {
            let stuck = Stuck::at_capture(&fixture).await;
            fixture.deliver(&stuck.order).await;
            let mut status = OrderStatus::Paid;
            if confirms {
                status = OrderStatus::Confirmed;
                let command = OrderCommand::Confirm;
                fixture.change(&stuck.order, command).await.unwrap();
            }
            let stands = stuck.settle(&fixture, settled).await;
            assert_eq!(stands, (status, 0, 9), "{settled:?}");
        }
    }
}

pub async fn a_refund_is_settled_by_what_the_provider_has_done(fixture: Fixture) {
    for settled in SETTLED {
        let stuck = Stuck::at_refund(&fixture).await;
        assert_eq!(stuck.order.status, OrderStatus::Refunding);
        let expected = match settled {
            Settled::Voided => (OrderStatus::Refunded, 0, 10),
            Settled::Captured | Settled::Nothing => (OrderStatus::Paid, 0, 9),
        };
        let stands = stuck.settle(&fixture, settled).await;
        assert_eq!(stands, expected, "{settled:?}");
    }
}

pub async fn a_refund_of_a_payment_that_never_came_changes_nothing_any_more(fixture: Fixture) {
    for event in [SagaEvent::Succeeded, crate::given::declined()] {
        let stuck = Stuck::at_capture(&fixture).await;
        let refund = fixture.begin_refund(&stuck.order).await;
        let order = fixture
            .operator(&stuck.saga, abandon(Settled::Nothing))
            .await;
        assert_eq!(order.unwrap().status, OrderStatus::Failed);
        assert_eq!(fixture.left(&stuck.product).await, 10);
        fixture.assert_exact(&[]).await;
        let order = fixture.told(&refund, event).await.unwrap();
        assert_eq!(order.status, OrderStatus::Failed);
        assert_eq!(fixture.left(&stuck.product).await, 10);
        fixture.assert_exact(&[]).await;
    }
}

pub async fn a_stray_payment_that_has_no_room_leaves_the_saga_stuck(fixture: Fixture) {
    let stuck = Stuck::at_void(&fixture).await;
    fixture.charge("a", i64::MAX).await;
    let refused = fixture.operator(&stuck.saga, abandon(Settled::Captured));
    let expected = OrderRefusal::TooLarge(AmountOverflow);
    assert_eq!(refused.await, Err(expected));
    assert_eq!(fixture.saga(stuck.saga.id).await, stuck.saga);
    assert_eq!(fixture.has("a").await.0, i64::MAX);
    fixture.assert_exact(&[]).await;
}
