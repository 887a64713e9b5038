//! The points of a purchase at which a process may die: before and after every write of the ledger
//! and every call of the payment provider.
//!
//! The decorators change nothing of what is asked and answered; they count, and end the process where
//! they are told to, as a power cut would: nothing is unwound, flushed or said.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use domain::ports::{
    Keyed, KeyedRequest, PaymentAction, PaymentAnswer, PaymentCall, PaymentError, Payments, Placed,
    PurchaseLedger, StoreError,
};
use domain::{
    BooksAudit, ConsumerId, Order, OrderCommand, OrderId, OrderRefusal, Page, PurchaseRequest,
    Saga, SagaId, SagaPatience, SagaPhase, SagaTrace,
};
use parking_lot::Mutex;

/// On which side of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// What is called never hears of it.
    Before,
    /// It has done what it was asked; nobody hears its answer.
    After,
}

/// Where a process is to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// The point, counted from 1.
    pub point: usize,
    /// On which side of it.
    pub moment: Moment,
}

/// The points that a process has passed.
#[derive(Default)]
pub struct Points {
    counts: AtomicBool,
    passed: Mutex<Vec<&'static str>>,
    death: Option<Death>,
}

impl Points {
    /// None yet; the process dies at `death`.
    pub fn up_to(death: Option<Death>) -> Arc<Self> {
        Arc::new(Self {
            death,
            ..Self::default()
        })
    }

    /// From here on points count; those before are no concern of this process.
    pub fn begin(&self) {
        self.counts.store(true, Ordering::SeqCst);
    }

    /// What they were, in order.
    pub fn passed(&self) -> Vec<&'static str> {
        self.passed.lock().clone()
    }

    async fn pass<T>(&self, name: &'static str, call: impl Future<Output = T>) -> T {
        if !self.counts.load(Ordering::SeqCst) {
            return call.await;
        }
        let point = {
            let mut passed = self.passed.lock();
            passed.push(name);
            passed.len()
        };
        self.die(point, Moment::Before);
        let answer = call.await;
        self.die(point, Moment::After);
        answer
    }

    fn die(&self, point: usize, moment: Moment) {
        if self.death == Some(Death { point, moment }) {
            std::process::abort();
        }
    }
}

/// A ledger of purchases whose writes are points.
pub struct CountedPurchases {
    /// The ledger.
    pub ledger: Arc<dyn PurchaseLedger>,
    /// Where they are counted.
    pub points: Arc<Points>,
}

#[async_trait]
impl PurchaseLedger for CountedPurchases {
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError> {
        self.points.pass("place", self.ledger.place(request)).await
    }

    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        let name = match command {
            OrderCommand::Refund { .. } => "refund",
            _ => "outcome",
        };
        let change = self.ledger.change_order(id, command, key);
        self.points.pass(name, change).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        self.ledger.order(id).await
    }

    async fn orders(
        &self,
        consumer: Option<ConsumerId>,
        page: Page<OrderId>,
    ) -> Result<Vec<Order>, StoreError> {
        self.ledger.orders(consumer, page).await
    }

    async fn take_over_sagas(
        &self,
        limit: u32,
        patience: SagaPatience,
    ) -> Result<Vec<Saga>, StoreError> {
        let taken = self.ledger.take_over_sagas(limit, patience);
        self.points.pass("take over", taken).await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError> {
        self.ledger.saga(id).await
    }

    async fn sagas(
        &self,
        phase: Option<SagaPhase>,
        page: Page<SagaId>,
    ) -> Result<Vec<Saga>, StoreError> {
        self.ledger.sagas(phase, page).await
    }

    async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError> {
        self.ledger.audit_books(grace).await
    }
}

/// A payment provider whose calls are points.
pub struct CountedPayments {
    /// The provider.
    pub provider: Arc<dyn Payments>,
    /// Where they are counted.
    pub points: Arc<Points>,
}

#[async_trait]
impl Payments for CountedPayments {
    async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, PaymentError> {
        let name = match call.action {
            PaymentAction::Authorise => "AUTHORISE",
            PaymentAction::Capture => "CAPTURE",
            PaymentAction::Void => "VOID",
            PaymentAction::Refund => "REFUND",
        };
        self.points.pass(name, self.provider.call(call)).await
    }

    async fn query(&self, call: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError> {
        self.points.pass("QUERY", self.provider.query(call)).await
    }
}
