//! A ledger of purchases that fails by chance: sometimes nothing happens, sometimes it does and nobody
//! is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, Placed, PurchaseLedger, StoreError};
use domain::{
    BooksAudit, ConsumerId, Order, OrderCommand, OrderId, OrderRefusal, Page, PurchaseRequest,
    Saga, SagaId, SagaPatience, SagaPhase, SagaTrace,
};
use parking_lot::Mutex;
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// What chance is taken from.
pub struct Luck(Mutex<TestRng>);

impl Luck {
    /// From the seed in `FC_SEED`, or a new one; it is printed, and shown when a test fails.
    pub fn seeded() -> Arc<Self> {
        let seed = std::env::var("FC_SEED").map_or_else(
            |_| uuid::Uuid::now_v7().as_u64_pair().1,
            |seed| seed.parse().unwrap(),
        );
        println!("FC_SEED={seed}");
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Arc::new(Self(Mutex::new(TestRng::from_seed(
            RngAlgorithm::ChaCha,
            &bytes,
        ))))
    }

    /// A number below `end`.
    pub fn below(&self, end: u64) -> u64 {
        self.0.lock().random_range(0..end)
    }

    /// It happens once in so many times.
    pub fn once_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// See the module's header.
pub struct UnluckyPurchases {
    ledger: Arc<dyn PurchaseLedger>,
    luck: Arc<Luck>,
    is_healed: AtomicBool,
}

impl UnluckyPurchases {
    /// Around this ledger.
    pub fn new(ledger: Arc<dyn PurchaseLedger>, luck: Arc<Luck>) -> Arc<Self> {
        let is_healed = AtomicBool::default();
        Arc::new(Self {
            ledger,
            luck,
            is_healed,
        })
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.is_healed.store(true, Ordering::SeqCst);
    }

    fn fails(&self, times: u64) -> bool {
        !self.is_healed.load(Ordering::SeqCst) && self.luck.once_in(times)
    }

    async fn write<T>(
        &self,
        write: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.fails(8) {
            return Err(StoreError::unavailable("never asked"));
        }
        if self.fails(40) {
            return Err(StoreError::Overloaded);
        }
        let answer = write.await?;
        if self.fails(6) {
            return Err(StoreError::unknown("the answer is lost"));
        }
        Ok(answer)
    }

    async fn read<T>(
        &self,
        read: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        if self.fails(25) {
            return Err(StoreError::unavailable("never asked"));
        }
        read.await
    }
}

#[async_trait]
impl PurchaseLedger for UnluckyPurchases {
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError> {
        self.write(self.ledger.place(request)).await
    }

    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        self.write(self.ledger.change_order(id, command, key)).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.read(self.ledger.order(id)).await
    }

    async fn orders(
        &self,
        consumer: Option<ConsumerId>,
        page: Page<OrderId>,
    ) -> Result<Vec<Order>, StoreError> {
        self.read(self.ledger.orders(consumer, page)).await
    }

    async fn take_over_sagas(
        &self,
        limit: u32,
        patience: SagaPatience,
    ) -> Result<Vec<Saga>, StoreError> {
        self.write(self.ledger.take_over_sagas(limit, patience))
            .await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError> {
        self.read(self.ledger.saga(id)).await
    }

    async fn sagas(
        &self,
        phase: Option<SagaPhase>,
        page: Page<SagaId>,
    ) -> Result<Vec<Saga>, StoreError> {
        self.read(self.ledger.sagas(phase, page)).await
    }

    async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError> {
        self.read(self.ledger.audit_books(grace)).await
    }
}
