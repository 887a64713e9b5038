//! The port of answered requests. Nothing is ever forgotten here.

use async_trait::async_trait;
use domain::ports::{Answered, AnsweredRequests, KeyScope, StoreError};

use crate::MemoryStore;

#[async_trait]
impl AnsweredRequests for MemoryStore {
    async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError> {
        let (tables, _) = self.lock();
        Ok(tables.answered.get(&scope).cloned())
    }
}
