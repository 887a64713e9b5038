//! The use cases of purchases over a store and a provider, without a server in front of them.

use std::sync::Arc;

use adapter_memory::ManualClock;
use application::{
    KeyedRequests, KeysInFlight, PaidBy, PlaceOrder, RefundOrder, ResumeSagas, SagaWorker,
    WaitLimits, WaitQueue,
};
use domain::SagaPatience;
use domain::ports::{Clock, IdGenerator, Job, Payments, PurchaseLedger};
use firstcome::UuidV7;

use crate::Store;

/// Longer than any saga waits for anything: the lease, or the longest pause of a parked one.
const LONGER_THAN_ANY_WAIT: i64 = 1_000_000_000;
/// No saga needs as many chances.
const ROUNDS: usize = 20;

/// See the module's header.
pub struct Desk {
    /// Places orders.
    pub place: PlaceOrder,
    /// Refunds them.
    pub refund: RefundOrder,
    resume: ResumeSagas,
    worker: Arc<SagaWorker>,
    purchases: Arc<dyn PurchaseLedger>,
}

impl Desk {
    /// Over the store, but for its ledger of purchases, which is `purchases`.
    pub fn over(
        store: Arc<dyn Store>,
        purchases: Arc<dyn PurchaseLedger>,
        payments: Arc<dyn Payments>,
        paid_by: PaidBy,
    ) -> Self {
        let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
        let in_flight = Arc::new(KeysInFlight::default());
        let keyed = Arc::new(KeyedRequests::new(store.clone(), in_flight.clone()));
        let queue = WaitQueue::new(WaitLimits::default());
        let worker = SagaWorker::new(
            purchases.clone(),
            payments,
            ids.clone(),
            queue.clone(),
            SagaPatience::default(),
        );
        Self {
            place: PlaceOrder::new(
                purchases.clone(),
                store,
                (worker.clone(), queue),
                in_flight,
                ids.clone(),
                paid_by,
            ),
            refund: RefundOrder::new(purchases.clone(), keyed, worker.clone(), ids),
            resume: ResumeSagas::new(worker.clone(), purchases.clone()),
            worker,
            purchases,
        }
    }

    /// Returns when all that was begun here is at rest.
    pub async fn rest(&self) {
        self.worker.drained().await;
    }

    /// Has what is due taken over, as the scheduler would; what fails is left to the next time.
    pub async fn resume(&self) {
        let _tried_again_later = self.resume.step().await;
    }

    /// Has every saga that is alive taken over and worked on until it has ended, setting the clock
    /// forward for it.
    ///
    /// # Panics
    /// When one does not end.
    pub async fn settle(&self, clock: &ManualClock) {
        for _ in 0..ROUNDS {
            if self
                .purchases
                .audit_books(i64::MAX)
                .await
                .unwrap()
                .live_sagas
                == 0
            {
                return;
            }
            clock.set(clock.now().plus_micros(LONGER_THAN_ANY_WAIT));
            while self.resume.step().await.unwrap().more {}
            self.rest().await;
        }
        let live = self.purchases.sagas(None, crate::given::everything()).await;
        let mut live = live.unwrap();
        live.retain(domain::Saga::is_live);
        panic!("nobody can end these: {live:#?}");
    }
}
