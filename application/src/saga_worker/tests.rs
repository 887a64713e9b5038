use super::*;
use crate::WaitLimits;
use crate::testing::{MockProvider, MockPurchases, NOW, OneOrder, rising_ids, who};
use domain::ports::PaymentAction::{Authorise, Capture, Void};
use domain::{HoldState, OrderFailure, OrderStatus};
use futures_util::FutureExt;
use parking_lot::Mutex;
use std::collections::VecDeque;
use tokio::time::Instant;

mod refunds;

/// What the provider was asked, in order: by a call or a query.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Asked {
    Call(PaymentAction),
    Query(PaymentAction),
}
use Asked::{Call, Query};

fn done() -> Result<PaymentAnswer, PaymentError> {
    Ok(PaymentAnswer::Done)
}

fn declined() -> Result<PaymentAnswer, PaymentError> {
    Ok(PaymentAnswer::Declined("no money".to_owned()))
}

fn unanswered() -> Result<PaymentAnswer, PaymentError> {
    Err(PaymentError::Unknown(Arc::new(std::fmt::Error)))
}

type Answers = Result<PaymentAnswer, PaymentError>;

/// A provider that gives these answers to calls, then does all; it has never heard of what it is
/// queried about.
fn provider(answers: impl Into<VecDeque<Answers>>) -> (MockProvider, Arc<Mutex<Vec<Asked>>>) {
    let (answers, asked) = (Mutex::new(answers.into()), Arc::<Mutex<Vec<_>>>::default());
    let mut provider = MockProvider::new();
    let calls = Arc::clone(&asked);
    provider.expect_call().returning(move |call| {
        calls.lock().push(Call(call.action));
        answers.lock().pop_front().unwrap_or_else(done)
    });
    let queries = Arc::clone(&asked);
    provider.expect_query().returning(move |call| {
        queries.lock().push(Query(call.action));
        Ok(None)
    });
    (provider, asked)
}

fn worker_with_queue(
    one: &OneOrder,
    mut ledger: MockPurchases,
    provider: MockProvider,
) -> (Arc<SagaWorker>, Arc<WaitQueue>) {
    one.serve(&mut ledger);
    let queue = WaitQueue::new(WaitLimits::default());
    let worker = SagaWorker::new(
        Arc::new(ledger),
        Arc::new(provider),
        Arc::new(rising_ids()),
        Arc::clone(&queue),
        SagaPatience::default(),
    );
    (worker, queue)
}

fn worker(one: &OneOrder, ledger: MockPurchases, provider: MockProvider) -> Arc<SagaWorker> {
    worker_with_queue(one, ledger, provider).0
}

/// Works on the saga to its rest, with a provider that gives these answers.
async fn work(
    one: &OneOrder,
    saga: Saga,
    ledger: MockPurchases,
    answers: impl Into<VecDeque<Answers>>,
) -> Vec<Asked> {
    let (provider, asked) = provider(answers);
    let worker = worker(one, ledger, provider);
    worker.go_on(saga).ended.await.unwrap();
    let asked = asked.lock();
    asked.clone()
}

fn events(one: &OneOrder) -> Vec<TraceEvent> {
    one.trace().into_iter().map(|(.., event)| event).collect()
}

/// Something happens to a saga: the saga as it is then.
fn event(one: &OneOrder, saga: &Saga, event: SagaEvent) -> Saga {
    let patience = SagaPatience::default();
    one.change(OrderCommand::Saga {
        saga_id: saga.id,
        epoch: None,
        event: event.clone(),
        patience,
    });
    saga.next(event, NOW, &patience).unwrap().0
}

#[tokio::test(start_paused = true)]
async fn a_purchase_is_authorised_completed_and_captured_without_a_question() {
    let (one, saga) = OneOrder::placed();
    let asked = work(&one, saga, MockPurchases::new(), []).await;
    assert_eq!(asked, [Call(Authorise), Call(Capture)]);
    assert_eq!(one.order().status, OrderStatus::Paid);
    assert_eq!(one.hold(), HoldState::Confirmed);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Completed));
}

