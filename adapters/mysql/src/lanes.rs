//! One hot coupon or product must not take every connection: all its units wait for the same row, and
//! only one of them has it. So few units of a lane have a connection at a time; the others wait here,
//! where waiting costs nothing, in order of arrival.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Units of one lane that go ahead at a time: one has the row, the next are at the server already.
const AHEAD: usize = 4;

type Key = [u8; 16];

/// The lanes in which somebody is.
#[derive(Clone, Default)]
pub(crate) struct Lanes {
    lanes: Arc<Mutex<HashMap<Key, Lane>>>,
}

struct Lane {
    turns: Arc<Semaphore>,
    /// Who waits or goes ahead.
    inside: usize,
}

/// Somebody goes ahead, until this is dropped.
pub(crate) struct Turn {
    // First, so that who is next goes ahead before the lane may be forgotten.
    _permit: Option<OwnedSemaphorePermit>,
    _inside: Inside,
}

struct Inside {
    lanes: Lanes,
    key: Key,
}

impl Lanes {
    /// Waits for a turn in the lane.
    pub(crate) async fn enter(&self, key: Key) -> Turn {
        let (turns, inside) = self.join(key);
        Turn {
            // Never closed, so there is one.
            _permit: turns.acquire_owned().await.ok(),
            _inside: inside,
        }
    }

    fn join(&self, key: Key) -> (Arc<Semaphore>, Inside) {
        let mut lanes = self.lock();
        let lane = lanes.entry(key).or_insert_with(|| Lane {
            turns: Arc::new(Semaphore::new(AHEAD)),
            inside: 0,
        });
        lane.inside += 1;
        let inside = Inside {
            lanes: self.clone(),
            key,
        };
        (Arc::clone(&lane.turns), inside)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Lane>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut lanes = self.lanes.lock();
        if let Entry::Occupied(mut lane) = lanes.entry(self.key) {
            lane.get_mut().inside -= 1;
            if lane.get().inside == 0 {
                lane.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const HOT: Key = [1; 16];
    const COLD: Key = [2; 16];

    #[tokio::test]
    async fn a_few_of_a_lane_go_ahead_and_the_others_in_order_of_arrival() {
        let lanes = Lanes::default();
        let mut ahead = Vec::new();
        for _ in 0..AHEAD {
            ahead.push(lanes.enter(HOT).now_or_never().unwrap());
        }
        let mut second = Box::pin(lanes.enter(HOT));
        let mut third = Box::pin(lanes.enter(HOT));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(third.as_mut().now_or_never().is_none());
        ahead.pop();
        assert!(third.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_full_lane_delays_no_other() {
        let lanes = Lanes::default();
        let mut ahead = Vec::new();
        for _ in 0..AHEAD {
            ahead.push(lanes.enter(HOT).await);
        }
        assert!(lanes.enter(HOT).now_or_never().is_none());
        assert!(lanes.enter(COLD).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_lane_that_nobody_is_in_is_forgotten() {
        let lanes = Lanes::default();
        let turn = lanes.enter(HOT).await;
        let gave_up = lanes.enter(HOT).now_or_never();
        assert_eq!(lanes.lock().len(), 1);
        drop(gave_up);
        assert_eq!(lanes.lock().len(), 1);
        drop(turn);
        assert!(lanes.lock().is_empty());
    }
}
