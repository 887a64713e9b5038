//! Who waits for a coupon that is held, in order of arrival on this node.
//!
//! Only the first of a line tries, and it is told to try
//! - when it becomes the first, so that what came free before is not missed: after the one before it
//!   has had its use there may be another, and between a refusal and a place in line there is a gap;
//! - when a use is released on this node;
//! - every [`AGAIN`], because nobody tells of what happens on other nodes, of a raised cap, or of a
//!   hold that lapses; only a try, which expires what has lapsed, finds out all of them.
//!
//! So a line costs the ledger one try now and then, however many wait in it, and nothing when nobody
//! does; there is no task. Whoever goes away, also in the middle of its turn, hands it on. Must never
//! say who gets a use: the ledger does.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use domain::{ConsumerId, CouponId};
use parking_lot::Mutex;
use tokio::{sync::Notify, time::timeout};

/// How long the first waits between two tries when nobody tells it anything: a release anywhere is to
/// be found within 200 ms.
const AGAIN: Duration = Duration::from_millis(150);

/// How many may wait.
#[derive(Clone, Copy, Debug)]
pub struct WaitLimits {
    /// For one coupon.
    pub per_coupon: usize,
    /// For all coupons together.
    pub in_all: usize,
}

impl Default for WaitLimits {
    fn default() -> Self {
        Self {
            per_coupon: 1_000,
            in_all: 10_000,
        }
    }
}

/// See the module's header.
pub struct WaitQueue {
    limits: WaitLimits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// No line is empty.
    lines: HashMap<CouponId, VecDeque<Waiter>>,
    /// All who wait: one place each.
    consumers: HashSet<ConsumerId>,
}

struct Waiter {
    consumer: ConsumerId,
    /// Keeps one permit: what it is told while it tries, it hears afterwards.
    told: Arc<Notify>,
}

/// No place is free, or the consumer waits already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// A place in a coupon's line; given up when dropped.
pub(crate) struct Place {
    queue: Arc<WaitQueue>,
    coupon: CouponId,
    consumer: ConsumerId,
    told: Arc<Notify>,
    is_first: bool,
}

impl WaitQueue {
    /// A queue in which nobody waits.
    #[must_use]
    pub fn new(limits: WaitLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            state: Mutex::default(),
        })
    }

    /// Nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.state.lock().consumers.is_empty()
    }

    /// Somebody waits for this coupon.
    pub(crate) fn is_waited_for(&self, coupon: CouponId) -> bool {
        self.state.lock().lines.contains_key(&coupon)
    }

    /// A use of this coupon was released or made final here.
    pub(crate) fn released(&self, coupon: CouponId) {
        self.state.lock().tell_first(coupon);
    }

    /// Takes a place at the end of the coupon's line.
    pub(crate) fn join(
        self: &Arc<Self>,
        coupon: CouponId,
        consumer: &ConsumerId,
    ) -> Result<Place, Full> {
        let mut state = self.state.lock();
        let length = state.lines.get(&coupon).map_or(0, VecDeque::len);
        let is_full = length >= self.limits.per_coupon
            || state.consumers.len() >= self.limits.in_all
            || !state.consumers.insert(consumer.clone());
        if is_full {
            return Err(Full);
        }
        let told = Arc::new(Notify::new());
        state.lines.entry(coupon).or_default().push_back(Waiter {
            consumer: consumer.clone(),
            told: Arc::clone(&told),
        });
        if length == 0 {
            told.notify_one();
        }
        state.measure();
        Ok(Place {
            queue: Arc::clone(self),
            coupon,
            consumer: consumer.clone(),
            told,
            is_first: false,
        })
    }
}

impl State {
    fn tell_first(&self, coupon: CouponId) {
        if let Some(first) = self.lines.get(&coupon).and_then(VecDeque::front) {
            first.told.notify_one();
        }
    }

    /// How many wait, for whoever watches.
    fn measure(&self) {
        let waiting = u32::try_from(self.consumers.len()).unwrap_or(u32::MAX);
        metrics::gauge!("firstcome_waiting_for_coupons").set(waiting);
    }

    fn leave(&mut self, coupon: CouponId, consumer: &ConsumerId) {
        self.consumers.remove(consumer);
        self.measure();
        let Some(line) = self.lines.get_mut(&coupon) else {
            return;
        };
        let place = line.iter().position(|waiter| waiter.consumer == *consumer);
        if let Some(place) = place {
            line.remove(place);
        }
        if line.is_empty() {
            self.lines.remove(&coupon);
        } else if place == Some(0) {
            self.tell_first(coupon);
        }
    }
}

impl Place {
    /// Returns when it is this one's turn to try: once for each time that it was told to. Nothing is
    /// lost when it is dropped.
    pub(crate) async fn turn(&mut self) {
        let told = self.told.notified();
        if self.is_first {
            let _told_or_time_to = timeout(AGAIN, told).await;
        } else {
            // Only the first is ever told.
            told.await;
            self.is_first = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.queue.state.lock().leave(self.coupon, &self.consumer);
    }
}

#[cfg(test)]
mod tests;
