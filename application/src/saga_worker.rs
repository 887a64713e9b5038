//! Works on sagas: makes the remote call that a saga stands at, outside of any transaction, and
//! commits its outcome; until the saga is done, parked or stuck.
//!
//! The intent is committed before the call (the saga stands at it), so after a crash whoever takes the
//! saga over knows that the call may have been made, and asks the provider before it makes it again.
//! What can't be committed is left: the lease runs out, and somebody takes the saga over.
//! Must never hold anything of the ledger while it waits for the provider.

use std::{sync::Arc, time::Duration};

use domain::{
    Jitter, Order, OrderCommand, OrderRefusal, Saga, SagaDirection, SagaEvent, SagaOutcome,
    SagaPatience, SagaPhase, SagaStep, TraceEvent,
    ports::{
        IdGenerator, Keyed, PaymentAction, PaymentAnswer, PaymentCall, PaymentError, Payments,
        PurchaseLedger, StoreError,
    },
};
use tokio::{
    sync::{Notify, oneshot},
    task::{JoinError, JoinHandle},
};
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

use crate::WaitQueue;

/// The work on one saga.
pub(crate) struct Work {
    /// The order, as soon as the saga has decided about it: what follows (a capture, a void) is no
    /// longer the consumer's concern. Closed when the work ends before that.
    pub(crate) decided: oneshot::Receiver<Order>,
    /// Ends when the saga is done, parked, stuck, or left to somebody else.
    pub(crate) ended: JoinHandle<()>,
}

/// See the module's header.
pub struct SagaWorker {
    purchases: Arc<dyn PurchaseLedger>,
    payments: Arc<dyn Payments>,
    ids: Arc<dyn IdGenerator>,
    queue: Arc<WaitQueue>,
    patience: SagaPatience,
    tasks: TaskTracker,
    due: Notify,
}

impl SagaWorker {
    /// A worker on the sagas of `purchases`; `queue` hears of coupons that come free.
    #[must_use]
    pub fn new(
        purchases: Arc<dyn PurchaseLedger>,
        payments: Arc<dyn Payments>,
        ids: Arc<dyn IdGenerator>,
        queue: Arc<WaitQueue>,
        patience: SagaPatience,
    ) -> Arc<Self> {
        Arc::new(Self {
            purchases,
            payments,
            ids,
            queue,
            patience,
            tasks: TaskTracker::new(),
            due: Notify::new(),
        })
    }

    /// How patient the sagas are that it works on.
    #[must_use]
    pub const fn patience(&self) -> SagaPatience {
        self.patience
    }

    /// Goes on with a saga that is this worker's (just begun, or taken over), in a task of its own:
    /// a caller that goes away changes nothing.
    pub(crate) fn go_on(self: &Arc<Self>, saga: Saga) -> Work {
        let worker = Arc::clone(self);
        let (tell, decided) = oneshot::channel();
        let ended = self.tasks.spawn(async move {
            worker.work_on(saga, tell).await;
        });
        Work { decided, ended }
    }

