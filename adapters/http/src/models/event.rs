//! Events as JSON.

use application::NewEvent;
use domain::{Event, EventName};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Instant, invalid};
use crate::Failure;

/// An event to be created.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateEventBody {
    /// 1 to 30 characters, unique among events.
    #[schema(min_length = 1, max_length = 30, example = "Black Friday")]
    pub(crate) name: String,
    /// The first instant of the event; now, when left out.
    pub(crate) starts_at: Option<Instant>,
    /// The first instant after the event.
    pub(crate) ends_at: Instant,
}

impl CreateEventBody {
    /// The request that it stands for.
    pub(crate) fn request(&self) -> Result<NewEvent, Failure> {
        Ok(NewEvent {
            name: EventName::new(self.name.as_str()).map_err(|why| invalid("name", why))?,
            starts_at: self.starts_at.map(|at| at.0),
            ends_at: self.ends_at.0,
        })
    }
}

/// An event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventReply {
    event_id: String,
    name: String,
    starts_at: Instant,
    ends_at: Instant,
}

impl From<&Event> for EventReply {
    fn from(event: &Event) -> Self {
        let Event { id, name, window } = event;
        Self {
            event_id: id.to_string(),
            name: name.to_string(),
            starts_at: Instant(window.starts_at()),
            ends_at: Instant(window.ends_at()),
        }
    }
}
