//! "The same request again is the same request": the key is written in the effect's own
//! transaction, so there is never a key without its effect, nor an effect without its key.

use async_trait::async_trait;

use super::StoreError;
use crate::Timestamp;

/// What a key belongs to: a SHA-256 over caller, method, full path and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyScope(pub [u8; 32]);

/// What was asked: a SHA-256 over the parsed request. Equal digests are the same request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestDigest(pub [u8; 32]);

/// Renders the answer to be kept with an effect, inside its transaction, from what was written and
/// the ledger's time. The bytes mean nothing to a store.
pub type AnswerOf<T> = fn(&T, Timestamp) -> Vec<u8>;

/// A request that carries an idempotency key, and how its answer is rendered.
#[derive(Debug)]
pub struct KeyedRequest<T> {
    /// What the key belongs to.
    pub scope: KeyScope,
    /// What is asked.
    pub digest: RequestDigest,
    /// How to render the answer.
    pub answer: AnswerOf<T>,
}

// Not derived: that would ask for `T: Copy`.
impl<T> Copy for KeyedRequest<T> {}

impl<T> Clone for KeyedRequest<T> {
    fn clone(&self) -> Self {
        *self
    }
}

/// What is kept of a request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What was asked.
    pub digest: RequestDigest,
    /// The bytes that [`KeyedRequest::answer`] rendered.
    pub answer: Vec<u8>,
}

/// What came of a write that may carry an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyed<T, R> {
    /// It is stored, durably, at this time of the ledger; and so is the key's answer, if one came.
    Done(T, Timestamp),
    /// The key is known; nothing was written. The caller compares the digests.
    Answered(Answered),
    /// Refused; nothing was written, the key neither.
    Refused(R),
}

/// Finds requests that were answered before.
#[async_trait]
pub trait AnsweredRequests: Send + Sync {
    /// The request that was answered under this scope. *Must* find every effect that was
    /// acknowledged in the last 24 hours, on any node.
    ///
    /// # Errors
    /// Any [`StoreError`]; a read changes nothing.
    async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError>;

    /// Forgets up to `limit` answers that were kept before `before`, the ledger's time; says how
    /// many. What issued copies and orders say of their own keys is never forgotten.
    ///
    /// # Errors
    /// Any [`StoreError`].
    async fn forget_answered(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError>;
}
