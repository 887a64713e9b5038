//! What is to be reported of runs.

use std::{collections::BTreeMap, time::Duration};

use super::Counted;

/// What came of a run in which all that must hold has held.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What went wrong, and how long after its end every node had said yes again.
    pub recoveries: Vec<(String, Duration)>,
    /// How often there was no definite answer.
    pub unanswered: u64,
    /// What the stack has counted.
    pub counted: Counted,
}

impl Outcome {
    /// A fault that has befallen nobody proves nothing.
    ///
    /// # Panics
    /// COMMITs were to be lost, and none was.
    pub(super) fn assert_suffered(&self) {
        let mut steps = self.recoveries.iter();
        let to_be_lost = steps.any(|(fault, _)| fault == "CommitsLost");
        assert!(!to_be_lost || self.counted.commits_lost > 0, "{self:?}");
    }
}

/// The durations of so many recoveries, by what went wrong.
#[derive(Clone, Debug, Default)]
pub struct Recoveries(BTreeMap<String, Vec<Duration>>);

impl Recoveries {
    /// Takes in those of a run.
    pub fn add(&mut self, outcome: &Outcome) {
        for (fault, duration) in &outcome.recoveries {
            self.0.entry(fault.clone()).or_default().push(*duration);
        }
    }

    /// By what went wrong: how often, the middle one, and the one that 99 of 100 don't exceed.
    pub fn rows(&self) -> impl Iterator<Item = (&str, usize, Duration, Duration)> {
        self.0.iter().map(|(fault, durations)| {
            let mut sorted = durations.clone();
            sorted.sort_unstable();
            let rank = |percent: usize| sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1];
            (fault.as_str(), sorted.len(), rank(50), rank(99))
        })
    }
}
