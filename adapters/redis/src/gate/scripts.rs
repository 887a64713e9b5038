//! The gate's scripts, and the keys that they are run on.

use std::sync::LazyLock;

use domain::EventId;

use crate::script::Script;

/// All scripts of the gate.
pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(Scripts::new);

pub(super) struct Scripts {
    pub(super) admit: Script,
    pub(super) settle: Script,
    pub(super) is_open: Script,
    pub(super) clear: Script,
    pub(super) fill: Script,
    pub(super) open: Script,
    pub(super) long_undecided: Script,
    pub(super) count: Script,
}

/// A script over what is kept of an event.
macro_rules! over_event {
    ($($file:literal),+) => {
        Script::new(concat!(include_str!("event.lua"), $("\n", include_str!($file)),+))
    };
}

impl Scripts {
    fn new() -> Self {
        Self {
            admit: over_event!("admit.lua"),
            settle: over_event!("decided.lua", "settle.lua"),
            is_open: over_event!("is_open.lua"),
            clear: over_event!("clear.lua"),
            fill: over_event!("decided.lua", "fill.lua"),
            open: over_event!("open.lua"),
            long_undecided: over_event!("long_undecided.lua"),
            count: over_event!("count.lua"),
        }
    }
}

/// All keys of an event; what is between the braces puts them into one slot. `event.lua` says what is
/// in them.
pub(super) fn keys(event: EventId) -> [String; 2] {
    ["known", "undecided"].map(|what| format!("firstcome:gate:{{{event}}}:{what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::slot_of;
    use uuid::Uuid;

    #[test]
    fn all_keys_of_an_event_are_in_one_slot_and_those_of_events_in_many() {
        let slots = (1..=100).map(|n| {
            let [known, undecided] = keys(EventId::from_uuid(Uuid::from_u128(n)));
            assert_eq!(slot_of(&known), slot_of(&undecided));
            slot_of(&known)
        });
        let slots: std::collections::HashSet<_> = slots.collect();
        assert!(slots.len() > 50, "{}", slots.len());
    }
}
