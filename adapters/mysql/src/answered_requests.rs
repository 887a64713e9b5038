//! The port of answered requests.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::{Answered, AnsweredRequests, KeyScope, Keyed, KeyedRequest, StoreError};

use crate::MysqlStore;
use crate::error::nothing_happened;
use crate::keys::{self, Forget};

#[async_trait]
impl AnsweredRequests for MysqlStore {
    async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError> {
        keys::answered(self.readers(), scope)
            .await
            .map_err(nothing_happened)
    }

    async fn forget_answered(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.write_in_background(Forget { before, limit }).await
    }
}

impl MysqlStore {
    /// What is known under the key, or else the refusal: the answer where there is nothing to run a
    /// unit on.
    pub(crate) async fn answered_or<T, R>(
        &self,
        key: Option<&KeyedRequest<T>>,
        refusal: R,
    ) -> Result<Keyed<T, R>, StoreError> {
        let answered = match key {
            Some(key) => self.answered(key.scope).await?,
            None => None,
        };
        Ok(answered.map_or(Keyed::Refused(refusal), Keyed::Answered))
    }
}
