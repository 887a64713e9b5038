//! The port of answered requests. Nothing is ever forgotten here.

use async_trait::async_trait;
use domain::ports::{Answered, AnsweredRequests, KeyScope, StoreError};

use crate::SqliteStore;
use crate::create::answered;
use crate::error::nothing_happened;

#[async_trait]
impl AnsweredRequests for SqliteStore {
    async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError> {
        answered(self.readers(), scope)
            .await
            .map_err(nothing_happened)
    }
}
