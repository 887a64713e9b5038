//! Chance that comes from a seed: who the consumers are, and when faults strike. The same seed has the
//! same chance again. Never for anything that must be hard to guess.

use domain::ConsumerId;
use uuid::Builder;

/// SplitMix64: small, even, and the same everywhere.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.number().checked_rem(end).unwrap_or(0)
    }
}

/// All who come: random UUIDs, none of which is kept, for each follows from its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crowd(u64);

impl Crowd {
    pub(super) fn of(id: u32) -> Self {
        // The second number: the first is what a consumer's own number is mixed to, and two crowds
        // would then share consumers.
        let mut chance = Chance::from_seed(u64::from(id));
        chance.number();
        Self(chance.number())
    }

    /// The name of the consumer with this number.
    pub(super) fn name(self, number: u32) -> String {
        let mut chance = Chance::from_seed(self.0 ^ Chance::from_seed(u64::from(number)).number());
        let (high, low) = (u128::from(chance.number()), u128::from(chance.number()));
        let bytes = ((high << 64) | low).to_be_bytes();
        Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// The same as who a token names.
    pub(super) fn consumer(self, number: u32) -> Option<ConsumerId> {
        ConsumerId::new(self.name(number)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_two_consumers_of_a_crowd_or_of_two_have_one_name() {
        let (crowd, other) = (Crowd::of(7), Crowd::of(8));
        let names: HashSet<_> = (0..20_000)
            .flat_map(|number| [crowd.name(number), other.name(number)])
            .collect();
        assert_eq!(names.len(), 40_000);
        assert!(crowd.consumer(19_999).is_some());
    }

    #[test]
    fn a_crowd_is_found_again_by_its_id() {
        assert_eq!(Crowd::of(7).name(3), Crowd::of(7).name(3));
    }

    #[test]
    fn chance_stays_below_its_end() {
        let mut chance = Chance::from_seed(1);
        assert!((0..1_000).all(|_| chance.below(10) < 10));
        assert_eq!(chance.below(0), 0);
    }
}
