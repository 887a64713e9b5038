//! A consumer wants the money for an order back. A wallet has it at once; a payment provider is asked
//! by a saga, whether or not the consumer waits for it.

use std::{sync::Arc, time::Duration};

use domain::{
    ConsumerId, Order, OrderCommand, OrderId, OrderStatus, SagaId,
    ports::{IdGenerator, KeyedRequest, PurchaseLedger, StoreError},
};
use tokio::time::Instant;

use crate::{
    ChangeOrderError, KeyedRequests, SagaWorker, Written, order_changes::OrderChanges,
    order_end::OrderEnd,
};

/// How long an answer may take when the caller says nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// The use case.
pub struct RefundOrder {
    purchases: Arc<dyn PurchaseLedger>,
    orders: OrderChanges,
    worker: Arc<SagaWorker>,
    ids: Arc<dyn IdGenerator>,
}

impl RefundOrder {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        purchases: Arc<dyn PurchaseLedger>,
        keyed: Arc<KeyedRequests>,
        worker: Arc<SagaWorker>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            orders: OrderChanges::new(Arc::clone(&purchases), keyed),
            purchases,
            worker,
            ids,
        }
    }

    /// The consumer's own order, REFUNDED; or as it is when the time is over: REFUNDING, or PAID again
    /// when the provider has declined.
    ///
    /// # Errors
    /// [`ChangeOrderError`].
    pub async fn execute(
        &self,
        id: OrderId,
        consumer: &ConsumerId,
        wait: Option<Duration>,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<Written<Order>, ChangeOrderError> {
        let until = Instant::now() + wait.unwrap_or(PATIENCE);
        self.orders.of(id, consumer).await?;
        // Under a key the saga is always the same one. Its answer is kept only once it is final, and
        // until then a replay must not begin another: that would be another refund.
        let saga_id = match &key {
            Some(key) => SagaId::of_key(&key.scope),
            None => SagaId::from_uuid(self.ids.next_id()),
        };
        let command = OrderCommand::Refund {
            saga_id,
            patience: self.worker.patience(),
        };
        let (orders, purchases) = (self.orders.clone(), Arc::clone(&self.purchases));
        let worker = Arc::clone(&self.worker);
        // The work does not end with its caller.
        let refunding = async move {
            // One that was begun before has its worker, or is left to whoever takes it over.
            let is_replay = key.is_some() && purchases.saga(saga_id).await?.is_some();
            let written = orders.carry_out(id, command, key).await?;
            let begun = match &written {
                Written::Now(order, _) if order.status == OrderStatus::Refunding && !is_replay => {
                    // Not there when another refund is under way; unread, it is left to whoever
                    // takes it over.
                    purchases.saga(saga_id).await.ok().flatten()
                }
                _ => None,
            };
            let work = begun.map(|(saga, _)| worker.go_on(saga));
            Ok::<_, ChangeOrderError>((written, work))
        };
        let begun = self.worker.finish(refunding).await;
        let (written, work) = begun.map_err(StoreError::unknown)??;
        let end = OrderEnd {
            purchases: &*self.purchases,
            until,
        };
        Ok(match (written, work) {
            (Written::Now(order, at), Some(work)) => {
                Written::Now(end.of_work(order, work).await, at)
            }
            (Written::Now(order, at), None) => {
                Written::Now(end.of_others(order, OrderStatus::Refunding).await, at)
            }
            (before @ Written::Before(_), _) => before,
        })
    }
}

#[cfg(test)]
mod tests;
