//! The port of the ledger of purchases.

use async_trait::async_trait;
use domain::ports::{Keyed, KeyedRequest, Placed, PurchaseLedger, StoreError};
use domain::{
    BooksAudit, ConsumerId, Order, OrderCommand, OrderId, OrderRefusal, Page, PurchaseRequest,
    Saga, SagaId, SagaPatience, SagaPhase, SagaTrace,
};

use crate::SqliteStore;
use crate::catalogue::after;
use crate::change_order::ChangeOrder;
use crate::error::nothing_happened;
use crate::place::Place;
use crate::rows::{self, Text, order_columns, saga_columns};
use crate::sagas::TakeOver;
use crate::{books_audit, orders};

pub(crate) const ORDERS: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders o WHERE o.id > ?1 ORDER BY o.id LIMIT ?2"
);

pub(crate) const ORDERS_OF_CONSUMER: &str = concat!(
    "SELECT ",
    order_columns!(),
    " FROM orders o WHERE o.consumer = ?3 AND o.id > ?1 ORDER BY o.id LIMIT ?2"
);

pub(crate) const TRACED_SAGA: &str = concat!(
    "SELECT ",
    saga_columns!(),
    ", (SELECT json_group_array(json_array(t.sequence, t.at, t.direction, t.step, t.event, \
         t.detail) ORDER BY t.sequence) FROM saga_trace t WHERE t.saga_id = s.id) AS trace \
      FROM sagas s WHERE s.id = ?1"
);

pub(crate) const SAGAS: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.id > ?1 ORDER BY s.id LIMIT ?2"
);

/// Nearly all sagas are DONE: these are found by walking along all of them.
pub(crate) const DONE_SAGAS: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.phase = 'DONE' AND s.id > ?1 ORDER BY s.id LIMIT ?2"
);

pub(crate) const LIVE_SAGAS: &str = concat!(
    "SELECT ",
    saga_columns!(),
    " FROM sagas s WHERE s.phase = ?3 AND s.phase <> 'DONE' AND s.id > ?1 ORDER BY s.id LIMIT ?2"
);

#[async_trait]
impl PurchaseLedger for SqliteStore {
    async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError> {
        self.write(Place { request }).await
    }

    async fn change_order(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        self.write(ChangeOrder { id, command, key }).await
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
        let select = consumer.as_ref().map_or(ORDERS, |_| ORDERS_OF_CONSUMER);
        let mut query = sqlx::query(select)
            .bind(after(page.after.as_ref().map(OrderId::as_bytes)))
            .bind(page.limit);
        if let Some(consumer) = &consumer {
            query = query.bind(consumer.as_str());
        }
        query
            .try_map(|row| rows::order(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn take_over_sagas(
        &self,
        limit: u32,
        patience: SagaPatience,
    ) -> Result<Vec<Saga>, StoreError> {
        self.write(TakeOver { limit, patience }).await
    }

    async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError> {
        sqlx::query(TRACED_SAGA)
            .bind(&id.as_bytes()[..])
            .try_map(|row| rows::traced_saga(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn sagas(
        &self,
        phase: Option<SagaPhase>,
        page: Page<SagaId>,
    ) -> Result<Vec<Saga>, StoreError> {
        let (select, phase) = match phase {
            None => (SAGAS, None),
            Some(SagaPhase::Done) => (DONE_SAGAS, None),
            Some(live) => (LIVE_SAGAS, Some(live.text())),
        };
        let mut query = sqlx::query(select)
            .bind(after(page.after.as_ref().map(SagaId::as_bytes)))
            .bind(page.limit);
        if let Some(phase) = phase {
            query = query.bind(phase);
        }
        query
            .try_map(|row| rows::saga(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError> {
        let long_ago = self.clock().now().plus_micros(grace.saturating_neg());
        books_audit::audit(self.readers(), long_ago)
            .await
            .map_err(nothing_happened)
    }
}

#[cfg(test)]
mod tests;
