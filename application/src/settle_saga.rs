//! An operator has a stuck saga tried again, or declares its remote call settled by hand.

use std::sync::Arc;

use domain::{
    Order, OrderCommand, OrderRefusal, Saga, SagaEvent, SagaId, SagaRefusal, SagaTrace,
    ports::{KeyedRequest, PurchaseLedger, StoreError},
};

use crate::{ChangeOrderError, KeyError, KeyedRequests, SagaWorker, order_changes::OrderChanges};

/// Why the saga stays as it is.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettleSagaError {
    /// There is no such saga.
    #[error("there is no such saga")]
    NotFound,
    /// It is not stuck.
    #[error("the saga is not stuck")]
    NotStuck,
    /// A wallet has no room for what it would get.
    #[error("a wallet has no room for what it would get")]
    TooLarge,
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer; after `Unknown` it may be settled.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct SettleSaga {
    purchases: Arc<dyn PurchaseLedger>,
    orders: OrderChanges,
    worker: Arc<SagaWorker>,
}

impl SettleSaga {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        purchases: Arc<dyn PurchaseLedger>,
        keyed: Arc<KeyedRequests>,
        worker: Arc<SagaWorker>,
    ) -> Self {
        Self {
            orders: OrderChanges::new(Arc::clone(&purchases), keyed),
            purchases,
            worker,
        }
    }

    /// The saga as it is then, durably, with its trace: who has settled it, and why, stands there.
    /// `event` is a retry or an abandonment. The answer that is kept with the key is not looked at: a
    /// replay is told of the saga as it is.
    ///
    /// # Errors
    /// [`SettleSagaError`].
    pub async fn execute(
        &self,
        id: SagaId,
        event: SagaEvent,
        key: Option<KeyedRequest<Order>>,
    ) -> Result<(Saga, Vec<SagaTrace>), SettleSagaError> {
        let saga = self.purchases.saga(id).await?;
        let (saga, _) = saga.ok_or(SettleSagaError::NotFound)?;
        let command = OrderCommand::Saga {
            saga_id: id,
            epoch: None,
            event,
            patience: self.worker.patience(),
        };
        let settled = self.orders.carry_out(saga.order_id, command, key).await;
        settled.map_err(refused)?;
        self.worker.wake();
        let saga = self.purchases.saga(id).await?;
        saga.ok_or(SettleSagaError::NotFound)
    }
}

fn refused(error: ChangeOrderError) -> SettleSagaError {
    match error {
        ChangeOrderError::Key(error) => error.into(),
        ChangeOrderError::Store(error) => error.into(),
        ChangeOrderError::Refused(refusal) => match refusal {
            OrderRefusal::Saga(SagaRefusal::NotStuck | SagaRefusal::NotWaiting) => {
                SettleSagaError::NotStuck
            }
            OrderRefusal::TooLarge(_) => SettleSagaError::TooLarge,
            OrderRefusal::NotFound
            | OrderRefusal::InvalidDelivery
            | OrderRefusal::ConfirmNotAvailable
            | OrderRefusal::RefundNotAvailable
            | OrderRefusal::SagaNotFound
            | OrderRefusal::StaleWorker => SettleSagaError::NotFound,
        },
    }
}

#[cfg(test)]
mod tests;
