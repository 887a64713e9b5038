//! The ledger of holds for shops with a checkout of their own.

use async_trait::async_trait;

use super::{Keyed, KeyedRequest, StoreError};
use crate::{
    CallerId, Hold, HoldName, HoldRefusal, HoldRequest, SettleRefusal, Settlement, Timestamp,
};

/// Why no hold was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenHoldRefusal {
    /// The name belongs to another request.
    #[error("this name was used for another hold")]
    NameReused,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] HoldRefusal),
}

/// A hold that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenedHold {
    /// It is opened now.
    Now(Hold),
    /// It was opened by the same request before: the hold as it is written down now.
    Before(Hold),
}

impl OpenedHold {
    /// The hold.
    #[must_use]
    pub const fn hold(&self) -> &Hold {
        match self {
            Self::Now(hold) | Self::Before(hold) => hold,
        }
    }
}

/// Opens and settles holds of callers; a saga's holds are none of its business. Writes as
/// [`PurchaseLedger`](super::PurchaseLedger) does: load, ask the domain ([`HoldRequest::open`],
/// [`Settlement::settle`], [`expire`](crate::expire)), write.
///
/// # Errors
/// As there.
#[async_trait]
pub trait HoldLedger: Send + Sync {
    /// Opens a hold. *Must* look at the idempotency key first, then at the hold's name.
    async fn open_hold(
        &self,
        request: HoldRequest,
        key: Option<KeyedRequest<OpenedHold>>,
    ) -> Result<Keyed<OpenedHold, OpenHoldRefusal>, StoreError>;

    /// Ends a hold. *Must* look at the idempotency key first.
    async fn settle_hold(
        &self,
        caller: CallerId,
        name: HoldName,
        settlement: Settlement,
        key: Option<KeyedRequest<Hold>>,
    ) -> Result<Keyed<Hold, SettleRefusal>, StoreError>;

    /// The caller's hold of this name, as it is written down, and the ledger's time: what
    /// [`Hold::state_at`] wants.
    async fn hold(
        &self,
        caller: CallerId,
        name: HoldName,
    ) -> Result<Option<(Hold, Timestamp)>, StoreError>;

    /// Writes down up to `limit` holds that have lapsed; says how many.
    async fn expire_holds(&self, limit: u32) -> Result<u32, StoreError>;
}
