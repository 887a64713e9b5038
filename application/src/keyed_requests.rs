//! Idempotency keys: the same request again is the same request.
//!
//! Exactness comes from the store, which writes a key with its effect. What is here decides who
//! waits: of equal requests at once the first goes in, the others follow when it has ended, and one
//! that waits too long is told so.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use domain::{
    Timestamp,
    ports::{Answered, AnsweredRequests, Creation, KeyScope, Keyed, KeyedRequest, StoreError},
};
use parking_lot::Mutex;
use tokio::sync::Semaphore;

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

/// What a write came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written<T> {
    /// It was done by this request, at this time of the ledger.
    Now(T, Timestamp),
    /// It was done by the same request before, which got this answer.
    Before(Vec<u8>),
}

/// The keys of requests that are under way on this node.
#[derive(Debug)]
pub struct KeysInFlight {
    patience: Duration,
    /// Closed when the first request under its key has ended; nobody ever gets a permit.
    keys: Mutex<HashMap<KeyScope, Arc<Semaphore>>>,
}

impl Default for KeysInFlight {
    fn default() -> Self {
        Self::new(Duration::from_secs(2))
    }
}

impl KeysInFlight {
    /// Keys whose first request is waited for this long.
    #[must_use]
    pub fn new(patience: Duration) -> Self {
        Self {
            patience,
            keys: Mutex::default(),
        }
    }

    /// Goes in first, or waits until the first request under this key has ended; then all who wait
    /// go in together, and the store tells each what the first was answered.
    ///
    /// # Errors
    /// [`KeyError::InUse`] when that takes too long.
    pub async fn enter(self: &Arc<Self>, key: KeyScope) -> Result<KeyInFlight, KeyError> {
        let ended = match self.keys.lock().entry(key) {
            Entry::Occupied(first) => Arc::clone(first.get()),
            Entry::Vacant(vacant) => {
                vacant.insert(Arc::new(Semaphore::new(0)));
                return Ok(KeyInFlight {
                    first: Some((Arc::clone(self), key)),
                });
            }
        };
        match tokio::time::timeout(self.patience, ended.acquire()).await {
            Ok(_closed) => Ok(KeyInFlight { first: None }),
            Err(_) => Err(KeyError::InUse),
        }
    }
}

/// The right to work under a key; ends when dropped.
#[derive(Debug)]
pub struct KeyInFlight {
    /// Only of the first: whom its end is to be told.
    first: Option<(Arc<KeysInFlight>, KeyScope)>,
}

impl Drop for KeyInFlight {
    fn drop(&mut self) {
        if let Some((in_flight, key)) = self.first.take()
            && let Some(ended) = in_flight.keys.lock().remove(&key)
        {
            ended.close();
        }
    }
}

/// Runs writes under their keys.
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
) -> Result<Written<T>, E>
where
    E: From<KeyError>,
{
    match (creation, key) {
        (Creation::Created(value, at), _) => Ok(Written::Now(value, at)),
        (Creation::Answered(answered), Some(key)) => {
            Ok(Written::Before(same_request(key, answered)?))
        }
        (Creation::Answered(_), None) => Err(KeyError::Reused.into()),
        (Creation::NameTaken, _) => Err(name_taken),
    }
}

/// What the store made of a write that may carry a key, as the caller sees it.
pub(crate) fn written<T, R, E>(
    keyed: Keyed<T, R>,
    key: Option<&KeyedRequest<T>>,
) -> Result<Written<T>, E>
where
    E: From<KeyError> + From<R>,
{
    match (keyed, key) {
        (Keyed::Done(value, at), _) => Ok(Written::Now(value, at)),
        (Keyed::Answered(answered), Some(key)) => Ok(Written::Before(same_request(key, answered)?)),
        (Keyed::Answered(_), None) => Err(KeyError::Reused.into()),
        (Keyed::Refused(refusal), _) => Err(refusal.into()),
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
