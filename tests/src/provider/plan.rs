//! Which request is misbehaved at, and how.

use std::collections::HashMap;

use super::{Asked, Misbehaviour};

/// Misbehaves at none, until it is told to.
#[derive(Default)]
pub(super) struct Plan {
    asked: HashMap<Asked, usize>,
    at: HashMap<(Asked, usize), Misbehaviour>,
    always: HashMap<Asked, Misbehaviour>,
    chance: Option<Chance>,
}

/// Random, but the same for the same seed and order of requests.
struct Chance {
    state: u64,
    permille: u64,
    of: Vec<Misbehaviour>,
}

impl Plan {
    pub(super) fn at(&mut self, asked: Asked, nth: usize, misbehaviour: Misbehaviour) {
        self.at.insert((asked, nth), misbehaviour);
    }

    pub(super) fn always(&mut self, asked: Asked, misbehaviour: Misbehaviour) {
        self.always.insert(asked, misbehaviour);
    }

    pub(super) fn at_random(&mut self, seed: u64, permille: u64, of: Vec<Misbehaviour>) {
        self.chance = Some(Chance {
            state: seed,
            permille,
            of,
        });
    }

    pub(super) fn heal(&mut self) {
        *self = Self {
            asked: std::mem::take(&mut self.asked),
            ..Self::default()
        };
    }

    /// How often this has been asked.
    pub(super) fn asked(&self, asked: Asked) -> usize {
        self.asked.get(&asked).copied().unwrap_or_default()
    }

    /// What befalls the next request; it is counted.
    pub(super) fn next(&mut self, asked: Asked) -> Option<Misbehaviour> {
        let count = self.asked.entry(asked).or_default();
        *count += 1;
        self.at
            .remove(&(asked, *count))
            .or_else(|| self.always.get(&asked).cloned())
            .or_else(|| self.chance.as_mut()?.next())
    }
}

impl Chance {
    fn next(&mut self) -> Option<Misbehaviour> {
        let happens = self.draw(1_000) < self.permille;
        let which = usize::try_from(self.draw(self.of.len().try_into().unwrap())).unwrap();
        happens.then(|| self.of[which].clone())
    }

    /// A number below `end`, by SplitMix64.
    fn draw(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut drawn = self.state;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (drawn ^ (drawn >> 31)) % end
    }
}
