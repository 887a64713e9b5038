//! Idempotency keys: the same request again is the same request.
//!
//! Exactness comes from the store, which writes a key with its effect. What is here decides who
//! waits: equal requests at once go in one after the other, and one that waits too long is told so.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
    time::Duration,
};

use domain::{
    Timestamp,
    ports::{Answered, AnsweredRequests, Creation, KeyScope, KeyedRequest, StoreError},
};
use parking_lot::Mutex;
use tokio::sync::OwnedMutexGuard;

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A request under this key is still under way.
    #[error("a request under this idempotency key is still under way")]
    InUse,
    /// Another request was answered under this key.
    #[error("this idempotency key was used for another request")]
    Reused,
}

/// What a creation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created<T> {
    /// It was created by this request, at this time of the ledger.
    Now(T, Timestamp),
    /// It was created by the same request before, which got this answer.
    Before(Vec<u8>),
}

/// The keys of requests that are under way on this node.
#[derive(Debug)]
pub struct KeysInFlight {
    patience: Duration,
    keys: Mutex<HashMap<KeyScope, Weak<tokio::sync::Mutex<()>>>>,
}

impl Default for KeysInFlight {
    fn default() -> Self {
        Self::new(Duration::from_secs(2))
    }
}

impl KeysInFlight {
    /// Keys whose holders are waited for this long.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            keys: Mutex::default(),
        }
    }

    /// Waits until no other request under this key is under way.
    ///
    /// # Errors
    /// [`KeyError::InUse`] when that takes too long.
    pub async fn enter(self: &Arc<Self>, key: KeyScope) -> Result<KeyInFlight, KeyError> {
        let turn = {
            let mut keys = self.keys.lock();
            let entry = keys.entry(key).or_default();
            entry.upgrade().unwrap_or_else(|| {
                let turn = Arc::default();
                *entry = Arc::downgrade(&turn);
                turn
            })
        };
        // Made first, so that whoever gives up while it waits cleans up as well.
        let mut entered = KeyInFlight {
            keys: Arc::clone(self),
            key,
            turn: None,
        };
        match tokio::time::timeout(self.patience, turn.lock_owned()).await {
            Ok(turn) => entered.turn = Some(turn),
            Err(_) => return Err(KeyError::InUse),
        }
        Ok(entered)
    }
}

/// The right to work under a key; ends when dropped.
#[derive(Debug)]
pub struct KeyInFlight {
    keys: Arc<KeysInFlight>,
    key: KeyScope,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Drop for KeyInFlight {
    fn drop(&mut self) {
        self.turn = None;
        let mut keys = self.keys.keys.lock();
        if keys
            .get(&self.key)
            .is_some_and(|turn| turn.strong_count() == 0)
        {
            keys.remove(&self.key);
        }
    }
}

/// Runs creations under their keys.
pub struct KeyedRequests {
    answered: Arc<dyn AnsweredRequests>,
    in_flight: Arc<KeysInFlight>,
}

/// A keyed request is either to be carried out, or was answered before.
pub(crate) enum Begun {
    /// Carry it out, and keep this until then.
    Fresh(Option<KeyInFlight>),
    /// It was answered with this.
    Answered(Vec<u8>),
}

impl KeyedRequests {
    /// Keys that were answered are looked up in `answered`, those under way in `in_flight`.
    #[must_use]
    pub fn new(answered: Arc<dyn AnsweredRequests>, in_flight: Arc<KeysInFlight>) -> Self {
        Self {
            answered,
            in_flight,
        }
    }

    /// Begins a request: before any of its rules is looked at, because a request that was answered
    /// gets its answer again even where the rules would refuse it now.
    pub(crate) async fn begin<T, E>(&self, key: Option<&KeyedRequest<T>>) -> Result<Begun, E>
    where
        E: From<KeyError> + From<StoreError>,
    {
        let Some(key) = key else {
            return Ok(Begun::Fresh(None));
        };
        let in_flight = self.in_flight.enter(key.scope).await?;
        match self.answered.answered(key.scope).await? {
            Some(answered) => Ok(Begun::Answered(same_request(key, answered)?)),
            None => Ok(Begun::Fresh(Some(in_flight))),
        }
    }
}

/// What the store made of a creation, as the caller sees it; `name_taken` is the use case's own
/// error for that.
pub(crate) fn created<T, E>(
    creation: Creation<T>,
    key: Option<&KeyedRequest<T>>,
    name_taken: E,
) -> Result<Created<T>, E>
where
    E: From<KeyError>,
{
    match (creation, key) {
        (Creation::Created(value, at), _) => Ok(Created::Now(value, at)),
        (Creation::Answered(answered), Some(key)) => {
            Ok(Created::Before(same_request(key, answered)?))
        }
        (Creation::Answered(_), None) => Err(KeyError::Reused.into()),
        (Creation::NameTaken, _) => Err(name_taken),
    }
}

fn same_request<T>(key: &KeyedRequest<T>, answered: Answered) -> Result<Vec<u8>, KeyError> {
    if answered.digest == key.digest {
        Ok(answered.answer)
    } else {
        Err(KeyError::Reused)
    }
}

#[cfg(test)]
mod tests;
