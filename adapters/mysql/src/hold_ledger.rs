//! The port of the ledger of holds.

use async_trait::async_trait;
use domain::ports::{HoldLedger, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, StoreError};
use domain::{CallerId, Hold, HoldName, HoldRequest, SettleRefusal, Settlement, Timestamp};
use sqlx::MySqlConnection;

use crate::MysqlStore;
use crate::error::nothing_happened;
use crate::holds::{self, CouponsWithLapsed, ExpireHolds};
use crate::settle::{OpenHold, SettleHold};
use crate::unit::{LedgerTime, Tried, Unit};
use crate::using;

#[async_trait]
impl HoldLedger for MysqlStore {
    async fn open_hold(
        &self,
        request: HoldRequest,
        key: Option<KeyedRequest<OpenedHold>>,
    ) -> Result<Keyed<OpenedHold, OpenHoldRefusal>, StoreError> {
        let copy = using::known(self.readers(), request.issued_coupon_id)
            .await
            .map_err(nothing_happened)?;
        let unit = OpenHold {
            request,
            copy,
            key,
            tried: Tried::default(),
        };
        self.write(unit).await
    }

    async fn settle_hold(
        &self,
        caller: CallerId,
        name: HoldName,
        settlement: Settlement,
        key: Option<KeyedRequest<Hold>>,
    ) -> Result<Keyed<Hold, SettleRefusal>, StoreError> {
        let known = holds::of_caller(self.readers(), &caller, &name)
            .await
            .map_err(nothing_happened)?;
        let Some(known) = known else {
            return self
                .answered_or(key.as_ref(), SettleRefusal::NotFound)
                .await;
        };
        let unit = SettleHold {
            known,
            settlement,
            key,
        };
        self.write(unit).await
    }

    async fn hold(
        &self,
        caller: CallerId,
        name: HoldName,
    ) -> Result<Option<(Hold, Timestamp)>, StoreError> {
        let unit = HoldNow { caller, name };
        self.readers().run(unit).await.map_err(nothing_happened)
    }

    async fn expire_holds(&self, limit: u32) -> Result<u32, StoreError> {
        let coupons = self.readers().run(CouponsWithLapsed { limit }).await;
        let mut expired = 0;
        for coupon in coupons.map_err(nothing_happened)? {
            let limit = limit.saturating_sub(expired);
            if limit == 0 {
                break;
            }
            let unit = ExpireHolds { coupon, limit };
            expired += self.write_in_background(unit).await?;
        }
        Ok(expired)
    }
}

struct HoldNow {
    caller: CallerId,
    name: HoldName,
}

impl Unit for HoldNow {
    type Answer = Option<(Hold, Timestamp)>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Self::Answer, sqlx::Error> {
        // Before the hold is read: one that was read as OPEN, and confirmed in time since then, must
        // not be called EXPIRED.
        let now = time.now(&mut *connection).await?;
        let hold = holds::of_caller(connection, &self.caller, &self.name).await?;
        Ok(hold.map(|hold| (hold, now)))
    }
}
