use super::*;
use crate::testing::{
    MockAnswers, MockProvider, MockPurchases, OneOrder, keyed, purchase, rising_ids, who,
};
use crate::{KeysInFlight, WaitLimits, WaitQueue};
use domain::ports::{Answered, PaymentAnswer, PaymentError, Placed, RequestDigest};
use domain::{OrderRefusal, Payment, PurchaseRequest, SagaPatience};

fn use_case(
    one: &OneOrder,
    mut purchases: MockPurchases,
    provider: MockProvider,
    answered: Option<Answered>,
) -> (RefundOrder, Arc<SagaWorker>) {
    one.serve(&mut purchases);
    let purchases: Arc<dyn PurchaseLedger> = Arc::new(purchases);
    let ids: Arc<dyn IdGenerator> = Arc::new(rising_ids());
    let worker = SagaWorker::new(
        Arc::clone(&purchases),
        Arc::new(provider),
        Arc::clone(&ids),
        WaitQueue::new(WaitLimits::default()),
        SagaPatience::default(),
    );
    let mut answers = MockAnswers::new();
    let found = move |_| Ok(answered.clone());
    answers.expect_answered().returning(found);
    let keyed = KeyedRequests::new(Arc::new(answers), Arc::<KeysInFlight>::default());
    let use_case = RefundOrder::new(purchases, Arc::new(keyed), Arc::clone(&worker), ids);
    (use_case, worker)
}

fn paid_by_wallet() -> OneOrder {
    let one = OneOrder::default();
    one.place(&PurchaseRequest {
        payment: Payment::Wallet,
        ..purchase()
    });
    one
}

/// Paid by the provider, and captured.
fn paid_by_provider() -> OneOrder {
    let one = OneOrder::default();
    let Placed::Now(_, saga) = one.place(&purchase()) else {
        panic!("not placed")
    };
    for _ in 0..2 {
        one.change(OrderCommand::Saga {
            saga_id: saga.id,
            epoch: None,
            event: domain::SagaEvent::Succeeded,
            patience: SagaPatience::default(),
        });
    }
    assert_eq!(one.order().status, OrderStatus::Paid);
    one
}

fn provider(answer: fn() -> Result<PaymentAnswer, PaymentError>) -> MockProvider {
    let mut provider = MockProvider::new();
    provider.expect_call().returning(move |_| answer());
    provider.expect_query().returning(|_| Ok(None));
    provider
}

fn unanswered() -> Result<PaymentAnswer, PaymentError> {
    Err(PaymentError::Unknown(Arc::new(std::fmt::Error)))
}

async fn refund(refund_order: &RefundOrder) -> Order {
    let (id, consumer) = (purchase().order_id, who("a"));
    let written = refund_order.execute(id, &consumer, None, None).await;
    match written.unwrap() {
        Written::Now(order, _) => order,
        Written::Before(answer) => panic!("{answer:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_wallet_has_the_money_back_at_once() {
    let one = paid_by_wallet();
    let (refund_order, _) = use_case(&one, MockPurchases::new(), MockProvider::new(), None);
    assert_eq!(refund(&refund_order).await.status, OrderStatus::Refunded);
    // The same again is the same.
    assert_eq!(refund(&refund_order).await.status, OrderStatus::Refunded);
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_and_its_answer_is_the_orders() {
    let one = paid_by_provider();
    let done = provider(|| Ok(PaymentAnswer::Done));
    let (refund_order, _) = use_case(&one, MockPurchases::new(), done, None);
    assert_eq!(refund(&refund_order).await.status, OrderStatus::Refunded);

    let one = paid_by_provider();
    let declined = provider(|| Ok(PaymentAnswer::Declined("no".to_owned())));
    let (refund_order, _) = use_case(&one, MockPurchases::new(), declined, None);
    assert_eq!(refund(&refund_order).await.status, OrderStatus::Paid);
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_over_first_the_order_is_being_refunded_also_for_who_asks_again() {
    let one = paid_by_provider();
    let silent = provider(unanswered);
    let (refund_order, worker) = use_case(&one, MockPurchases::new(), silent, None);
    for _ in 0..2 {
        let began = Instant::now();
        assert_eq!(refund(&refund_order).await.status, OrderStatus::Refunding);
        assert_eq!(began.elapsed(), PATIENCE);
    }
    worker.drained().await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_changes_nothing() {
    let one = paid_by_provider();
    let done = provider(|| Ok(PaymentAnswer::Done));
    let (refund_order, worker) = use_case(&one, MockPurchases::new(), done, None);
    let consumer = who("a");
    let mut refunding = Box::pin(refund_order.execute(one.order().id, &consumer, None, None));
    assert!(futures_util::poll!(refunding.as_mut()).is_pending());
    drop(refunding);
    worker.drained().await;
    assert_eq!(one.order().status, OrderStatus::Refunded);
}

#[tokio::test(start_paused = true)]
async fn a_begun_refund_whose_saga_can_t_be_read_is_left_to_whoever_takes_it_over() {
    let one = paid_by_provider();
    let mut purchases = MockPurchases::new();
    let read = purchases.expect_saga().once();
    read.returning(|_| Err(StoreError::unavailable("down")));
    let (refund_order, _) = use_case(&one, purchases, MockProvider::new(), None);
    assert_eq!(refund(&refund_order).await.status, OrderStatus::Refunding);
}

#[tokio::test(start_paused = true)]
async fn anothers_order_is_as_good_as_absent() {
    let one = paid_by_wallet();
    let (refund_order, _) = use_case(&one, MockPurchases::new(), MockProvider::new(), None);
    let other = who("b");
    let refused = refund_order.execute(one.order().id, &other, None, None);
    assert!(matches!(
        refused.await,
        Err(ChangeOrderError::Refused(OrderRefusal::NotFound))
    ));
    assert_eq!(one.order().status, OrderStatus::Paid);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_answered_is_answered_so_again_and_refunds_nothing() {
    let one = paid_by_wallet();
    let answered = Answered {
        digest: RequestDigest([1; 32]),
        answer: b"first".to_vec(),
    };
    let (refund_order, _) = use_case(
        &one,
        MockPurchases::new(),
        MockProvider::new(),
        Some(answered),
    );
    let key = Some(keyed(1, |_: &Order, _| b"now".to_vec()));
    let consumer = who("a");
    let again = refund_order.execute(one.order().id, &consumer, None, key);
    assert!(matches!(again.await, Ok(Written::Before(answer)) if answer == b"first"));
    assert_eq!(one.order().status, OrderStatus::Paid);
}
