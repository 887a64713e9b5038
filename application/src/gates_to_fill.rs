//! Which events' gates are to be filled, as noted by those who found it out on this node.
//!
//! Bounded, and forgetful: what finds no room, or is taken and then fails, is noted again by whoever
//! finds the same out next.

use std::collections::HashMap;

use domain::EventId;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// How many events are noted at most.
const ROOM: usize = 1_000;

/// Why a gate is to be filled; of two reasons the higher one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Why {
    /// The ledger has copies that it does not know.
    Missing,
    /// It is closed.
    Closed,
    /// It knows copies that the ledger does not have: it must not be believed.
    Ghosts,
}

/// See the module's header.
#[derive(Debug, Default)]
pub(crate) struct GatesToFill {
    noted: Mutex<HashMap<EventId, Why>>,
    told: Notify,
}

impl GatesToFill {
    /// This event's gate is to be filled.
    pub(crate) fn note(&self, event: EventId, why: Why) {
        let mut noted = self.noted.lock();
        if let Some(noted) = noted.get_mut(&event) {
            *noted = why.max(*noted);
        } else if noted.len() < ROOM {
            noted.insert(event, why);
            self.told.notify_one();
        }
    }

    /// Returns once something is noted. For one who waits, not for many.
    pub(crate) async fn noted(&self) {
        while self.noted.lock().is_empty() {
            self.told.notified().await;
        }
    }

    /// Takes all that is noted.
    pub(crate) fn take(&self) -> HashMap<EventId, Why> {
        std::mem::take(&mut *self.noted.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn event(n: usize) -> EventId {
        EventId::from_uuid(Uuid::from_u64_pair(0, n.try_into().unwrap()))
    }

    #[test]
    fn of_two_reasons_the_graver_one_stays_and_what_is_taken_is_gone() {
        let to_fill = GatesToFill::default();
        for why in [Why::Missing, Why::Ghosts, Why::Closed] {
            to_fill.note(event(1), why);
        }
        to_fill.note(event(2), Why::Missing);
        let expected = [(event(1), Why::Ghosts), (event(2), Why::Missing)];
        assert_eq!(to_fill.take(), HashMap::from(expected));
        assert!(to_fill.take().is_empty());
    }

    #[test]
    fn beyond_the_bound_nothing_more_is_noted() {
        let to_fill = GatesToFill::default();
        (0..ROOM + 5).for_each(|n| to_fill.note(event(n), Why::Closed));
        assert_eq!(to_fill.take().len(), ROOM);
    }

    #[tokio::test]
    async fn who_waits_is_told_also_of_what_was_noted_before() {
        let to_fill = GatesToFill::default();
        to_fill.note(event(1), Why::Closed);
        to_fill.noted().await;
        to_fill.take();
        let (noting, waiting) = (
            async { to_fill.note(event(2), Why::Closed) },
            to_fill.noted(),
        );
        tokio::join!(waiting, noting);
        assert_eq!(to_fill.take().len(), 1);
    }
}
