//! What came of a rehearsal: all that the terminal and the report are told.

use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};

use super::{
    plan::Plan,
    proof::Proof,
    tally::Heap,
    timeline::Timeline,
    view::{name, percentiles, took},
};

/// Everything that a report is made of.
pub(super) struct Outcome {
    pub plan: Plan,
    pub name: String,
    pub heard: Heap,
    pub know: u64,
    pub took: Duration,
    pub timeline: Arc<Timeline>,
    pub proof: Proof,
}

impl Outcome {
    /// Answers per second, over all.
    pub(super) fn rate(&self) -> u64 {
        let counts = self.heard.counts.iter().filter(|count| count.status > 0);
        let answers: u64 = counts.map(|count| count.answers).sum();
        let micros = u64::try_from(self.took.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        answers.saturating_mul(1_000_000).div_euclid(micros)
    }

    pub(super) fn print(&self) {
        let mut out = io::stdout().lock();
        let micros = u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX);
        drop(writeln!(
            out,
            "{}: {} consumers in {}, {} answers/s; {}",
            self.name,
            self.know,
            took(micros),
            self.rate(),
            percentiles(&self.heard),
        ));
        for count in &self.heard.counts {
            drop(writeln!(out, "{:>10}  {}", count.answers, name(count)));
        }
        drop(writeln!(out, "{}", self.proof.table()));
        for line in self.proof.remarks.iter().chain(&self.proof.differences) {
            drop(writeln!(out, "{line}"));
        }
        drop(writeln!(out, "{}", self.proof.verdict()));
    }
}
