//! The port of answered requests, and how a keyed write keeps its answer.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::{Answered, AnsweredRequests, KeyScope, KeyedRequest, StoreError};

use crate::MemoryStore;
use crate::store::Tables;

/// A request that was answered, and when.
pub(crate) struct Kept {
    answered: Answered,
    at: Timestamp,
}

/// An answer that is rendered, to be kept together with its effect.
pub(crate) struct Rendered {
    scope: KeyScope,
    kept: Kept,
}

/// Renders the answer to keep, if a key came. Runs code of the caller's, which may panic: so it comes
/// before the first write.
pub(crate) fn render<T>(
    key: Option<KeyedRequest<T>>,
    effect: &T,
    now: Timestamp,
) -> Option<Rendered> {
    key.map(|key| Rendered {
        scope: key.scope,
        kept: Kept {
            answered: Answered {
                digest: key.digest,
                answer: (key.answer)(effect, now),
            },
            at: now,
        },
    })
}

impl Tables {
    /// What was answered under this key before.
    pub(crate) fn answered_before<T>(&self, key: Option<&KeyedRequest<T>>) -> Option<Answered> {
        let kept = self.answered.get(&key?.scope)?;
        Some(kept.answered.clone())
    }

    /// Keeps the answer.
    pub(crate) fn keep(&mut self, rendered: Option<Rendered>) {
        let rendered = rendered.map(|Rendered { scope, kept }| (scope, kept));
        self.answered.extend(rendered);
    }
}

#[async_trait]
impl AnsweredRequests for MemoryStore {
    async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError> {
        let (tables, _) = self.lock();
        let kept = tables.answered.get(&scope);
        Ok(kept.map(|kept| kept.answered.clone()))
    }

    async fn forget_answered(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let (mut tables, _) = self.lock();
        let mut forgotten = 0;
        tables.answered.retain(|_, kept| {
            let stays = kept.at >= before || forgotten == limit;
            forgotten += u32::from(!stays);
            stays
        });
        Ok(forgotten)
    }
}
