//! Opening and ending the holds of callers: the key first, then the name, then the domain's answer
//! and what it writes, in one unit.

use domain::ports::{Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold};
use domain::{CallerId, Hold, HoldName, HoldRequest, SettleRefusal, Settlement, Timestamp};
use sqlx::SqliteConnection;

use crate::unit::Unit;
use crate::{holds, keys, using, writes};

/// Opens a hold.
pub(crate) struct OpenHold {
    pub(crate) request: HoldRequest,
    pub(crate) key: Option<KeyedRequest<OpenedHold>>,
}

impl Unit for OpenHold {
    type Answer = Keyed<OpenedHold, OpenHoldRefusal>;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Self::Answer, sqlx::Error> {
        let Self { request, key } = self;
        if let Some(answered) = keys::answered_before(&mut *connection, key.as_ref()).await? {
            return Ok(Keyed::Answered(answered));
        }
        let (caller, name) = (&request.caller_id, &request.name);
        let opened = match holds::of_caller(&mut *connection, caller, name).await? {
            Some(hold) if request.is_for(&hold) => OpenedHold::Before(hold),
            Some(_) => return Ok(Keyed::Refused(OpenHoldRefusal::NameReused)),
            None => {
                let copy = request.issued_coupon_id;
                let reading = using::of_copy(&mut *connection, copy, now).await?;
                match request.open(reading, now) {
                    Ok((hold, opening)) => {
                        writes::write(&mut *connection, &opening).await?;
                        OpenedHold::Now(hold)
                    }
                    Err(refusal) => return Ok(Keyed::Refused(refusal.into())),
                }
            }
        };
        if let Some(key) = &key {
            keys::keep(connection, key, &opened, now).await?;
        }
        Ok(Keyed::Done(opened, now))
    }
}

/// Ends a hold.
pub(crate) struct SettleHold {
    pub(crate) caller: CallerId,
    pub(crate) name: HoldName,
    pub(crate) settlement: Settlement,
    pub(crate) key: Option<KeyedRequest<Hold>>,
}

impl Unit for SettleHold {
    type Answer = Keyed<Hold, SettleRefusal>;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Self::Answer, sqlx::Error> {
        if let Some(answered) = keys::answered_before(&mut *connection, self.key.as_ref()).await? {
            return Ok(Keyed::Answered(answered));
        }
        let hold = holds::of_caller(&mut *connection, &self.caller, &self.name).await?;
        let Some(hold) = hold else {
            return Ok(Keyed::Refused(SettleRefusal::NotFound));
        };
        let reading = using::of_hold(&mut *connection, hold).await?;
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
