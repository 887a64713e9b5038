//! Pushers and workers on a [`LaneQueue`], as `Lanes` runs them: whoever opens a lane starts its
//! worker, which takes until the lane is over.

use std::sync::Arc;

use parking_lot::Mutex;
use shuttle::thread::{JoinHandle, spawn};

use super::{
    explore,
    lane_queue::{Full, LaneQueue, Pushed},
};

const CAPACITY: usize = 3;
const BATCH: usize = 2;
const LANES: usize = 2;
const PUSHERS: usize = 3;
const ITEMS: usize = 3;

/// The items of a pusher are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    pusher: usize,
    number: usize,
}

/// What became of a lane's items. Noted between the queue's own steps, never across one.
#[derive(Default)]
struct Lane {
    /// How many workers were started, one after the other.
    opened: usize,
    ended: usize,
    /// Taken in this order, each by this worker.
    taken: Vec<(usize, Item)>,
    /// Not taken in, or handed back.
    refused: Vec<Item>,
}

struct World {
    queue: LaneQueue<usize, Item>,
    lanes: [Mutex<Lane>; LANES],
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            queue: LaneQueue::new(CAPACITY),
            lanes: Default::default(),
        })
    }

    /// Pushes items in turn to every lane; the workers of the lanes that this opened.
    fn push_all(self: Arc<Self>, pusher: usize, work: fn(&Self, usize, usize)) -> Vec<Worker> {
        let mut workers = Vec::new();
        for number in 0..ITEMS {
            let item = Item { pusher, number };
            let lane = (pusher + number) % LANES;
            match self.queue.push(lane, item) {
                Ok(Pushed::Queued) => {}
                Ok(Pushed::LaneOpened) => {
                    let worker = {
                        let mut lane = self.lanes[lane].lock();
                        lane.opened += 1;
                        lane.opened
                    };
                    let world = Arc::clone(&self);
                    workers.push(spawn(move || work(&world, lane, worker)));
                }
                Err(Full) => self.lanes[lane].lock().refused.push(item),
            }
            assert!(self.queue.waiting() <= CAPACITY, "above the capacity");
        }
        workers
    }

    fn took(&self, lane: usize, worker: usize, items: Vec<Item>) {
        let mut lane = self.lanes[lane].lock();
        let last = lane.taken.last().map_or(0, |(worker, _)| *worker);
        assert!(last <= worker, "a worker took beside its successor");
        lane.taken
            .extend(items.into_iter().map(|item| (worker, item)));
    }

    /// Takes until the lane is over.
    fn work(&self, lane: usize, worker: usize) {
        while let Some(items) = self.queue.take(lane, BATCH) {
            assert!((1..=BATCH).contains(&items.len()));
            self.took(lane, worker, items);
        }
        self.lanes[lane].lock().ended += 1;
    }

    /// Takes once, then dies as after a panic; a successor works as it should.
    fn die(&self, lane: usize, worker: usize) {
        if worker > 1 {
            return self.work(lane, worker);
        }
        let items = self.queue.take(lane, BATCH);
        self.took(lane, worker, items.unwrap());
        let left = self.queue.abandon(lane);
        let mut lane = self.lanes[lane].lock();
        lane.refused.extend(left);
        lane.ended += 1;
    }

    /// Everybody pushes and works at once, to the end; then what must hold.
    fn run(work: fn(&Self, usize, usize)) {
        let world = Self::new();
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|pusher| {
                let world = Arc::clone(&world);
                spawn(move || world.push_all(pusher, work))
            })
            .collect();
        let workers: Vec<Worker> = pushers.into_iter().flat_map(joined).collect();
        workers.into_iter().for_each(joined);
        world.assert_all_served();
    }

    fn assert_all_served(&self) {
        let mut all = Vec::new();
        for lane in &self.lanes {
            let lane = lane.lock();
            assert_eq!(lane.opened, lane.ended, "a worker is missing");
            for pusher in 0..PUSHERS {
                let own = lane.taken.iter().filter(|(_, item)| item.pusher == pusher);
                assert!(own.is_sorted_by(|(_, a), (_, b)| a < b), "out of order");
            }
            all.extend(lane.taken.iter().map(|(_, item)| *item));
            all.extend(&lane.refused);
        }
        all.sort();
        let pushed =
            (0..PUSHERS).flat_map(|pusher| (0..ITEMS).map(move |number| Item { pusher, number }));
        assert!(pushed.eq(all), "not every item was served once");

        // Nothing waits, and all the room is back.
        assert_eq!(self.queue.waiting(), 0);
        let item = Item {
            pusher: 0,
            number: 0,
        };
        for _ in 0..CAPACITY {
            assert!(self.queue.push(0, item).is_ok());
        }
        assert_eq!(self.queue.push(0, item), Err(Full));
    }
}

type Worker = JoinHandle<()>;

fn joined<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap()
}

/// Every item that is taken in is served once, in its pusher's order, by one worker at a time; never
/// do more wait than there is room for.
///
/// # Panics
/// In an interleaving in which that does not hold.
pub fn lanes_lose_nothing() {
    explore(|| World::run(World::work));
}

/// The same where a lane's first worker dies: what it leaves is handed back, once, and whoever comes
/// next has a worker again.
///
/// # Panics
/// In an interleaving in which that does not hold.
pub fn lanes_outlive_their_workers() {
    explore(|| World::run(World::die));
}
