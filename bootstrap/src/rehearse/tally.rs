//! What was heard, counted while the storm goes on. In shards, so that those who count don't wait for
//! each other; the memory it takes grows with the coupons, not with the consumers.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use hdrhistogram::Histogram;
use parking_lot::{Mutex, MutexGuard};
use uuid::Uuid;

const SHARDS: usize = 8;

/// Longer counts as this.
const LONGEST: Duration = Duration::from_secs(120);

/// A "yes" that a consumer was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Told {
    pub consumer: u32,
    pub copy: Uuid,
    /// The order that it was used in.
    pub order: Option<Uuid>,
}

/// How often an answer was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Count {
    /// 0 for requests that no answer came to.
    pub status: u16,
    pub code: String,
    pub answers: u64,
}

/// What was heard by some of the connections, or by all.
#[derive(Clone, Debug)]
pub(super) struct Heap {
    /// Microseconds from when a request was to be sent to its answer.
    pub latency: Histogram<u64>,
    pub counts: Vec<Count>,
    pub copies: Vec<Told>,
    pub orders: Vec<Told>,
    /// Consumers who were told that all are gone.
    pub gone: u64,
    /// Consumers who were told something that a rehearsal never expects.
    pub odd: u64,
}

/// See the module's header.
pub(super) struct Tally {
    shards: Vec<Mutex<Heap>>,
    answers: AtomicU64,
    consumers: AtomicU64,
}

impl Heap {
    fn empty() -> Result<Self, hdrhistogram::CreationError> {
        let longest = u64::try_from(LONGEST.as_micros()).unwrap_or(u64::MAX);
        Ok(Self {
            latency: Histogram::new_with_bounds(1, longest, 3)?,
            counts: Vec::new(),
            copies: Vec::new(),
            orders: Vec::new(),
            gone: 0,
            odd: 0,
        })
    }

    pub(super) fn count(&mut self, status: u16, code: &str, answers: u64) {
        let found = self
            .counts
            .iter_mut()
            .find(|count| count.status == status && count.code == code);
        match found {
            Some(count) => count.answers = count.answers.saturating_add(answers),
            None => self.counts.push(Count {
                status,
                code: code.to_owned(),
                answers,
            }),
        }
    }

    fn add_numbers(&mut self, other: &Self) {
        // Of the same bounds, so it can't fail.
        let _infallible = self.latency.add(&other.latency);
        for count in &other.counts {
            self.count(count.status, &count.code, count.answers);
        }
        self.gone = self.gone.saturating_add(other.gone);
        self.odd = self.odd.saturating_add(other.odd);
    }
}

impl Tally {
    pub(super) fn new() -> Result<Self, hdrhistogram::CreationError> {
        let shards: Result<_, _> = (0..SHARDS)
            .map(|_| Ok(Mutex::new(Heap::empty()?)))
            .collect();
        Ok(Self {
            shards: shards?,
            answers: AtomicU64::new(0),
            consumers: AtomicU64::new(0),
        })
    }

    /// Where the connection of this number counts; none is empty only when there are no shards.
    pub(super) fn heap(&self, connection: usize) -> Option<MutexGuard<'_, Heap>> {
        let shard = connection.checked_rem(self.shards.len())?;
        self.shards.get(shard).map(Mutex::lock)
    }

    /// An answer came, or did not; how long it took, if it did.
    pub(super) fn answered(
        &self,
        connection: usize,
        status: u16,
        code: &str,
        took: Option<Duration>,
    ) {
        if status > 0 {
            self.answers.fetch_add(1, Relaxed);
        }
        let Some(mut heap) = self.heap(connection) else {
            return;
        };
        heap.count(status, code, 1);
        if let Some(took) = took {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            heap.latency.saturating_record(micros.max(1));
        }
    }

    /// A consumer knows.
    pub(super) fn knows(&self) {
        self.consumers.fetch_add(1, Relaxed);
    }

    /// Answers so far.
    pub(super) fn answers(&self) -> u64 {
        self.answers.load(Relaxed)
    }

    /// Consumers who know.
    pub(super) fn consumers(&self) -> u64 {
        self.consumers.load(Relaxed)
    }

    /// Everything but who was told what.
    pub(super) fn numbers(&self) -> Result<Heap, hdrhistogram::CreationError> {
        let mut sum = Heap::empty()?;
        for shard in &self.shards {
            sum.add_numbers(&shard.lock());
        }
        sum.counts
            .sort_by_key(|count| std::cmp::Reverse(count.answers));
        Ok(sum)
    }

    /// Everything; who was told what is taken out.
    pub(super) fn take(&self) -> Result<Heap, hdrhistogram::CreationError> {
        let mut sum = self.numbers()?;
        for shard in &self.shards {
            let mut shard = shard.lock();
            sum.copies.append(&mut shard.copies);
            sum.orders.append(&mut shard.orders);
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_connections_heard_is_summed() {
        let tally = Tally::new().unwrap();
        for (connection, consumer) in (0..20).zip(0..) {
            let took = Some(Duration::from_millis(1));
            tally.answered(connection, 409, "COUPON_NOT_ISSUABLE", took);
            let mut heap = tally.heap(connection).unwrap();
            heap.gone += 1;
            heap.copies.push(Told {
                consumer,
                copy: Uuid::from_u128(1),
                order: None,
            });
        }
        tally.answered(3, 0, "NO_ANSWER", None);
        let sum = tally.take().unwrap();
        assert_eq!((tally.answers(), sum.gone, sum.copies.len()), (20, 20, 20));
        assert_eq!(sum.latency.len(), 20);
        let counts: Vec<_> = sum.counts.iter().map(|c| (c.status, c.answers)).collect();
        assert_eq!(counts, [(409, 20), (0, 1)]);
    }

    #[test]
    fn the_percentiles_are_those_of_the_latencies_and_the_longest_is_not_lost() {
        let tally = Tally::new().unwrap();
        for (connection, micros) in (0..1_000).zip(1..) {
            tally.answered(connection, 201, "", Some(Duration::from_micros(micros)));
        }
        tally.answered(0, 201, "", Some(Duration::from_secs(3_600)));
        let latency = tally.numbers().unwrap().latency;
        let near = |found: u64, wanted: u64| found.abs_diff(wanted) <= wanted / 500;
        assert!(near(latency.value_at_quantile(0.5), 500));
        assert!(near(latency.value_at_quantile(0.99), 990));
        assert!(near(latency.max(), 120_000_000), "{}", latency.max());
    }
}