#[tokio::test(start_paused = true)]
async fn a_declined_payment_releases_all_at_once_and_nothing_is_voided() {
    let (one, saga) = OneOrder::placed();
    let asked = work(&one, saga, MockPurchases::new(), [declined()]).await;
    assert_eq!(asked, [Call(Authorise)]);
    assert_eq!(one.order().failure, Some(OrderFailure::PaymentDeclined));
    assert_eq!(one.hold(), HoldState::Cancelled);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Undone));
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_call_is_asked_about_before_it_is_made_again_then_undone() {
    let (one, saga) = OneOrder::placed();
    let began = Instant::now();
    let silent = [unanswered(), unanswered(), unanswered()];
    let asked = work(&one, saga, MockPurchases::new(), silent).await;
    let again = [Query(Authorise), Call(Authorise)];
    let expected = [&[Call(Authorise)][..], &again, &again, &[Call(Void)]].concat();
    assert_eq!(asked, expected);
    assert_eq!(one.order().failure, Some(OrderFailure::PaymentUnavailable));
    assert_eq!(one.hold(), HoldState::Cancelled);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Undone));
    // Two waits, 100 and 200 ms, with up to half of it on top.
    let took = began.elapsed().as_millis();
    assert!((300..=460).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_knows_is_not_asked_for_again() {
    let (one, _) = OneOrder::placed();
    let (mut provider, mut order) = (MockProvider::new(), mockall::Sequence::new());
    let query = provider.expect_query().once().in_sequence(&mut order);
    query.returning(|_| Ok(Some(PaymentAnswer::Done)));
    let call = provider.expect_call().once().in_sequence(&mut order);
    call.withf(|call| call.action == Capture)
        .returning(|_| done());
    let taken = one.take_over();
    let worker = worker(&one, MockPurchases::new(), provider);
    worker.go_on(taken).ended.await.unwrap();
    assert_eq!(one.order().status, OrderStatus::Paid);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Completed));
}

#[tokio::test(start_paused = true)]
async fn after_a_take_over_only_the_call_that_may_have_been_made_is_asked_about() {
    let (one, _) = OneOrder::placed();
    let taken = one.take_over();
    let asked = work(&one, taken, MockPurchases::new(), []).await;
    assert_eq!(asked, [Query(Authorise), Call(Authorise), Call(Capture)]);
}

#[tokio::test(start_paused = true)]
async fn a_question_without_an_answer_makes_no_call() {
    let (one, _) = OneOrder::placed();
    let taken = one.take_over();
    let mut provider = MockProvider::new();
    let lost = || PaymentError::Unavailable(Arc::new(std::fmt::Error));
    provider
        .expect_query()
        .times(3)
        .returning(move |_| Err(lost()));
    let call = provider.expect_call().once();
    call.withf(|call| call.action == Void).returning(|_| done());
    let worker = worker(&one, MockPurchases::new(), provider);
    worker.go_on(taken).ended.await.unwrap();
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Undone));
}

#[tokio::test(start_paused = true)]
async fn a_capture_without_an_answer_or_that_is_declined_is_parked_and_the_order_stays_paid() {
    for answer in [unanswered(), declined()] {
        let (one, saga) = OneOrder::placed();
        let mut answers = vec![done()];
        answers.extend(std::iter::repeat_n(answer, 3));
        work(&one, saga, MockPurchases::new(), answers).await;
        let saga = one.saga();
        assert_eq!(
            (saga.step, saga.phase),
            (SagaStep::Capture, SagaPhase::Parked)
        );
        assert_eq!(one.order().status, OrderStatus::Paid);
    }
}

#[tokio::test(start_paused = true)]
async fn a_void_without_an_answer_is_parked_then_stuck_and_holds_nothing() {
    let (one, saga) = OneOrder::placed();
    let silent: Vec<_> = std::iter::repeat_n(unanswered(), 6).collect();
    work(&one, saga, MockPurchases::new(), silent).await;
    assert_eq!(one.saga().phase, SagaPhase::Parked);
    assert_eq!(one.hold(), HoldState::Cancelled);
    for _ in 4..=SagaPatience::default().most_tries {
        assert_eq!(one.saga().phase, SagaPhase::Parked);
        let taken = one.take_over();
        let asked = work(&one, taken, MockPurchases::new(), [unanswered()]).await;
        assert_eq!(asked, [Query(Void), Call(Void)]);
    }
    assert_eq!(one.saga().phase, SagaPhase::Stuck);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_overtaken_changes_nothing_and_makes_no_further_call() {
    let (one, stale) = OneOrder::placed();
    one.take_over();
    let asked = work(&one, stale, MockPurchases::new(), []).await;
    assert_eq!(asked, [Call(Authorise)]);
    assert_eq!(events(&one), [TraceEvent::Began, TraceEvent::TakenOver]);
    assert_eq!(one.order().status, OrderStatus::Pending);
}

#[tokio::test(start_paused = true)]
async fn without_its_order_no_call_is_made_and_the_saga_is_left() {
    let (one, saga) = OneOrder::placed();
    let mut ledger = MockPurchases::new();
    let read = ledger.expect_order().once();
    read.returning(|_| Err(StoreError::unavailable("down")));
    let asked = work(&one, saga, ledger, []).await;
    assert_eq!(asked, []);
    assert_eq!(one.saga().phase, SagaPhase::Running);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_can_t_be_committed_is_left_to_whoever_takes_the_saga_over() {
    let (one, saga) = OneOrder::placed();
    let mut ledger = MockPurchases::new();
    let commit = ledger.expect_change_order().once();
    commit.returning(|_, _, _| Err(StoreError::Overloaded));
    let asked = work(&one, saga, ledger, []).await;
    assert_eq!(asked, [Call(Authorise)]);
    assert_eq!(events(&one), [TraceEvent::Began]);
}

fn lost_commit(one: &OneOrder, is_committed: bool) -> MockPurchases {
    let mut ledger = MockPurchases::new();
    let one = one.clone();
    let commit = ledger.expect_change_order().once();
    commit.returning(move |_, command, _| {
        if is_committed {
            one.change(command);
        }
        Err(StoreError::unknown("the connection was lost"))
    });
    ledger
}

#[tokio::test(start_paused = true)]
async fn a_commit_whose_outcome_is_unknown_is_read_again_and_gone_on_from() {
    let (one, saga) = OneOrder::placed();
    let asked = work(&one, saga, lost_commit(&one, true), []).await;
    assert_eq!(asked, [Call(Authorise), Call(Capture)]);
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Completed));

    let (one, saga) = OneOrder::placed();
    let asked = work(&one, saga, lost_commit(&one, false), []).await;
    let again = [Query(Authorise), Call(Authorise)];
    assert_eq!(
        asked,
        [&[Call(Authorise)][..], &again, &[Call(Capture)]].concat()
    );
    assert_eq!(one.saga().outcome, Some(SagaOutcome::Completed));
}

