//! Opening and ending the holds of callers: the key first, then the name, then the domain's answer
//! and what it writes, in one unit.

use domain::ports::{Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold};
use domain::{Hold, HoldRequest, SettleRefusal, Settlement};
use sqlx::MySqlConnection;

use crate::unit::{LedgerTime, Tried, Unit};
use crate::using::{self, KnownCopy};
use crate::{holds, keys, writes};

/// Opens a hold.
pub(crate) struct OpenHold {
    pub(crate) request: HoldRequest,
    /// The copy that is asked for, if there is one.
    pub(crate) copy: Option<KnownCopy>,
    pub(crate) key: Option<KeyedRequest<OpenedHold>>,
    pub(crate) tried: Tried,
}

impl Unit for OpenHold {
    type Answer = Keyed<OpenedHold, OpenHoldRefusal>;

    fn lane(&self) -> Option<[u8; 16]> {
        let copy = self.copy.as_ref();
        copy.map(|copy| *copy.coupon.as_bytes())
    }

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Self::Answer, sqlx::Error> {
        let request = &self.request;
        let reading = match &self.copy {
            Some(copy) => Some(using::of_copy(&mut *connection, copy, time).await?),
            None => None,
        };
        // Name and key come first, but are looked for last: an earlier try may still have been under
        // way. The key's after the name: whoever commits both between the two looks is found by it.
        let (caller, name) = (&request.caller_id, &request.name);
        let named = holds::of_caller(&mut *connection, caller, name).await?;
        if let Some(answered) = keys::answered_before(&mut *connection, self.key.as_ref()).await? {
            return Ok(Keyed::Answered(answered));
        }
        let now = time.now(&mut *connection).await?;
        let opened = match named {
            Some(hold) if self.tried.before() && hold.id == request.id => OpenedHold::Now(hold),
            Some(hold) if request.is_for(&hold) => OpenedHold::Before(hold),
            Some(_) => return Ok(Keyed::Refused(OpenHoldRefusal::NameReused)),
            None => match request.open(reading, now) {
                Ok((hold, opening)) => {
                    writes::write(&mut *connection, &opening).await?;
                    OpenedHold::Now(hold)
                }
                Err(refusal) => return Ok(Keyed::Refused(refusal.into())),
            },
        };
        if let Some(key) = &self.key {
            keys::keep(connection, key, &opened, now).await?;
        }
        self.tried.now();
        Ok(Keyed::Done(opened, now))
    }
}

/// Ends a hold.
pub(crate) struct SettleHold {
    /// As it was before.
    pub(crate) known: Hold,
    pub(crate) settlement: Settlement,
    pub(crate) key: Option<KeyedRequest<Hold>>,
}

impl Unit for SettleHold {
    type Answer = Keyed<Hold, SettleRefusal>;

    fn lane(&self) -> Option<[u8; 16]> {
        Some(*self.known.coupon_id.as_bytes())
    }

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Self::Answer, sqlx::Error> {
        let reading = using::of_hold(&mut *connection, &self.known).await?;
        if let Some(answered) = keys::answered_before(&mut *connection, self.key.as_ref()).await? {
            return Ok(Keyed::Answered(answered));
        }
        let now = time.now(&mut *connection).await?;
        match self.settlement.settle(reading, now) {
            Err(refusal) => Ok(Keyed::Refused(refusal)),
            Ok((hold, ending)) => {
                writes::write(&mut *connection, &ending).await?;
                if let Some(key) = &self.key {
                    keys::keep(connection, key, &hold, now).await?;
                }
                Ok(Keyed::Done(hold, now))
            }
        }
    }
}
