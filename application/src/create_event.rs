//! An admin creates an event.

use std::sync::Arc;

use domain::{
    Event, EventId, EventName, InvalidWindow, Timestamp, Window,
    ports::{Catalogue, IdGenerator, KeyedRequest, StoreError},
};

use crate::{
    KeyError, KeyedRequests, LedgerClock, Written,
    keyed_requests::{Begun, created},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Its name.
    pub name: EventName,
    /// When it begins; now, when not given.
    pub starts_at: Option<Timestamp>,
    /// When it is over.
    pub ends_at: Timestamp,
}

/// Why there is no new event.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateEventError {
    /// `ends_at` is not later than `starts_at`.
    #[error(transparent)]
    Window(#[from] InvalidWindow),
    /// Another event has this name.
    #[error("another event has this name")]
    NameTaken,
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct CreateEvent {
    catalogue: Arc<dyn Catalogue>,
    keyed: Arc<KeyedRequests>,
    ids: Arc<dyn IdGenerator>,
    clock: Arc<LedgerClock>,
}

impl CreateEvent {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn Catalogue>,
        keyed: Arc<KeyedRequests>,
        ids: Arc<dyn IdGenerator>,
        clock: Arc<LedgerClock>,
    ) -> Self {
        Self {
            catalogue,
            keyed,
            ids,
            clock,
        }
    }

    /// The event, stored durably.
    ///
    /// # Errors
    /// [`CreateEventError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(
        &self,
        new: NewEvent,
        key: Option<KeyedRequest<Event>>,
    ) -> Result<Written<Event>, CreateEventError> {
        let _in_flight = match self
            .keyed
            .begin::<_, CreateEventError>(key.as_ref())
            .await?
        {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let event = Event {
            id: EventId::from_uuid(self.ids.next_id()),
            name: new.name,
            window: Window::new(
                new.starts_at.unwrap_or_else(|| self.clock.now()),
                new.ends_at,
            )?,
        };
        let creation = self.catalogue.create_event(event, key).await?;
        created(creation, key.as_ref(), CreateEventError::NameTaken)
    }
}
