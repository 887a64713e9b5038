//! Requests that wait, in lanes, with a bound over all of them and a share of it for each.
//!
//! A lane may have [`SHARE`] times as much waiting as there is room left. So one that is alone may fill
//! three quarters of the room, several busy ones divide it evenly among themselves, and there is always
//! some left for a lane in which nothing waits.
//!
//! A lane exists exactly as long as somebody works on it: the push that opens a lane obliges the
//! caller to run a worker, the take that finds it empty ends both. So no request waits in a lane
//! that nobody works on, and an idle lane costs nothing.
//!
//! Another worker is called for when as much waits as was taken last, and leaves when less does. So the
//! next batch is on its way when the one before ends, and none is small because there are several.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    num::NonZeroUsize,
};

use crate::sync::Mutex;

/// How much may wait in a lane for each place that is free.
const SHARE: usize = 3;

/// What a push obliges the caller to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pushed {
    /// Nothing: enough workers are there.
    Queued,
    /// To run a worker, which takes until there is nothing left for it.
    WorkerWanted,
}

/// More is waiting already than is allowed, over all lanes or in this one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug)]
pub(crate) struct LaneQueue<K, T> {
    capacity: usize,
    /// Workers on one lane, at most.
    workers: usize,
    state: Mutex<State<K, T>>,
}

#[derive(Debug)]
struct State<K, T> {
    lanes: HashMap<K, Lane<T>>,
    waiting: usize,
}

#[derive(Debug)]
struct Lane<T> {
    items: VecDeque<T>,
    workers: usize,
    /// How many items were taken last.
    taken: usize,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self {
            items: VecDeque::new(),
            workers: 0,
            taken: 0,
        }
    }
}

