use super::*;
use domain::ports::PaymentAction::Refund;
use domain::{CallerId, Reason, SagaId, Settled};
use uuid::Uuid;

/// A refund is asked for; its saga, which is the caller's to go on with.
fn refund(one: &OneOrder) -> Saga {
    one.change(OrderCommand::Refund {
        saga_id: SagaId::from_uuid(Uuid::from_u128(99)),
        patience: SagaPatience::default(),
    });
    assert_eq!(one.order().status, OrderStatus::Refunding);
    one.saga()
}

#[tokio::test(start_paused = true)]
async fn a_refund_of_a_captured_payment_names_the_purchase_and_ends() {
    let (one, saga) = OneOrder::placed();
    let purchase = saga.id;
    work(&one, saga, MockPurchases::new(), []).await;
    let refund = refund(&one);
    let mut provider = MockProvider::new();
    provider
        .expect_call()
        .once()
        .withf(move |call| call.action == Refund && call.payment_id == purchase)
        .returning(|_| done());
    let worker = worker(&one, MockPurchases::new(), provider);
    worker.go_on(refund).ended.await.unwrap();
    assert_eq!(one.order().status, OrderStatus::Refunded);
}

#[tokio::test(start_paused = true)]
async fn a_refund_waits_for_the_capture_and_is_not_asked_for_before() {
    let (one, saga) = OneOrder::placed();
    let capturing = event(&one, &saga, SagaEvent::Succeeded);
    let refunding = refund(&one);
    let asked = work(&one, refunding, MockPurchases::new(), []).await;
    assert_eq!(asked, []);
    assert_eq!(one.saga().phase, SagaPhase::Parked);
    event(&one, &capturing, SagaEvent::Succeeded);
    let taken = one.take_over();
    let asked = work(&one, taken, MockPurchases::new(), []).await;
    assert_eq!(asked, [Query(Refund), Call(Refund)]);
    assert_eq!(one.order().status, OrderStatus::Refunded);
}

#[tokio::test(start_paused = true)]
async fn a_payment_that_never_was_has_nothing_to_refund() {
    let (one, saga) = OneOrder::placed();
    let capturing = event(&one, &saga, SagaEvent::Succeeded);
    let refunding = refund(&one);
    let mut stuck = capturing;
    while stuck.phase != SagaPhase::Stuck {
        let silent = SagaEvent::Unanswered("silent".to_owned(), Jitter::default());
        stuck = event(&one, &stuck, silent);
    }
    let abandon = SagaEvent::Abandon {
        by: CallerId::new("admin").unwrap(),
        reason: Reason::new("never came").unwrap(),
        settled: Settled::Nothing,
    };
    event(&one, &stuck, abandon);
    let asked = work(&one, refunding, MockPurchases::new(), []).await;
    assert_eq!(asked, []);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Undone));
    assert_eq!(one.order().status, OrderStatus::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_declined_refund_leaves_the_order_paid() {
    let (one, saga) = OneOrder::placed();
    work(&one, saga, MockPurchases::new(), []).await;
    let refund = refund(&one);
    work(&one, refund, MockPurchases::new(), [declined()]).await;
    assert_eq!(one.order().status, OrderStatus::Paid);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Undone));
}
