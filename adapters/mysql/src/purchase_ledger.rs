//! The port of the ledger of purchases.

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, Placed, PurchaseLedger, StoreError};
use domain::{
    BooksAudit, ConsumerId, Order, OrderCommand, OrderId, OrderRefusal, Page, PurchaseRequest,
    Saga, SagaId, SagaPatience, SagaPhase, SagaTrace,
};

use crate::MysqlStore;
use crate::books_audit::AuditBooks;
use crate::catalogue::after;
use crate::change_order::ChangeOrder;
use crate::error::nothing_happened;
use crate::orders;
use crate::place::Place;
use crate::rows::{self, Text, order_columns, saga_columns, trace_columns};
use crate::sagas::TakeOver;
use crate::unit::Tried;
use crate::using;

/// The page first, so that it is orders that are counted, not their items.
const ORDERS: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM (SELECT * FROM orders WHERE id > ? ORDER BY id LIMIT ?) AS o \
      LEFT JOIN order_items l FORCE INDEX (PRIMARY) ON l.order_id = o.id ORDER BY o.id, l.line"
);

/// As [`ORDERS`]. By the index that has each consumer's orders together: the planner might walk along
/// all orders, until there are enough of this consumer.
const ORDERS_OF_CONSUMER: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM (SELECT * FROM orders FORCE INDEX (orders_by_consumer) \
      WHERE consumer = ? AND id > ? ORDER BY id LIMIT ?) AS o \
      LEFT JOIN order_items l FORCE INDEX (PRIMARY) ON l.order_id = o.id ORDER BY o.id, l.line"
);

const TRACED_SAGA: &str = concat!(
    "SELECT ",
    saga_columns!(),
    ", ",
    trace_columns!(),
    " FROM sagas s LEFT JOIN saga_trace t FORCE INDEX (PRIMARY) ON t.saga_id = s.id WHERE s.id = ? ORDER BY t.sequence"
);

const SAGAS: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.id > ? ORDER BY s.id LIMIT ?"
);

/// Nearly all sagas are DONE: these are found by walking along all of them.
const DONE_SAGAS: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s FORCE INDEX (PRIMARY) WHERE s.phase = 'DONE' AND s.id > ? \
      ORDER BY s.id LIMIT ?"
);

const LIVE_SAGAS: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s FORCE INDEX (sagas_alive) WHERE s.alive = ? AND s.id > ? \
      ORDER BY s.id LIMIT ?"
);

#[async_trait]
impl PurchaseLedger for MysqlStore {
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError> {
        let copy = match request.issued_coupon_id {
            Some(copy) => using::known(self.readers(), copy)
                .await
                .map_err(nothing_happened)?,
            None => None,
        };
        let unit = Place {
            request,
            copy,
            tried: Tried::default(),
        };
        self.write(unit).await
    }

    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        let Some(known) = self.order(id).await? else {
            return self.answered_or(key.as_ref(), OrderRefusal::NotFound).await;
        };
        let by_operator = matches!(command, OrderCommand::Saga { epoch: None, .. });
        let unit = ChangeOrder {
            known,
            command,
            key,
            tried: Tried::default(),
        };
        if by_operator {
            self.write_in_background(unit).await
        } else {
            self.write(unit).await
        }
    }

    async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError> {
        orders::with_id(self.readers(), id)
            .await
            .map_err(nothing_happened)
    }

    async fn orders(
        &self,
        consumer: Option<ConsumerId>,
        page: Page<OrderId>,
    ) -> Result<Vec<Order>, StoreError> {
        let query = match &consumer {
            None => sqlx::query(ORDERS),
            Some(consumer) => sqlx::query(ORDERS_OF_CONSUMER).bind(consumer.as_str()),
        };
        let rows = query
            .bind(after(page.after.as_ref().map(OrderId::as_bytes)))
            .bind(page.limit)
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows::orders(&rows))
            .map_err(nothing_happened)
    }

    async fn take_over_sagas(
        &self,
        limit: u32,
        patience: SagaPatience,
    ) -> Result<Vec<Saga>, StoreError> {
        let unit = TakeOver { limit, patience };
        self.write_in_background(unit).await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError> {
        let rows = sqlx::query(TRACED_SAGA)
            .bind(&id.as_bytes()[..])
            .fetch_all(self.readers())
            .await;
        rows.and_then(|rows| rows::traced_saga(&rows))
            .map_err(nothing_happened)
    }

    async fn sagas(
        &self,
        phase: Option<SagaPhase>,
        page: Page<SagaId>,
    ) -> Result<Vec<Saga>, StoreError> {
        let query = match phase {
            None => sqlx::query(SAGAS),
            Some(SagaPhase::Done) => sqlx::query(DONE_SAGAS),
            Some(live) => sqlx::query(LIVE_SAGAS).bind(live.text()),
        };
        query
            .bind(after(page.after.as_ref().map(SagaId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::saga(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError> {
        self.snapshot(AuditBooks { grace }).await
    }
}
