//! The port of answered requests.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::{Answered, AnsweredRequests, KeyScope, StoreError};

use crate::SqliteStore;
use crate::error::nothing_happened;
use crate::keys::{self, Forget};

#[async_trait]
impl AnsweredRequests for SqliteStore {
    async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError> {
        keys::answered(self.readers(), scope)
            .await
            .map_err(nothing_happened)
    }

    async fn forget_answered(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write(Forget { before, limit }).await
    }
}