#[tokio::test(start_paused = true)]
async fn a_take_over_is_not_mistaken_for_a_commit_whose_outcome_is_unknown() {
    let (one, saga) = OneOrder::placed();
    let mut ledger = MockPurchases::new();
    let other = one.clone();
    let commit = ledger.expect_change_order().once();
    commit.returning(move |_, _, _| {
        other.take_over();
        Err(StoreError::unknown("the connection was lost"))
    });
    let asked = work(&one, saga, ledger, []).await;
    assert_eq!(asked, [Call(Authorise)], "it went on with another's saga");
    assert_eq!(events(&one), [TraceEvent::Began, TraceEvent::TakenOver]);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_stays_unknown_is_left() {
    let (one, saga) = OneOrder::placed();
    let mut ledger = lost_commit(&one, true);
    let read = ledger.expect_saga().once();
    read.returning(|_| Err(StoreError::unavailable("down")));
    let asked = work(&one, saga, ledger, []).await;
    assert_eq!(asked, [Call(Authorise)]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_has_given_no_answer_and_nothing_else_ends() {
    let (one, saga) = OneOrder::placed();
    let mut provider = MockProvider::new();
    provider.expect_call().returning(|_| panic!("a defect"));
    provider.expect_query().returning(|_| panic!("a defect"));
    let worker = worker(&one, MockPurchases::new(), provider);
    worker.go_on(saga).ended.await.unwrap();
    assert_eq!(one.order().failure, Some(OrderFailure::PaymentUnavailable));
    assert_eq!(one.saga().phase, SagaPhase::Parked);
    worker.drained().await;
}

#[tokio::test(start_paused = true)]
async fn the_consumer_hears_of_the_end_before_the_capture_is_made() {
    let (one, saga) = OneOrder::placed();
    let (mut ledger, mut order) = (MockPurchases::new(), mockall::Sequence::new());
    let read = ledger.expect_order().once().in_sequence(&mut order);
    let served = one.clone();
    read.returning(move |_| Ok(Some(served.order())));
    // Never reaches the capture.
    let read = ledger.expect_order().once().in_sequence(&mut order);
    read.returning(|_| Err(StoreError::unavailable("down")));
    let (provider, _) = provider([]);
    let worker = worker(&one, ledger, provider);
    let work = worker.go_on(saga);
    let decided = work.decided.await.unwrap();
    assert_eq!(decided.status, OrderStatus::Paid);
    assert!(one.saga().is_live());
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_the_coupon_hears_of_the_release() {
    let (one, saga) = OneOrder::placed();
    let (provider, _) = provider([unanswered(), declined()]);
    let (worker, queue) = worker_with_queue(&one, MockPurchases::new(), provider);
    let (_, coupon) = one.order().coupon.unwrap();
    let mut place = queue.join(coupon, &who("b")).ok().unwrap();
    place.turn().await;
    worker.go_on(saga).ended.await.unwrap();
    assert_eq!(one.hold(), HoldState::Cancelled);
    assert!(place.turn().now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_releases_nothing_and_tells_nobody() {
    let (one, saga) = OneOrder::placed();
    let capturing = event(&one, &saga, SagaEvent::Succeeded);
    let (provider, _) = provider([unanswered(), unanswered(), unanswered()]);
    let (worker, queue) = worker_with_queue(&one, MockPurchases::new(), provider);
    let (_, coupon) = one.order().coupon.unwrap();
    let mut place = queue.join(coupon, &who("b")).ok().unwrap();
    place.turn().await;
    worker.go_on(capturing).ended.await.unwrap();
    assert_eq!(one.saga().phase, SagaPhase::Parked);
    assert!(place.turn().now_or_never().is_none());
}
