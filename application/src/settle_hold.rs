//! A shop's checkout ends a hold: confirms, cancels or returns it.

use std::sync::Arc;

use domain::{
    CallerId, Hold, HoldName, SettleRefusal, Settlement,
    ports::{HoldLedger, KeyedRequest, StoreError},
};

use crate::{
    KeyError, KeyedRequests, WaitQueue, Written,
    keyed_requests::{Begun, written},
};

/// Why the hold does not end so.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettleHoldError {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] SettleRefusal),
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer; after `Unknown` it may have ended.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct SettleHold {
    holds: Arc<dyn HoldLedger>,
    keyed: Arc<KeyedRequests>,
    queue: Arc<WaitQueue>,
}

impl SettleHold {
    /// Wires the use case; `queue` hears of every hold that ends here.
    #[must_use]
    pub fn new(
        holds: Arc<dyn HoldLedger>,
        keyed: Arc<KeyedRequests>,
        queue: Arc<WaitQueue>,
    ) -> Self {
        Self {
            holds,
            keyed,
            queue,
        }
    }

    /// The caller's own hold, ended so, durably.
    ///
    /// # Errors
    /// [`SettleHoldError`].
    pub async fn execute(
        &self,
        caller: CallerId,
        name: HoldName,
        settlement: Settlement,
        key: Option<KeyedRequest<Hold>>,
    ) -> Result<Written<Hold>, SettleHoldError> {
        let begun = self.keyed.begin::<_, SettleHoldError>(key.as_ref()).await?;
        let _in_flight = match begun {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let settled = self
            .holds
            .settle_hold(caller, name, settlement, key)
            .await?;
        let settled = written::<_, _, SettleHoldError>(settled, key.as_ref())?;
        if let Written::Now(hold, _) = &settled {
            self.queue.released(hold.coupon_id);
        }
        Ok(settled)
    }
}

#[cfg(test)]
mod tests;
