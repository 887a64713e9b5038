//! What happened when: answers at even distances, coupons as they went, faults as marks. Times are
//! microseconds since the storm began. Bounded: a longer storm is seen at longer distances.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// More moments are halved in number.
const MOST: usize = 480;

/// Into how many steps the coupons' going is divided.
const STEPS: u64 = 240;

/// How far the storm was at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sample {
    pub at: u64,
    /// Answers, or coupons gone, so far.
    pub number: u64,
}

/// Something that was done to the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub at: u64,
    pub what: String,
}

/// See the module's header.
pub(super) struct Timeline {
    begin: Instant,
    coupons: u64,
    taken: AtomicU64,
    answers: Mutex<Samples>,
    gone: Mutex<Vec<Sample>>,
    marks: Mutex<Vec<Mark>>,
}

struct Samples {
    kept: Vec<Sample>,
    /// One in so many is kept.
    every: u64,
    seen: u64,
}

impl Timeline {
    /// Begins now, with so many coupons.
    pub(super) fn begin(coupons: u64) -> Self {
        Self {
            begin: Instant::now(),
            coupons,
            taken: AtomicU64::new(0),
            answers: Mutex::new(Samples {
                kept: vec![Sample::default()],
                every: 1,
                seen: 0,
            }),
            gone: Mutex::new(vec![Sample::default()]),
            marks: Mutex::default(),
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// How many coupons there were.
    pub(super) fn coupons(&self) -> u64 {
        self.coupons
    }

    /// A coupon is gone, a consumer was told.
    pub(super) fn one_less(&self) {
        let number = self.taken.fetch_add(1, Relaxed).saturating_add(1);
        let step = self.coupons.div_euclid(STEPS).max(1);
        if number.is_multiple_of(step) || number == self.coupons {
            let at = self.now();
            self.gone.lock().push(Sample { at, number });
        }
    }

    /// Coupons that are gone, as far as consumers were told.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    pub(super) fn mark(&self, what: String) {
        let at = self.now();
        self.marks.lock().push(Mark { at, what });
    }

    /// Notes how many answers there are now; the last is always kept.
    pub(super) fn sample(&self, answers: u64, is_last: bool) {
        let sample = Sample {
            at: self.now(),
            number: answers,
        };
        let mut samples = self.answers.lock();
        match is_last {
            true => samples.kept.push(sample),
            false => samples.add(sample),
        }
    }

    /// Answers so far, at moments.
    pub(super) fn answers(&self) -> Vec<Sample> {
        self.answers.lock().kept.clone()
    }

    /// Coupons gone so far, in the order of time.
    pub(super) fn gone(&self) -> Vec<Sample> {
        let mut gone = self.gone.lock().clone();
        gone.sort_by_key(|sample| (sample.number, sample.at));
        gone
    }

    pub(super) fn marks(&self) -> Vec<Mark> {
        self.marks.lock().clone()
    }
}

impl Samples {
    fn add(&mut self, sample: Sample) {
        self.seen = self.seen.saturating_add(1);
        if !self.seen.is_multiple_of(self.every) {
            return;
        }
        self.kept.push(sample);
        if self.kept.len() > MOST {
            let mut keep = false;
            self.kept.retain(|_| {
                keep = !keep;
                keep
            });
            self.every = self.every.saturating_mul(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_long_the_storm_its_moments_are_bounded_and_its_ends_are_kept() {
        let timeline = Timeline::begin(1);
        for answers in 1..=100_000 {
            timeline.sample(answers, false);
        }
        timeline.sample(100_001, true);
        let samples = timeline.answers();
        assert!((MOST / 2..=MOST + 1).contains(&samples.len()));
        assert_eq!(samples[0].number, 0);
        assert_eq!(samples[samples.len() - 1].number, 100_001);
        assert!(samples.is_sorted_by_key(|sample| sample.number));
    }

    #[test]
    fn however_many_coupons_go_the_last_one_is_seen() {
        for coupons in [1, 7, 1_000_003] {
            let timeline = Timeline::begin(coupons);
            (0..coupons).for_each(|_| timeline.one_less());
            let gone = timeline.gone();
            assert!(gone.len() <= 483, "{}", gone.len());
            assert_eq!(gone[gone.len() - 1].number, coupons);
        }
    }
}
