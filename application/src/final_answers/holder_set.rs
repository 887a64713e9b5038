//! Who has a copy of a closed coupon: eight bytes a holder.

use std::hash::{BuildHasher, RandomState};

use domain::ConsumerId;

/// A set of consumers, by a hash with a secret seed. May say yes wrongly (then the ledger is asked),
/// never no wrongly.
#[derive(Clone, Debug, Default)]
pub struct HolderSet {
    seed: RandomState,
    hashes: Vec<u64>,
}

impl HolderSet {
    /// Might this consumer be in it?
    #[must_use]
    pub fn may_contain(&self, consumer: &ConsumerId) -> bool {
        self.hashes
            .binary_search(&self.seed.hash_one(consumer))
            .is_ok()
    }

    /// How many it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

impl FromIterator<ConsumerId> for HolderSet {
    fn from_iter<I: IntoIterator<Item = ConsumerId>>(consumers: I) -> Self {
        let mut holders = Holders::default();
        consumers
            .into_iter()
            .for_each(|consumer| holders.add(&consumer));
        holders.into_set()
    }
}

/// Holders while they are read; sorted once, at the end.
#[derive(Debug, Default)]
pub(crate) struct Holders(HolderSet);

impl Holders {
    pub(crate) fn add(&mut self, consumer: &ConsumerId) {
        let hash = self.0.seed.hash_one(consumer);
        self.0.hashes.push(hash);
    }

    pub(crate) fn into_set(mut self) -> HolderSet {
        self.0.hashes.sort_unstable();
        self.0.hashes.dedup();
        self.0.hashes.shrink_to_fit();
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consumer(n: usize) -> ConsumerId {
        ConsumerId::new(format!("consumer-{n}")).unwrap()
    }

    #[test]
    fn every_holder_is_found_and_hardly_anybody_else() {
        let set: HolderSet = (0..1_000).chain(0..10).map(consumer).collect();
        assert!((0..1_000).all(|n| set.may_contain(&consumer(n))));
        assert!(
            (1_000..2_000)
                .filter(|n| set.may_contain(&consumer(*n)))
                .count()
                < 3
        );
        assert_eq!(set.len(), 1_000);
    }

    #[test]
    fn an_empty_set_contains_nobody() {
        assert!(!HolderSet::default().may_contain(&consumer(1)));
        assert!(HolderSet::default().is_empty());
    }
}
