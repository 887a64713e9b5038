//! Requests that wait, in lanes, with a bound over all of them and a share of it for each.
//!
//! A lane may have [`SHARE`] times as much waiting as there is room left. So one that is alone may fill
//! three quarters of the room, several busy ones divide it evenly among themselves, and there is always
//! some left for a lane in which nothing waits.
//!
//! A lane exists exactly as long as somebody works on it: the push that opens a lane obliges the
//! caller to run a worker, the take that finds it empty ends both. So no request waits in a lane
//! that nobody works on, and an idle lane costs nothing.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
};

use crate::sync::Mutex;

/// How much may wait in a lane for each place that is free.
const SHARE: usize = 3;

/// What a push obliges the caller to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// Nothing: a worker is there.
    Queued,
    /// To run a worker, which takes until the lane is over.
    LaneOpened,
}

/// More is waiting already than is allowed, over all lanes or in this one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug)]
pub(crate) struct LaneQueue<K, T> {
    capacity: usize,
    state: Mutex<State<K, T>>,
}

#[derive(Debug)]
struct State<K, T> {
    lanes: HashMap<K, VecDeque<T>>,
    waiting: usize,
}

impl<K: Eq + Hash + Copy, T> LaneQueue<K, T> {
    /// A queue in which at most `capacity` items wait, over all lanes.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            state: Mutex::new(State {
                lanes: HashMap::new(),
                waiting: 0,
            }),
        }
    }

    /// Puts an item at the end of its lane, if the lane may have one more.
    pub(crate) fn push(&self, lane: K, item: T) -> Result<Pushed, Full> {
        let mut state = self.state.lock();
        let free = self.capacity.saturating_sub(state.waiting);
        let own = state.lanes.get(&lane).map_or(0, VecDeque::len);
        if own >= free.saturating_mul(SHARE) {
            return Err(Full);
        }
        state.waiting += 1;
        let mut pushed = Pushed::Queued;
        let items = state.lanes.entry(lane).or_insert_with(|| {
            pushed = Pushed::LaneOpened;
            VecDeque::new()
        });
        items.push_back(item);
        Ok(pushed)
    }

    /// Takes up to `most` items from the front of a lane; `None` when there are none: then the lane
    /// is over, and its worker stops.
    pub(crate) fn take(&self, lane: K, most: usize) -> Option<Vec<T>> {
        let mut state = self.state.lock();
        let items = state.lanes.get_mut(&lane)?;
        let taken: Vec<T> = items.drain(..most.min(items.len())).collect();
        if taken.is_empty() {
            state.lanes.remove(&lane);
            return None;
        }
        state.waiting = state.waiting.saturating_sub(taken.len());
        Some(taken)
    }

    /// Ends a lane whose worker is gone, and hands back what waited in it.
    pub(crate) fn abandon(&self, lane: K) -> Vec<T> {
        let mut state = self.state.lock();
        let items: Vec<T> = state.lanes.remove(&lane).unwrap_or_default().into();
        state.waiting = state.waiting.saturating_sub(items.len());
        items
    }

    /// How many items wait, over all lanes.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_open_from_its_first_push_to_the_take_that_finds_it_empty() {
        let queue = LaneQueue::new(9);
        assert_eq!(queue.push('a', 1), Ok(Pushed::LaneOpened));
        assert_eq!(queue.push('a', 2), Ok(Pushed::Queued));
        assert_eq!(queue.push('b', 3), Ok(Pushed::LaneOpened));
        assert_eq!(queue.take('a', 9), Some(vec![1, 2]));
        assert_eq!(queue.push('a', 4), Ok(Pushed::Queued));
        assert_eq!(queue.take('a', 9), Some(vec![4]));
        assert_eq!(queue.take('a', 9), None);
        assert_eq!(queue.push('a', 5), Ok(Pushed::LaneOpened));
    }

    #[test]
    fn items_leave_in_order_of_arrival_and_at_most_so_many_at_once() {
        let queue = LaneQueue::new(9);
        for item in 1..=5 {
            queue.push((), item).unwrap();
        }
        assert_eq!(queue.take((), 3), Some(vec![1, 2, 3]));
        assert_eq!(queue.take((), 3), Some(vec![4, 5]));
    }

    #[test]
    fn the_bound_is_over_all_lanes_and_frees_as_items_leave() {
        let queue = LaneQueue::new(2);
        queue.push('a', 1).unwrap();
        queue.push('b', 2).unwrap();
        assert_eq!(queue.push('c', 3), Err(Full));
        queue.take('a', 1);
        assert_eq!(queue.waiting(), 1);
        assert_eq!(queue.push('c', 3), Ok(Pushed::LaneOpened));
    }

    /// Pushes into a lane for as long as it may; how many that were.
    fn fill(queue: &LaneQueue<char, usize>, lane: char) -> usize {
        (0..)
            .take_while(|item| queue.push(lane, *item).is_ok())
            .count()
    }

    #[test]
    fn a_lane_that_is_alone_may_fill_three_quarters_of_the_room() {
        for (capacity, filled) in [(0, 0), (1, 1), (2, 2), (4, 3), (100, 75), (10_000, 7_500)] {
            assert_eq!(
                fill(&LaneQueue::new(capacity), 'a'),
                filled,
                "of {capacity}"
            );
        }
    }

    #[test]
    fn a_lane_that_is_full_keeps_no_other_out() {
        let queue = LaneQueue::new(100);
        fill(&queue, 'a');
        for quiet in ['b', 'c', 'd'] {
            assert_eq!(queue.push(quiet, 1), Ok(Pushed::LaneOpened));
            assert_eq!(queue.push('a', 1), Err(Full));
        }
    }

    #[test]
    fn busy_lanes_come_to_have_equal_shares_whoever_was_first() {
        let queue = LaneQueue::new(700);
        fill(&queue, 'a');
        for _ in 0..700 {
            for lane in ['a', 'b'] {
                queue.take(lane, 1);
                fill(&queue, 'a');
                fill(&queue, 'b');
            }
        }
        // Each has three times what is free.
        for lane in ['a', 'b'] {
            let waited = queue.abandon(lane).len();
            assert!((299..=301).contains(&waited), "{waited} in {lane}");
        }
    }

    #[test]
    fn an_abandoned_lane_hands_back_what_waited_and_opens_anew() {
        let queue = LaneQueue::new(2);
        queue.push('a', 1).unwrap();
        queue.push('a', 2).unwrap();
        assert_eq!(queue.abandon('a'), [1, 2]);
        assert_eq!(queue.waiting(), 0);
        assert_eq!(queue.push('a', 3), Ok(Pushed::LaneOpened));
    }
}