impl<K: Eq + Hash + Copy, T> LaneQueue<K, T> {
    /// A queue in which at most `capacity` items wait, over all lanes, and with at most so many workers
    /// on each of them.
    pub(crate) fn new(capacity: usize, workers: NonZeroUsize) -> Self {
        Self {
            capacity,
            workers: workers.get(),
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
        let own = state.lanes.get(&lane).map_or(0, |lane| lane.items.len());
        if own >= free.saturating_mul(SHARE) {
            return Err(Full);
        }
        state.waiting += 1;
        let lane = state.lanes.entry(lane).or_default();
        lane.items.push_back(item);
        let is_enough = lane.taken > 0 && lane.items.len() >= lane.taken;
        if lane.workers == 0 || (is_enough && lane.workers < self.workers) {
            lane.workers += 1;
            return Ok(Pushed::WorkerWanted);
        }
        Ok(Pushed::Queued)
    }

    /// Takes up to `most` items from the front of a lane, for one of its workers. `None` when there is
    /// nothing left for it: it stops, and with the last one the lane is over.
    pub(crate) fn take(&self, lane: K, most: usize) -> Option<Vec<T>> {
        let mut state = self.state.lock();
        let found = state.lanes.get_mut(&lane)?;
        let is_alone = found.workers <= 1;
        let enough = if is_alone { 1 } else { found.taken.max(1) };
        if found.items.len() < enough {
            found.workers -= 1;
            if is_alone {
                state.lanes.remove(&lane);
            }
            return None;
        }
        let taken: Vec<T> = found.items.drain(..most.min(found.items.len())).collect();
        found.taken = taken.len();
        state.waiting = state.waiting.saturating_sub(taken.len());
        Some(taken)
    }

    /// A worker is gone without having found nothing left. When it was the last one, its lane is over,
    /// and what waited there is handed back.
    pub(crate) fn abandon(&self, lane: K) -> Vec<T> {
        let mut state = self.state.lock();
        if let Some(found) = state.lanes.get_mut(&lane)
            && found.workers > 1
        {
            found.workers -= 1;
            return Vec::new();
        }
        let items = state.lanes.remove(&lane).unwrap_or_default().items;
        state.waiting = state.waiting.saturating_sub(items.len());
        items.into()
    }

    /// How many items wait, over all lanes.
    pub(crate) fn waiting(&self) -> usize {
        self.state.lock().waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// With one worker on a lane.
    fn queue<T>(capacity: usize) -> LaneQueue<char, T> {
        LaneQueue::new(capacity, NonZeroUsize::MIN)
    }

    /// With two.
    fn queue_for_two() -> LaneQueue<char, usize> {
        LaneQueue::new(1_000, NonZeroUsize::new(2).unwrap())
    }

    #[test]
    fn a_lane_is_open_from_its_first_push_to_the_take_that_finds_it_empty() {
        let queue = queue(9);
        assert_eq!(queue.push('a', 1), Ok(Pushed::WorkerWanted));
        assert_eq!(queue.push('a', 2), Ok(Pushed::Queued));
        assert_eq!(queue.push('b', 3), Ok(Pushed::WorkerWanted));
        assert_eq!(queue.take('a', 9), Some(vec![1, 2]));
        assert_eq!(queue.push('a', 4), Ok(Pushed::Queued));
        assert_eq!(queue.take('a', 9), Some(vec![4]));
        assert_eq!(queue.take('a', 9), None);
        assert_eq!(queue.push('a', 5), Ok(Pushed::WorkerWanted));
    }

    #[test]
    fn items_leave_in_order_of_arrival_and_at_most_so_many_at_once() {
        let queue = queue(9);
        for item in 1..=5 {
            queue.push('a', item).unwrap();
        }
        assert_eq!(queue.take('a', 3), Some(vec![1, 2, 3]));
        assert_eq!(queue.take('a', 3), Some(vec![4, 5]));
    }

    #[test]
    fn the_bound_is_over_all_lanes_and_frees_as_items_leave() {
        let queue = queue(2);
        queue.push('a', 1).unwrap();
        queue.push('b', 2).unwrap();
        assert_eq!(queue.push('c', 3), Err(Full));
        queue.take('a', 1);
        assert_eq!(queue.waiting(), 1);
        assert_eq!(queue.push('c', 3), Ok(Pushed::WorkerWanted));
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
            assert_eq!(fill(&queue(capacity), 'a'), filled, "of {capacity}");
        }
    }

    #[test]
    fn a_lane_that_is_full_keeps_no_other_out() {
        let queue = queue(100);
        fill(&queue, 'a');
        for quiet in ['b', 'c', 'd'] {
            assert_eq!(queue.push(quiet, 1), Ok(Pushed::WorkerWanted));
            assert_eq!(queue.push('a', 1), Err(Full));
        }
    }

    #[test]
    fn busy_lanes_come_to_have_equal_shares_whoever_was_first() {
        let queue = queue(700);
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
        let queue = queue(2);
        queue.push('a', 1).unwrap();
        queue.push('a', 2).unwrap();
        assert_eq!(queue.abandon('a'), [1, 2]);
        assert_eq!(queue.waiting(), 0);
        assert_eq!(queue.push('a', 3), Ok(Pushed::WorkerWanted));
    }

    #[test]
    fn a_second_worker_is_wanted_when_as_much_waits_as_was_taken() {
        let queue = queue_for_two();
        assert_eq!(queue.push('a', 1), Ok(Pushed::WorkerWanted));
        assert_eq!(queue.push('a', 2), Ok(Pushed::Queued), "none was taken yet");
        assert_eq!(queue.take('a', 9), Some(vec![1, 2]));
        assert_eq!(queue.push('a', 3), Ok(Pushed::Queued));
        assert_eq!(queue.push('a', 4), Ok(Pushed::WorkerWanted));
        assert_eq!(queue.push('a', 5), Ok(Pushed::Queued), "there are two");
        assert_eq!(queue.take('a', 9), Some(vec![3, 4, 5]));
    }

    #[test]
    fn a_worker_that_is_not_alone_leaves_little_to_the_other() {
        let queue = queue_for_two();
        assert_eq!(queue.push('a', 1), Ok(Pushed::WorkerWanted));
        assert_eq!(queue.take('a', 9), Some(vec![1]));
        assert_eq!(queue.push('a', 2), Ok(Pushed::WorkerWanted));
        assert_eq!(queue.take('a', 9), Some(vec![2]));
        for item in 3..=4 {
            queue.push('a', item).unwrap();
        }
        assert_eq!(queue.take('a', 9), Some(vec![3, 4]));
        assert_eq!(queue.push('a', 5), Ok(Pushed::Queued));
        assert_eq!(queue.take('a', 9), None, "one is less than two");
        assert_eq!(queue.take('a', 9), Some(vec![5]), "for who is alone");
        assert_eq!(queue.take('a', 9), None);
        assert_eq!(queue.push('a', 6), Ok(Pushed::WorkerWanted), "it was over");
    }

    #[test]
    fn what_waits_stays_when_another_worker_is_there() {
        let queue = queue_for_two();
        queue.push('a', 1).unwrap();
        queue.take('a', 9).unwrap();
        assert_eq!(queue.push('a', 2), Ok(Pushed::WorkerWanted));
        assert!(queue.abandon('a').is_empty());
        assert_eq!(queue.waiting(), 1);
        assert_eq!(queue.abandon('a'), [2]);
        assert_eq!(queue.waiting(), 0);
    }

    proptest! {
        /// Whatever workers do in whatever order: as long as something waits, somebody works on it; and
        /// in the end each item has left once, in order.
        #[test]
        fn nothing_waits_where_nobody_works(steps in prop::collection::vec(0..4_u8, 0..200)) {
            let queue = queue_for_two();
            let (mut pushed, mut left, mut workers) = (0, Vec::new(), 0_usize);
            for step in steps {
                if step < 2 {
                    pushed += 1;
                    workers += usize::from(queue.push('a', pushed).unwrap() == Pushed::WorkerWanted);
                } else if workers > 0 {
                    match queue.take('a', 3) {
                        Some(items) => left.extend(items),
                        None => workers -= 1,
                    }
                }
                prop_assert!(workers <= 2);
                prop_assert!(workers > 0 || queue.waiting() == 0);
            }
            while workers > 0 {
                match queue.take('a', 3) {
                    Some(items) => left.extend(items),
                    None => workers -= 1,
                }
            }
            prop_assert_eq!(left, (1..=pushed).collect::<Vec<_>>());
        }
    }
}
