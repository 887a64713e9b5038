use super::*;
use crate::testing::{MockProvider, MockPurchases, OneOrder, rising_ids};
use crate::{WaitLimits, WaitQueue};
use domain::ports::{PaymentAnswer, PaymentCall, PaymentError, Payments, StoreError};
use domain::{Saga, SagaId, SagaPatience, SagaPhase};
use futures_util::FutureExt;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

fn job(
    purchases: MockPurchases,
    provider: impl Payments + 'static,
) -> (ResumeSagas, Arc<SagaWorker>) {
    let purchases: Arc<dyn PurchaseLedger> = Arc::new(purchases);
    let worker = SagaWorker::new(
        Arc::clone(&purchases),
        Arc::new(provider),
        Arc::new(rising_ids()),
        WaitQueue::new(WaitLimits::default()),
        SagaPatience::default(),
    );
    (ResumeSagas::new(Arc::clone(&worker), purchases), worker)
}

/// How many were asked for at a time, and how many were given.
type Asked = Arc<Mutex<Vec<(u32, u32)>>>;

/// A ledger in which so many sagas are due, all of which are somebody else's by the time they are
/// worked on.
fn ledger(due: u32) -> (MockPurchases, Asked) {
    let (one, saga) = OneOrder::placed();
    one.take_over();
    let stale = move |number: u32| Saga {
        id: SagaId::from_uuid(Uuid::from_u128(1_000 + u128::from(number))),
        ..saga.clone()
    };
    let (asked, mut due) = (Asked::default(), due);
    let noted = Arc::clone(&asked);
    let mut purchases = MockPurchases::new();
    purchases
        .expect_take_over_sagas()
        .returning(move |limit, _| {
            let given = limit.min(due);
            due -= given;
            noted.lock().push((limit, given));
            Ok((0..given).map(&stale).collect())
        });
    one.serve(&mut purchases);
    (purchases, asked)
}

fn provider(answer: fn() -> Result<PaymentAnswer, PaymentError>) -> MockProvider {
    let mut provider = MockProvider::new();
    provider.expect_query().returning(|_| Ok(None));
    provider.expect_call().returning(move |_| answer());
    provider
}

fn done() -> MockProvider {
    provider(|| Ok(PaymentAnswer::Done))
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_was_left_is_taken_over_and_brought_to_its_end_within_the_step() {
    let (one, _) = OneOrder::placed();
    let (taken, mut purchases) = (one.clone(), MockPurchases::new());
    let mut due = 1;
    let take_over = purchases.expect_take_over_sagas();
    take_over.returning(move |_, _| {
        let sagas = (0..due).map(|_| taken.take_over()).collect();
        due = 0;
        Ok(sagas)
    });
    one.serve(&mut purchases);
    let (job, _) = job(purchases, done());
    let expected = Worked {
        done: 1,
        more: false,
    };
    assert_eq!(job.step().await.unwrap(), expected);
    assert_eq!(one.saga().phase, SagaPhase::Done);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_when_nothing_is_due() {
    let (purchases, asked) = ledger(0);
    let (job, _) = job(purchases, MockProvider::new());
    assert_eq!(job.step().await.unwrap(), Worked::default());
    assert_eq!(*asked.lock(), [(AT_A_TIME, 0)]);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_taken_over_than_are_worked_on_and_a_step_ends_when_it_has_had_its_share() {
    let (purchases, asked) = ledger(MOST + 30);
    let (job, _) = job(purchases, done());
    let full = Worked {
        done: u64::from(MOST),
        more: true,
    };
    assert_eq!(job.step().await.unwrap(), full);
    let first = asked.lock().clone();
    assert_eq!(first[0], (AT_A_TIME, AT_A_TIME));
    assert!(first.iter().all(|(limit, _)| *limit <= AT_A_TIME));
    assert_eq!(first.iter().map(|(_, given)| given).sum::<u32>(), MOST);
    let rest = Worked {
        done: 30,
        more: false,
    };
    assert_eq!(job.step().await.unwrap(), rest);
}

/// A provider that takes its time; how many wait for it, and how many did at most.
#[derive(Clone, Default)]
struct Slow {
    waiting: Arc<AtomicU32>,
    most: Arc<AtomicU32>,
}

#[async_trait]
impl Payments for Slow {
    async fn call(&self, _: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(waiting, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(u64::from(500 + waiting))).await;
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        Ok(PaymentAnswer::Done)
    }

    async fn query(&self, _: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn only_so_many_are_worked_on_at_a_time_and_a_step_ends_when_all_are_at_rest() {
    let (purchases, _) = ledger(MOST + 30);
    let slow = Slow::default();
    let (job, _) = job(purchases, slow.clone());
    assert_eq!(job.step().await.unwrap().done, u64::from(MOST));
    assert_eq!(slow.most.load(Ordering::Relaxed), AT_A_TIME);
    assert_eq!(slow.waiting.load(Ordering::Relaxed), 0, "not at rest");
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_hangs_keeps_no_other_from_being_taken_over() {
    let (one, saga) = OneOrder::placed();
    one.take_over();
    let (mut purchases, begun) = (MockPurchases::new(), tokio::time::Instant::now());
    let taken = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&taken);
    // One at once, another one three seconds later.
    purchases.expect_take_over_sagas().returning(move |_, _| {
        let mut taken = noted.lock();
        let due = match taken.len() {
            0 => true,
            1 => begun.elapsed() >= Duration::from_secs(3),
            _ => false,
        };
        taken.extend(due.then(|| begun.elapsed()));
        Ok(due.then(|| saga.clone()).into_iter().collect())
    });
    one.serve(&mut purchases);
    let (job, _) = job(purchases, Hanging);
    assert_eq!(job.step().await.unwrap().done, 2);
    let taken = taken.lock().clone();
    assert!(taken[1] < Duration::from_secs(5), "{taken:?}");
}

/// A provider that hangs for a long time.
struct Hanging;

#[async_trait]
impl Payments for Hanging {
    async fn call(&self, _: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        tokio::time::sleep(Duration::from_secs(60)).await;
        Ok(PaymentAnswer::Done)
    }

    async fn query(&self, _: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        Ok(None)
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_cut_off_leaves_its_sagas_to_the_worker() {
    let (purchases, _) = ledger(3);
    let slow = Slow::default();
    let (job, worker) = job(purchases, slow.clone());
    {
        let mut step = Box::pin(job.step());
        while slow.waiting.load(Ordering::Relaxed) < 3 {
            assert!(futures_util::poll!(step.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    worker.drained().await;
    assert_eq!(slow.waiting.load(Ordering::Relaxed), 0, "cut off too");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_keeps_no_other_saga_from_its_end() {
    let (purchases, _) = ledger(3);
    let (job, _) = job(purchases, provider(|| panic!("a defect")));
    assert_eq!(job.step().await.unwrap().done, 3);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_fails_the_step() {
    let mut purchases = MockPurchases::new();
    let take_over = purchases.expect_take_over_sagas().once();
    take_over.returning(|_, _| Err(StoreError::unavailable("down")));
    let (job, _) = job(purchases, MockProvider::new());
    assert!(job.step().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_an_operator_retries_wakes_it() {
    let (job, worker) = job(MockPurchases::new(), MockProvider::new());
    assert!(job.woken().now_or_never().is_none());
    worker.wake();
    assert!(job.woken().now_or_never().is_some());
    assert!(job.woken().now_or_never().is_none());
}
