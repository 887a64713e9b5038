use super::*;
use crate::testing::{MockAnswers, MockProvider, MockPurchases, OneOrder, keyed, rising_ids};
use crate::{KeysInFlight, WaitLimits, WaitQueue};
use domain::ports::{Answered, RequestDigest};
use domain::{
    CallerId, Jitter, OrderStatus, Reason, SagaOutcome, SagaPatience, SagaPhase, Settled,
    TraceEvent,
};
use futures_util::FutureExt;

fn use_case(one: &OneOrder, answered: Option<Answered>) -> (SettleSaga, Arc<SagaWorker>) {
    let mut purchases = MockPurchases::new();
    one.serve(&mut purchases);
    let purchases: Arc<dyn PurchaseLedger> = Arc::new(purchases);
    let worker = SagaWorker::new(
        Arc::clone(&purchases),
        Arc::new(MockProvider::new()),
        Arc::new(rising_ids()),
        WaitQueue::new(WaitLimits::default()),
        SagaPatience::default(),
    );
    let mut answers = MockAnswers::new();
    let found = move |_| Ok(answered.clone());
    answers.expect_answered().returning(found);
    let keyed = KeyedRequests::new(Arc::new(answers), Arc::<KeysInFlight>::default());
    let settle_saga = SettleSaga::new(purchases, Arc::new(keyed), Arc::clone(&worker));
    (settle_saga, worker)
}

fn happens(one: &OneOrder, event: SagaEvent) {
    one.change(OrderCommand::Saga {
        saga_id: one.saga().id,
        epoch: None,
        event,
        patience: SagaPatience::default(),
    });
}

/// An order that is paid, and its saga, stuck at the capture.
fn stuck() -> OneOrder {
    let (one, _) = OneOrder::placed();
    happens(&one, SagaEvent::Succeeded);
    for _ in 0..SagaPatience::default().most_tries {
        let silent = SagaEvent::Unanswered("silent".to_owned(), Jitter::default());
        happens(&one, silent);
    }
    assert_eq!(one.saga().phase, SagaPhase::Stuck);
    one
}

fn retry() -> SagaEvent {
    SagaEvent::Retry {
        by: CallerId::new("admin").unwrap(),
        reason: None,
    }
}

#[tokio::test]
async fn a_retried_saga_runs_and_those_who_take_over_are_woken() {
    let one = stuck();
    let (settle_saga, worker) = use_case(&one, None);
    let settled = settle_saga.execute(one.saga().id, retry(), None).await;
    let (saga, trace) = settled.unwrap();
    assert_eq!(saga.phase, SagaPhase::Running);
    assert_eq!(trace.last().unwrap().event, TraceEvent::Retried);
    assert!(worker.woken().now_or_never().is_some());
}

#[tokio::test]
async fn an_abandoned_saga_ends_as_declared_and_says_who_and_why() {
    let one = stuck();
    let (settle_saga, _) = use_case(&one, None);
    let abandon = SagaEvent::Abandon {
        by: CallerId::new("admin").unwrap(),
        reason: Reason::new("never came").unwrap(),
        settled: Settled::Nothing,
    };
    let settled = settle_saga.execute(one.saga().id, abandon, None).await;
    let (saga, trace) = settled.unwrap();
    assert_eq!(saga.outcome, Some(SagaOutcome::Undone));
    let detail = trace.last().unwrap().detail.clone().unwrap();
    assert!(detail.contains("admin") && detail.contains("never came"));
    assert_eq!(one.order().status, OrderStatus::Failed);
}

#[tokio::test]
async fn only_a_saga_that_is_there_and_stuck_is_settled() {
    let (one, saga) = OneOrder::placed();
    let (settle_saga, _) = use_case(&one, None);
    let refused = settle_saga.execute(saga.id, retry(), None).await;
    assert!(matches!(refused, Err(SettleSagaError::NotStuck)));
    let nobodys = SagaId::from_uuid(uuid::Uuid::nil());
    let refused = settle_saga.execute(nobodys, retry(), None).await;
    assert!(matches!(refused, Err(SettleSagaError::NotFound)));
}

#[tokio::test]
async fn a_request_that_was_answered_changes_nothing_and_is_told_of_the_saga_as_it_is() {
    let one = stuck();
    let answered = Answered {
        digest: RequestDigest([1; 32]),
        answer: vec![],
    };
    let (settle_saga, _) = use_case(&one, Some(answered));
    let key = |digest| Some(keyed(digest, |_: &Order, _| vec![]));
    let again = settle_saga.execute(one.saga().id, retry(), key(1)).await;
    assert_eq!(again.unwrap().0.phase, SagaPhase::Stuck);
    let reused = settle_saga.execute(one.saga().id, retry(), key(2)).await;
    assert!(matches!(
        reused,
        Err(SettleSagaError::Key(KeyError::Reused))
    ));
}
