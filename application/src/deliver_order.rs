//! A shop's back end says how far an order's delivery has come.

use std::sync::Arc;

use domain::{
    DeliveryStatus, Order, OrderCommand, OrderId,
    ports::{KeyedRequest, PurchaseLedger},
};

use crate::{ChangeOrderError, KeyedRequests, Written, order_changes::OrderChanges};

/// The use case.
pub struct DeliverOrder {
    orders: OrderChanges,
}

impl DeliverOrder {
    /// Wires the use case.
    #[must_use]
    pub fn new(purchases: Arc<dyn PurchaseLedger>, keyed: Arc<KeyedRequests>) -> Self {
        let orders = OrderChanges::new(purchases, keyed);
        Self { orders }
    }

    /// The order with its delivery there, durably.
    ///
    /// # Errors
    /// [`ChangeOrderError`].
    pub async fn execute(
        &self,
        id: OrderId,
        status: DeliveryStatus,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Written<Order>, ChangeOrderError> {
        let command = OrderCommand::Deliver(status);
        self.orders.carry_out(id, command, key).await
    }
}
