//! The ledger of purchases: orders, their sagas, and all that moves with them.

use async_trait::async_trait;

use super::{Keyed, KeyedRequest, StoreError};
use crate::{
    BooksAudit, ConsumerId, Order, OrderCommand, OrderId, OrderRefusal, Page, PurchaseRefusal,
    PurchaseRequest, Saga, SagaId, SagaPatience, SagaPhase, SagaTrace,
};

/// What came of a purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The order is stored, durably; its saga is done, or the caller's to go on with.
    Now(Order, Saga),
    /// The same request was placed before: the order and its saga as they are now.
    Before(Order, Saga),
    /// The key belongs to another request; nothing was written.
    KeyReused,
    /// Refused; nothing was written.
    Refused(PurchaseRefusal),
}

/// Places orders and changes them. Every write is one transaction, durable when it returns, and
/// *must* finish what it has begun when the caller goes away. A store loads the rows, asks the domain
/// ([`PurchaseRequest::place`], [`OrderReading::decide`](crate::OrderReading::decide),
/// [`Saga::taken_over`]) at its own time, read under its locks, and writes what that returns; it
/// groups what arrives while a commit is in flight by itself.
///
/// # Errors
/// Every method answers any [`StoreError`]. After `Unknown` the same request again, with the same ids
/// and keys, gets the true answer.
#[async_trait]
pub trait PurchaseLedger: Send + Sync {
    /// Decides a purchase. *Must* look at the key first, and must hold the locks of coupon, products
    /// and wallet (in this order) from before it reads until the commit.
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError>;

    /// Changes an order. *Must* look at the key first, and keep the key's answer only when
    /// [`OrderCommand::is_answered_by`] says so. Answers `Done` with the order as it is, also when nothing was to be
    /// changed.
    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError>;

    /// The order with this id.
    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError>;

    /// Orders in the order of their ids; those of one consumer, when given.
    async fn orders(
        &self,
        consumer: Option<ConsumerId>,
        page: Page<OrderId>,
    ) -> Result<Vec<Order>, StoreError>;

    /// Takes over up to `limit` sagas that are due, the longest due first, skipping what others have
    /// locked; each under a new epoch.
    async fn take_over_sagas(
        &self,
        limit: u32,
        patience: SagaPatience,
    ) -> Result<Vec<Saga>, StoreError>;

    /// The saga with this id, and its trace in order.
    async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError>;

    /// Sagas in the order of their ids; those in one phase, when given.
    async fn sagas(
        &self,
        phase: Option<SagaPhase>,
        page: Page<SagaId>,
    ) -> Result<Vec<Saga>, StoreError>;

    /// The books, in one consistent snapshot. A live saga that has been due for longer than `grace`
    /// microseconds is a violation.
    async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError>;
}
