//! A consumer confirms an order that has arrived: sellers and points are credited.

use std::sync::Arc;

use domain::{
    ConsumerId, Order, OrderCommand, OrderId,
    ports::{KeyedRequest, PurchaseLedger},
};

use crate::{ChangeOrderError, KeyedRequests, Written, order_changes::OrderChanges};

/// The use case.
pub struct ConfirmOrder {
    orders: OrderChanges,
}

impl ConfirmOrder {
    /// Wires the use case.
    #[must_use]
    pub fn new(purchases: Arc<dyn PurchaseLedger>, keyed: Arc<KeyedRequests>) -> Self {
        let orders = OrderChanges::new(purchases, keyed);
        Self { orders }
    }

    /// The consumer's own order, confirmed, durably.
    ///
    /// # Errors
    /// [`ChangeOrderError`].
    pub async fn execute(
        &self,
        id: OrderId,
        consumer: &ConsumerId,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Written<Order>, ChangeOrderError> {
        self.orders.of(id, consumer).await?;
        self.orders.carry_out(id, OrderCommand::Confirm, key).await
    }
}
