//! Tries to use a copy, in turn: what placing an order and opening a hold share of queueing.
//!
//! Whoever comes while others wait for the coupon tries once, yielding to them, so that all that is
//! refused for another reason is refused at once; then it queues, when it may. It keeps its place only
//! until it is answered: what follows must not keep the next from its turn.

use std::{ops::ControlFlow, sync::Arc};

use domain::{
    ConsumerId, CouponId, IssuedCouponId,
    ports::{CouponLedger, StoreError},
};
use tokio::time::{Instant, timeout_at};

use crate::WaitQueue;

/// Where copies say which line they stand in, and the lines.
pub(crate) struct InTurn {
    copies: Arc<dyn CouponLedger>,
    queue: Arc<WaitQueue>,
}

impl InTurn {
    pub(crate) fn new(copies: Arc<dyn CouponLedger>, queue: Arc<WaitQueue>) -> Self {
        Self { copies, queue }
    }

    /// What `attempt`, which is told whether it is to yield, says at last. While it says that the
    /// coupon is held (`Continue`), it is made again in turn, until `until`; only once without one.
    pub(crate) async fn attempt<T, Trying>(
        &self,
        copy: Option<IssuedCouponId>,
        until: Option<Instant>,
        mut attempt: impl FnMut(bool) -> Trying,
    ) -> Result<T, StoreError>
    where
        Trying: Future<Output = ControlFlow<T, T>>,
    {
        let line = self.line_of(copy, until.is_some()).await?;
        let is_waited_for = |(coupon, _): &(CouponId, _)| self.queue.is_waited_for(*coupon);
        let mut held = match attempt(line.as_ref().is_some_and(is_waited_for)).await {
            ControlFlow::Break(answer) => return Ok(answer),
            ControlFlow::Continue(held) => held,
        };
        let (Some((coupon, consumer)), Some(until)) = (line, until) else {
            return Ok(held);
        };
        let Ok(mut place) = self.queue.join(coupon, &consumer) else {
            return Ok(held);
        };
        while timeout_at(until, place.turn()).await.is_ok() {
            held = match attempt(false).await {
                ControlFlow::Break(answer) => return Ok(answer),
                ControlFlow::Continue(held) => held,
            };
        }
        Ok(held)
    }

    /// Whose line the copy stands in, and who would wait: looked up only when it matters.
    async fn line_of(
        &self,
        copy: Option<IssuedCouponId>,
        may_queue: bool,
    ) -> Result<Option<(CouponId, ConsumerId)>, StoreError> {
        match copy {
            Some(copy) if may_queue || !self.queue.is_empty() => {
                let copy = self.copies.issued_coupon(copy).await?;
                Ok(copy.map(|copy| (copy.coupon_id, copy.consumer_id)))
            }
            _ => Ok(None),
        }
    }
}
