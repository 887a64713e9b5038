use super::*;
use crate::testing::OneOrder;
use domain::ports::{Keyed, KeyedRequest};
use domain::{BooksAudit, OrderCommand, OrderRefusal, Page, Saga, SagaPhase, SagaTrace};
use futures_util::poll;
use tokio::task::yield_now;

/// A ledger that takes its time to place an order.
struct Slow {
    ledger: MockPurchases,
    may_place: Arc<Semaphore>,
}

#[async_trait::async_trait]
impl PurchaseLedger for Slow {
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError> {
        self.may_place.acquire().await.unwrap().forget();
        self.ledger.place(request).await
    }
    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        self.ledger.change_order(id, command, key).await
    }
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.ledger.order(id).await
    }
    async fn orders(
        &self,
        _: Option<ConsumerId>,
        _: Page<OrderId>,
    ) -> Result<Vec<Order>, StoreError> {
        unreachable!()
    }
    async fn take_over_sagas(&self, _: u32, _: SagaPatience) -> Result<Vec<Saga>, StoreError> {
        unreachable!()
    }
    async fn saga(&self, _: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError> {
        unreachable!()
    }
    async fn sagas(&self, _: Option<SagaPhase>, _: Page<SagaId>) -> Result<Vec<Saga>, StoreError> {
        unreachable!()
    }
    async fn audit_books(&self, _: i64) -> Result<BooksAudit, StoreError> {
        unreachable!()
    }
}

/// An order whose caller hangs up when `ledger` and `provider` have come as far as they may; what
/// becomes of it when they may go on.
async fn hang_up(ledger: Gated, provider: Gated) -> OrderStatus {
    let (one, mut purchases) = (OneOrder::default(), MockPurchases::new());
    one.serve(&mut purchases);
    let slow = Slow {
        ledger: purchases,
        may_place: Arc::clone(&ledger.0),
    };
    let mut copies = MockLedger::new();
    copies.expect_issued_coupon().never();
    let shop = Shop::with_copies(slow, copies, provider.clone(), PaidBy::Provider);
    {
        let mut ordering = Box::pin(shop.place_order.execute(new_order(None)));
        for _ in 0..20 {
            assert!(poll!(ordering.as_mut()).is_pending());
            yield_now().await;
        }
    }
    ledger.open();
    provider.open();
    shop.worker.drained().await;
    one.order().status
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_while_the_ledger_is_asked_changes_nothing() {
    let status = hang_up(Gated::closed(), Gated::closed()).await;
    assert_eq!(status, OrderStatus::Paid);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_hangs_up_while_the_provider_is_asked_changes_nothing() {
    let ledger = Gated::closed();
    ledger.open();
    let status = hang_up(ledger, Gated::closed()).await;
    assert_eq!(status, OrderStatus::Paid);
}
