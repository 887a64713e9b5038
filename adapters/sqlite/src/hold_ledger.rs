//! The port of the ledger of holds.

use async_trait::async_trait;
use domain::ports::{HoldLedger, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, StoreError};
use domain::{CallerId, Hold, HoldName, HoldRequest, SettleRefusal, Settlement, Timestamp};

use crate::SqliteStore;
use crate::error::nothing_happened;
use crate::holds::{self, ExpireHolds};
use crate::settle::{OpenHold, SettleHold};

#[async_trait]
impl HoldLedger for SqliteStore {
    async fn open_hold(
        &self,
        request: HoldRequest,
        key: Option<KeyedRequest<OpenedHold>>,
    ) -> Result<Keyed<OpenedHold, OpenHoldRefusal>, StoreError> {
        self.write(OpenHold { request, key }).await
    }

    async fn settle_hold(
        &self,
        caller: CallerId,
        name: HoldName,
        settlement: Settlement,
        key: Option<KeyedRequest<Hold>>,
    ) -> Result<Keyed<Hold, SettleRefusal>, StoreError> {
        let unit = SettleHold {
            caller,
            name,
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
        let hold = holds::of_caller(self.readers(), &caller, &name)
            .await
            .map_err(nothing_happened)?;
        Ok(hold.map(|hold| (hold, self.clock().now())))
    }

    async fn expire_holds(&self, limit: u32) -> Result<u32, StoreError> {
        self.write(ExpireHolds { limit }).await
    }
}