    /// Runs work that must not end with its caller.
    pub(crate) async fn finish<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        self.tasks.spawn(work).await
    }

    /// Says that a saga is due that nobody works on.
    pub(crate) fn wake(&self) {
        self.due.notify_one();
    }

    /// Returns when a saga became due since the last call.
    pub(crate) async fn woken(&self) {
        self.due.notified().await;
    }

    /// Waits until all that was begun is at rest. To be called when nothing new comes any more.
    pub async fn drained(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn work_on(&self, mut saga: Saga, tell: oneshot::Sender<Order>) {
        // Whoever had it before may have made the call.
        let mut may_be_made = saga.epoch > 1;
        let mut tell = Some(tell);
        while saga.phase == SagaPhase::Running {
            let stands_at = (saga.step, saga.direction);
            let next = match self.step(&saga, may_be_made, &mut tell).await {
                Ok(next) => next,
                Err(error) => {
                    warn!(saga.id = %saga.id, %error, cause = ?std::error::Error::source(&error), "a saga is left to whoever takes it over");
                    return;
                }
            };
            let Some(next) = next else {
                info!(saga.id = %saga.id, "a saga was taken over by somebody else");
                return;
            };
            may_be_made = (next.step, next.direction) == stands_at;
            if may_be_made && next.phase == SagaPhase::Running {
                let wait = next.quick_wait(self.jitter());
                tokio::time::sleep(Duration::from_micros(wait.unsigned_abs())).await;
            }
            saga = next;
        }
        if saga.phase == SagaPhase::Stuck {
            error!(saga.id = %saga.id, order.id = %saga.order_id, saga.step = ?saga.step, "a saga is stuck: an operator must retry or abandon it");
        }
    }

    /// Makes the call that the saga stands at and commits its outcome: the saga after it; none when it
    /// is somebody else's by now.
    async fn step(
        &self,
        saga: &Saga,
        may_be_made: bool,
        tell: &mut Option<oneshot::Sender<Order>>,
    ) -> Result<Option<Saga>, StoreError> {
        let order = self.purchases.order(saga.order_id).await?;
        let order = order.ok_or_else(|| StoreError::corrupt("a saga without its order"))?;
        let mut event = self.outcome(saga, &order, may_be_made).await?;
        let mut changed = self.commit(saga, event.clone()).await;
        if let Ok(Keyed::Refused(OrderRefusal::TooLarge(why))) = &changed {
            // A wallet has no room for what it is to get back: tried again, and at last an operator's.
            event = SagaEvent::Unanswered(format!("in the wallet: {why}"), self.jitter());
            changed = self.commit(saga, event.clone()).await;
        }
        let (order, now) = match changed {
            Ok(Keyed::Done(order, now)) => (order, now),
            Ok(Keyed::Refused(_) | Keyed::Answered(_)) => return Ok(None),
            Err(StoreError::Unknown(_)) => return self.again(saga).await,
            Err(error) => return Err(error),
        };
        // The ledger has taken the event, so this worker knows the saga as it stands there.
        let Ok((next, _, effect)) = saga.next(event, now, &self.patience) else {
            return Ok(None);
        };
        if effect.is_some()
            && let Some((_, coupon)) = order.coupon
        {
            self.queue.released(coupon);
        }
        if !order.is_under_way()
            && let Some(tell) = tell.take()
        {
            let _nobody_waits = tell.send(order);
        }
        Ok(Some(next))
    }

    async fn commit(
        &self,
        saga: &Saga,
        event: SagaEvent,
    ) -> Result<Keyed<Order, OrderRefusal>, StoreError> {
        let command = OrderCommand::Saga {
            saga_id: saga.id,
            epoch: Some(saga.epoch),
            event,
            patience: self.patience,
        };
        self.purchases
            .change_order(saga.order_id, command, None)
            .await
    }

    /// The saga as it is after a commit whose outcome is unknown; none when somebody else has it.
    async fn again(&self, saga: &Saga) -> Result<Option<Saga>, StoreError> {
        let stored = self.purchases.saga(saga.id).await?;
        Ok(stored.and_then(|(stored, trace)| {
            let last = trace.last().map(|last| last.event);
            // One epoch further without a take-over: what was committed is this worker's outcome.
            let is_mine = stored.epoch == saga.epoch
                || stored.epoch == saga.epoch.saturating_add(1)
                    && last != Some(TraceEvent::TakenOver);
            is_mine.then_some(stored)
        }))
    }

    async fn outcome(
        &self,
        saga: &Saga,
        order: &Order,
        may_be_made: bool,
    ) -> Result<SagaEvent, StoreError> {
        let action = match (saga.step, saga.direction) {
            (SagaStep::Authorise, SagaDirection::Forward) => PaymentAction::Authorise,
            (SagaStep::Authorise, SagaDirection::Undo) => PaymentAction::Void,
            (SagaStep::Capture, _) => PaymentAction::Capture,
            (SagaStep::Refund, _) => PaymentAction::Refund,
            (SagaStep::Complete, _) => return Ok(SagaEvent::Succeeded),
        };
        if action == PaymentAction::Refund
            && let Some(event) = self.nothing_to_refund(order).await?
        {
            return Ok(event);
        }
        let call = PaymentCall {
            saga_id: saga.id,
            action,
            payment_id: order.saga_id,
            order_id: order.id,
            consumer_id: order.consumer_id.clone(),
            amount: order.paid_amount,
            method: match &order.payment {
                domain::Payment::Provider(method) => method.clone(),
                domain::Payment::Wallet => None,
            },
        };
        let payments = Arc::clone(&self.payments);
        let asking = async move { ask(&*payments, &call, may_be_made).await };
        // A panic is no definite answer either; so it counts, and ends stuck, for all to see.
        let panicked = |error| Err(PaymentError::Unknown(Arc::new(error)));
        Ok(match self.finish(asking).await.unwrap_or_else(panicked) {
            Ok(PaymentAnswer::Done) => SagaEvent::Succeeded,
            Ok(PaymentAnswer::Declined(why)) => SagaEvent::Declined(why),
            Err(error) => {
                warn!(saga.id = %saga.id, payment.action = ?action, %error, cause = ?std::error::Error::source(&error), "no definite answer from the payment provider");
                SagaEvent::Unanswered(error.to_string(), self.jitter())
            }
        })
    }

    /// A payment is refunded once it was captured, not before; one that never will be has nothing to
    /// refund.
    async fn nothing_to_refund(&self, order: &Order) -> Result<Option<SagaEvent>, StoreError> {
        let purchase = self.purchases.saga(order.saga_id).await?;
        Ok(match purchase.map(|(saga, _)| saga) {
            Some(saga) if saga.is_live() => Some(SagaEvent::Unanswered(
                "the payment is not captured yet".to_owned(),
                self.jitter(),
            )),
            Some(saga) if saga.outcome == Some(SagaOutcome::Undone) => Some(SagaEvent::Declined(
                "the payment was never captured".to_owned(),
            )),
            _ => None,
        })
    }

    /// From the random part of an id.
    fn jitter(&self) -> Jitter {
        let (_, random) = self.ids.next_id().as_u64_pair();
        let permille = u16::try_from(random % 1_001).unwrap_or(0);
        Jitter::new(permille).unwrap_or_default()
    }
}

/// The provider's answer to the call, which is not made again before it was asked about.
async fn ask(
    payments: &dyn Payments,
    call: &PaymentCall,
    may_be_made: bool,
) -> Result<PaymentAnswer, PaymentError> {
    if may_be_made && let Some(answer) = payments.query(call).await? {
        return Ok(answer);
    }
    payments.call(call).await
}

#[cfg(test)]
mod tests;
