//! What the use cases that change an order share: whose it is, its key, and its errors.

use std::sync::Arc;

use domain::{
    ConsumerId, Order, OrderCommand, OrderId, OrderRefusal,
    ports::{KeyedRequest, PurchaseLedger, StoreError},
};

use crate::{
    KeyError, KeyedRequests, Written,
    keyed_requests::{Begun, written},
};

/// Why nothing became of it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChangeOrderError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] OrderRefusal),
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer; after `Unknown` it may have happened.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The way from a use case to an order.
#[derive(Clone)]
pub(crate) struct OrderChanges {
    purchases: Arc<dyn PurchaseLedger>,
    keyed: Arc<KeyedRequests>,
}

impl OrderChanges {
    pub(crate) fn new(purchases: Arc<dyn PurchaseLedger>, keyed: Arc<KeyedRequests>) -> Self {
        Self { purchases, keyed }
    }

    /// The order is this consumer's, or as good as absent.
    pub(crate) async fn of(
        &self,
        id: OrderId,
        consumer: &ConsumerId,
    ) -> Result<Order, ChangeOrderError> {
        let order = self.purchases.order(id).await?;
        let own = order.filter(|order| order.consumer_id == *consumer);
        own.ok_or(OrderRefusal::NotFound.into())
    }

    /// Carries out a command under its key.
    pub(crate) async fn carry_out(
        &self,
        id: OrderId,
        command: OrderCommand,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Written<Order>, ChangeOrderError> {
        let begun = self
            .keyed
            .begin::<_, ChangeOrderError>(key.as_ref())
            .await?;
        let _in_flight = match begun {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let changed = self.purchases.change_order(id, command, key).await?;
        written(changed, key.as_ref())
    }
}

#[cfg(test)]
mod tests;
