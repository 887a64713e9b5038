//! A consumer places an order. What is local is one transaction of the ledger; what needs the payment
//! provider goes on as a saga, whether or not the consumer waits for it.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use domain::{
    Amount, ConsumerId, DeliveryStatus, HoldId, IssuedCouponId, Order, OrderId, OrderStatus,
    Payment, PaymentMethod, ProductId, PurchaseRefusal, PurchaseRequest, Quantity, Saga, SagaId,
    SagaStep, UseRefusal,
    ports::{
        CouponLedger, IdGenerator, KeyScope, Placed, PurchaseLedger, RequestDigest, StoreError,
    },
};
use tokio::time::{Instant, timeout_at};

use crate::{
    KeyError, KeysInFlight, SagaWorker, WaitQueue, in_turn::InTurn, order_end::OrderEnd,
    saga_worker::Work,
};

/// How long an answer may take when the caller says nothing.
const PATIENCE: Duration = Duration::from_secs(2);
/// The refusal after which it may queue.
const HELD: PurchaseRefusal = PurchaseRefusal::Coupon(UseRefusal::CouponHeld);

/// What is asked.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Who orders.
    pub consumer_id: ConsumerId,
    /// The idempotency key: caller, method, path and key.
    pub key: KeyScope,
    /// What is asked under the key.
    pub digest: RequestDigest,
    /// What is ordered: 1..=100 lines, no product twice.
    pub items: Vec<(ProductId, Quantity)>,
    /// Points to use.
    pub points: Amount,
    /// The copy to use.
    pub issued_coupon_id: Option<IssuedCouponId>,
    /// The provider's token for the way to pay.
    pub payment_method: Option<PaymentMethod>,
    /// How long the caller waits, if it says so: bounds the whole answer, and lets it queue for a
    /// coupon that is held.
    pub wait: Option<Duration>,
}

/// Why there is no order, or no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PlaceOrderError {
    /// The rules say no; nothing was written.
    #[error(transparent)]
    Refused(#[from] PurchaseRefusal),
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer; after `Unknown` the order may be placed: the same request tells.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who pays for orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaidBy {
    /// The consumer's wallet.
    Wallet,
    /// The payment provider.
    Provider,
}

/// The use case.
pub struct PlaceOrder {
    purchases: Arc<dyn PurchaseLedger>,
    in_turn: InTurn,
    worker: Arc<SagaWorker>,
    keys: Arc<KeysInFlight>,
    ids: Arc<dyn IdGenerator>,
    paid_by: PaidBy,
}

impl PlaceOrder {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        purchases: Arc<dyn PurchaseLedger>,
        copies: Arc<dyn CouponLedger>,
        (worker, queue): (Arc<SagaWorker>, Arc<WaitQueue>),
        keys: Arc<KeysInFlight>,
        ids: Arc<dyn IdGenerator>,
        paid_by: PaidBy,
    ) -> Self {
        Self {
            purchases,
            in_turn: InTurn::new(copies, queue),
            worker,
            keys,
            ids,
            paid_by,
        }
    }

    /// The order as it is when its end is decided or the time is over: PENDING when that was first,
    /// FAILED when it came to nothing.
    ///
    /// # Errors
    /// [`PlaceOrderError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(&self, new: NewOrder) -> Result<Order, PlaceOrderError> {
        let until = Instant::now() + new.wait.unwrap_or(PATIENCE);
        let placed = self.place(new, until).await?;
        let end = OrderEnd {
            purchases: &*self.purchases,
            until,
        };
        match placed {
            (Placed::Now(order, _), Some(work)) => Ok(end.of_work(order, work).await),
            (Placed::Now(order, _), None) => Ok(order),
            (Placed::Before(order, saga), _) => {
                let order = end.of_others(order, OrderStatus::Pending).await;
                Ok(as_first_answered(order, &saga))
            }
            (Placed::KeyReused, _) => Err(KeyError::Reused.into()),
            (Placed::Refused(refusal), _) => Err(refusal.into()),
        }
    }

    /// Its key and its place in line are given up when it is placed: equal requests find the order
    /// then, and the next in line need not wait for its payment.
    async fn place(
        &self,
        new: NewOrder,
        until: Instant,
    ) -> Result<(Placed, Option<Work>), PlaceOrderError> {
        let entering = timeout_at(until, self.keys.enter(new.key)).await;
        let _in_flight = entering.unwrap_or(Err(KeyError::InUse))?;
        let may_queue = new.wait.map(|_| until);
        let request = self.request(new);
        let copy = request.issued_coupon_id;
        let place = |yields| {
            let placing = self.place_once(PurchaseRequest {
                yields,
                ..request.clone()
            });
            async {
                let placed = placing.await;
                if matches!(placed, Ok((Placed::Refused(HELD), _))) {
                    ControlFlow::Continue(placed)
                } else {
                    ControlFlow::Break(placed)
                }
            }
        };
        Ok(self.in_turn.attempt(copy, may_queue, place).await??)
    }

    fn request(&self, new: NewOrder) -> PurchaseRequest {
        PurchaseRequest {
            order_id: OrderId::from_uuid(self.ids.next_id()),
            saga_id: SagaId::from_uuid(self.ids.next_id()),
            hold_id: HoldId::from_uuid(self.ids.next_id()),
            consumer_id: new.consumer_id,
            key: new.key,
            digest: new.digest,
            items: new.items,
            points: new.points,
            issued_coupon_id: new.issued_coupon_id,
            payment: match self.paid_by {
                PaidBy::Wallet => Payment::Wallet,
                PaidBy::Provider => Payment::Provider(new.payment_method),
            },
            yields: false,
            patience: self.worker.patience(),
        }
    }

    /// One try, and the work on what it has begun; neither ends with its caller.
    async fn place_once(
        &self,
        request: PurchaseRequest,
    ) -> Result<(Placed, Option<Work>), StoreError> {
        let (purchases, worker) = (Arc::clone(&self.purchases), Arc::clone(&self.worker));
        let placing = async move {
            let placed = purchases.place(request).await?;
            let work = match &placed {
                Placed::Now(_, saga) if saga.is_live() => Some(worker.go_on(saga.clone())),
                _ => None,
            };
            Ok((placed, work))
        };
        let placed = self.worker.finish(placing).await;
        placed.map_err(StoreError::unknown)?
    }
}

/// A replay is given the answer of the first time, whatever has become of the paid order since.
fn as_first_answered(order: Order, saga: &Saga) -> Order {
    let was_paid = match order.status {
        OrderStatus::Refunding | OrderStatus::Refunded | OrderStatus::Confirmed => true,
        // Its payment was lost after it counted as paid.
        OrderStatus::Failed => saga.step == SagaStep::Capture,
        OrderStatus::Pending | OrderStatus::Paid => false,
    };
    let (status, failure) = match was_paid {
        true => (OrderStatus::Paid, None),
        false => (order.status, order.failure),
    };
    Order {
        status,
        failure,
        delivery: DeliveryStatus::BeforeDelivery,
        ..order
    }
}

#[cfg(test)]
mod tests;
