//! A shop's checkout has a use reserved.

use std::{ops::ControlFlow, sync::Arc, time::Duration};

use domain::{
    CallerId, HoldId, HoldName, HoldRefusal, HoldRequest, HoldSeconds, IssuedCouponId, Money,
    UseRefusal,
    ports::{
        CouponLedger, HoldLedger, IdGenerator, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold,
        StoreError,
    },
};
use tokio::time::Instant;

use crate::{
    KeyError, KeyedRequests, WaitQueue, Written,
    in_turn::InTurn,
    keyed_requests::{Begun, written},
};

/// The refusal after which it may queue.
const HELD: OpenHoldRefusal = OpenHoldRefusal::Refused(HoldRefusal::Coupon(UseRefusal::CouponHeld));

/// What is asked.
#[derive(Clone, Debug)]
pub struct NewHold {
    /// Who asks.
    pub caller_id: CallerId,
    /// What the caller calls it.
    pub name: HoldName,
    /// The copy.
    pub issued_coupon_id: IssuedCouponId,
    /// What the order amounts to.
    pub order_amount: Money,
    /// How long it stays open.
    pub seconds: HoldSeconds,
    /// How long the caller queues for a coupon that is held, if it says so.
    pub wait: Option<Duration>,
}

/// Why there is no hold, or no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenHoldError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] OpenHoldRefusal),
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer; after `Unknown` it may be open.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct OpenHold {
    holds: Arc<dyn HoldLedger>,
    in_turn: InTurn,
    keyed: Arc<KeyedRequests>,
    ids: Arc<dyn IdGenerator>,
}

impl OpenHold {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        holds: Arc<dyn HoldLedger>,
        copies: Arc<dyn CouponLedger>,
        queue: Arc<WaitQueue>,
        keyed: Arc<KeyedRequests>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self {
            holds,
            in_turn: InTurn::new(copies, queue),
            keyed,
            ids,
        }
    }

    /// The hold, open, durably; or as it is, when the same request has opened it before. A hold that
    /// is opened for a caller that has gone is found by its name.
    ///
    /// # Errors
    /// [`OpenHoldError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(
        &self,
        new: NewHold,
        key: Option<KeyedRequest<OpenedHold>>,
    ) -> Result<Written<OpenedHold>, OpenHoldError> {
        let until = new.wait.map(|wait| Instant::now() + wait);
        let begun = self.keyed.begin::<_, OpenHoldError>(key.as_ref()).await?;
        let _in_flight = match begun {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let request = HoldRequest {
            id: HoldId::from_uuid(self.ids.next_id()),
            caller_id: new.caller_id,
            name: new.name,
            issued_coupon_id: new.issued_coupon_id,
            order_amount: new.order_amount.into(),
            seconds: new.seconds,
            yields: false,
        };
        let open = |yields| {
            let request = HoldRequest {
                yields,
                ..request.clone()
            };
            async move {
                let opened = self.holds.open_hold(request, key).await;
                if matches!(opened, Ok(Keyed::Refused(HELD))) {
                    ControlFlow::Continue(opened)
                } else {
                    ControlFlow::Break(opened)
                }
            }
        };
        let copy = Some(new.issued_coupon_id);
        let opened = self.in_turn.attempt(copy, until, open).await??;
        written(opened, key.as_ref())
    }
}

#[cfg(test)]
mod tests;
