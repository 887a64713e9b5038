//! A map whose entries only rise in rank. Read without waiting, replaced as a whole on a write,
//! because writes are as rare as decisions of an admin.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use crate::sync::ArcSwap;

/// How much an entry knows.
pub(crate) trait Rank {
    /// Entries of a higher rank replace those of a lower.
    type Rank: Ord;

    /// This entry's rank.
    fn rank(&self) -> Self::Rank;
}

#[derive(Debug)]
pub(crate) struct Ranked<K, V> {
    entries: ArcSwap<HashMap<K, Arc<V>>>,
}

impl<K, V> Default for Ranked<K, V> {
    fn default() -> Self {
        Self {
            entries: ArcSwap::from_pointee(HashMap::new()),
        }
    }
}

impl<K: Eq + Hash + Clone, V: Rank> Ranked<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.entries.load().get(key).cloned()
    }

    /// Keeps `value` if it ranks above what is there; says whether it did.
    pub(crate) fn offer(&self, key: K, value: V) -> bool {
        let ranks_above = |entries: &HashMap<K, Arc<V>>| {
            entries
                .get(&key)
                .is_none_or(|present| present.rank() < value.rank())
        };
        if !ranks_above(&self.entries.load()) {
            return false;
        }
        let value = Arc::new(value);
        let mut kept = false;
        self.entries.rcu(|entries| {
            kept = entries
                .get(&key)
                .is_none_or(|present| present.rank() < value.rank());
            let mut next = HashMap::clone(entries);
            if kept {
                next.insert(key.clone(), Arc::clone(&value));
            }
            next
        });
        kept
    }

    pub(crate) fn select(&self, wanted: impl Fn(&V) -> bool) -> Vec<Arc<V>> {
        self.entries
            .load()
            .values()
            .filter(|value| wanted(value))
            .cloned()
            .collect()
    }

    pub(crate) fn retain(&self, wanted: impl Fn(&V) -> bool) {
        if self.entries.load().values().all(|value| wanted(value)) {
            return;
        }
        self.entries.rcu(|entries| {
            let mut next = HashMap::clone(entries);
            next.retain(|_, value| wanted(value));
            next
        });
    }
}
