use super::*;
use crate::WaitLimits;
use crate::testing::{MockLedger, MockPurchases, copy, purchase, rising_ids};
use domain::SagaPatience;
use domain::ports::{PaymentAnswer, PaymentCall, PaymentError, Payments};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

mod answers;
mod hanging_up;
mod queueing;

/// The use case, and all around it.
struct Shop {
    place_order: Arc<PlaceOrder>,
    worker: Arc<SagaWorker>,
    queue: Arc<WaitQueue>,
}

impl Shop {
    /// A shop whose ledger is `purchases`, and whose consumers' copies have their numbers.
    fn of(purchases: MockPurchases, provider: impl Payments + 'static, paid_by: PaidBy) -> Self {
        let mut copies = MockLedger::new();
        copies.expect_issued_coupon().returning(|id| {
            let number = id.as_uuid().as_u128();
            Ok(Some(copy(number, &format!("c{number}"))))
        });
        Self::with_copies(purchases, copies, provider, paid_by)
    }

    fn with_copies(
        purchases: impl PurchaseLedger + 'static,
        copies: MockLedger,
        provider: impl Payments + 'static,
        paid_by: PaidBy,
    ) -> Self {
        let purchases: Arc<dyn PurchaseLedger> = Arc::new(purchases);
        let queue = WaitQueue::new(WaitLimits::default());
        let ids: Arc<dyn IdGenerator> = Arc::new(rising_ids());
        let worker = SagaWorker::new(
            Arc::clone(&purchases),
            Arc::new(provider),
            Arc::clone(&ids),
            Arc::clone(&queue),
            SagaPatience::default(),
        );
        let place_order = PlaceOrder::new(
            purchases,
            Arc::new(copies),
            (Arc::clone(&worker), Arc::clone(&queue)),
            Arc::default(),
            ids,
            paid_by,
        );
        Self {
            place_order: Arc::new(place_order),
            worker,
            queue,
        }
    }

    /// Orders in a task of its own.
    fn order(&self, new: NewOrder) -> JoinHandle<Result<Order, PlaceOrderError>> {
        let place_order = Arc::clone(&self.place_order);
        tokio::spawn(async move { place_order.execute(new).await })
    }
}

/// What [`purchase`] asks.
fn new_order(wait: Option<u64>) -> NewOrder {
    let purchase = purchase();
    NewOrder {
        consumer_id: purchase.consumer_id,
        key: purchase.key,
        digest: purchase.digest,
        items: purchase.items,
        points: purchase.points,
        issued_coupon_id: purchase.issued_coupon_id,
        payment_method: None,
        wait: wait.map(Duration::from_secs),
    }
}

/// A provider that does all, each call once it has a permit.
#[derive(Clone)]
struct Gated(Arc<Semaphore>);

impl Gated {
    fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    fn open(&self) {
        self.0.add_permits(100);
    }
}

#[async_trait::async_trait]
impl Payments for Gated {
    async fn call(&self, _: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        self.0.acquire().await.unwrap().forget();
        Ok(PaymentAnswer::Done)
    }

    async fn query(&self, _: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        Ok(None)
    }
}
