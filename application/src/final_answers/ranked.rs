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
        !self.offer_all([(key, value)]).is_empty()
    }

    /// Keeps those of `values` that rank above what is there, all in one replacement; says which.
    pub(crate) fn offer_all(&self, values: impl IntoIterator<Item = (K, V)>) -> Vec<Arc<V>> {
        let present = self.entries.load();
        let values: Vec<(K, Arc<V>)> = values
            .into_iter()
            .filter(|(key, value)| ranks_above(&present, key, value))
            .map(|(key, value)| (key, Arc::new(value)))
            .collect();
        drop(present);
        let mut kept = Vec::new();
        if values.is_empty() {
            return kept;
        }
        self.entries.rcu(|entries| {
            kept.clear();
            let mut next = HashMap::clone(entries);
            for (key, value) in &values {
                if ranks_above(&next, key, value) {
                    next.insert(key.clone(), Arc::clone(value));
                    kept.push(Arc::clone(value));
                }
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

fn ranks_above<K: Eq + Hash, V: Rank>(entries: &HashMap<K, Arc<V>>, key: &K, value: &V) -> bool {
    entries
        .get(key)
        .is_none_or(|present| present.rank() < value.rank())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    impl Rank for u32 {
        type Rank = u32;

        fn rank(&self) -> u32 {
            *self
        }
    }

    thread_local! {
        static COPIES: Cell<usize> = const { Cell::new(0) };
    }

    /// A key that counts its copies: a map that is copied copies each of its keys.
    #[derive(PartialEq, Eq, Hash)]
    struct Key(usize);

    impl Clone for Key {
        fn clone(&self) -> Self {
            COPIES.set(COPIES.get() + 1);
            Self(self.0)
        }
    }

    #[test]
    fn of_several_offers_those_are_kept_that_rank_above_what_is_there() {
        let ranked = Ranked::default();
        ranked.offer('a', 5);
        ranked.offer('b', 5);
        let kept = ranked.offer_all([('a', 4), ('b', 6), ('c', 1), ('c', 3), ('c', 2)]);
        assert_eq!(
            kept.iter().map(|kept| **kept).collect::<Vec<u32>>(),
            [6, 1, 3]
        );
        let there = ['a', 'b', 'c'].map(|key| ranked.get(&key).map(|value| *value));
        assert_eq!(there, [Some(5), Some(6), Some(3)]);
    }

    #[test]
    fn a_thousand_offers_at_once_copy_the_map_once_and_in_vain_never() {
        const HAD: usize = 500;
        const COME: usize = 1_000;
        let ranked = Ranked::default();
        ranked.offer_all((0..HAD).map(|n| (Key(n), 1)));
        COPIES.set(0);
        let kept = ranked.offer_all((0..COME).map(|n| (Key(n), 2)));
        assert_eq!(kept.len(), COME);
        // The map as it was, and each new entry.
        assert!(COPIES.get() <= HAD + COME, "{} copies", COPIES.get());
        COPIES.set(0);
        assert!(ranked.offer_all((0..COME).map(|n| (Key(n), 2))).is_empty());
        assert_eq!(COPIES.get(), 0);
    }
}
