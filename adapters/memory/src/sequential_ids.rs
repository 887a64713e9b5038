//! Ids that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::ports::IdGenerator;
use uuid::{Builder, Uuid};

/// Makes UUIDv7s that rise by one millisecond from call to call, the first at the Unix epoch. Two
/// generators make the same ids: one per store.
#[derive(Debug, Default)]
pub struct SequentialIds {
    next: AtomicU64,
}

impl IdGenerator for SequentialIds {
    fn next_id(&self) -> Uuid {
        let millis = self.next.fetch_add(1, Ordering::Relaxed);
        Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{Variant, Version};

    #[test]
    fn ids_are_uuids_of_version_7_and_rise() {
        let ids = SequentialIds::default();
        let made: Vec<_> = (0..1_000).map(|_| ids.next_id()).collect();
        assert!(made.is_sorted_by(|one, next| one < next));
        assert!(made.iter().all(|id| {
            id.get_version() == Some(Version::SortRand) && id.get_variant() == Variant::RFC4122
        }));
    }
}
