//! A campaign.

use crate::{EventId, EventName, Window};

/// A campaign with its window; immutable once created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Its name, unique among events.
    pub name: EventName,
    /// When coupons of this event may be issued.
    pub window: Window,
}
