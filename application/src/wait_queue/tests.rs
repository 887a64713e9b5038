use super::*;
use crate::testing::who;
use futures_util::FutureExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

fn coupon(n: u128) -> CouponId {
    CouponId::from_uuid(Uuid::from_u128(n))
}

fn queue() -> Arc<WaitQueue> {
    WaitQueue::new(WaitLimits::default())
}

fn join(queue: &Arc<WaitQueue>, name: &str) -> Place {
    queue.join(coupon(1), &who(name)).unwrap()
}

/// Is it its turn now?
fn is_told(place: &mut Place) -> bool {
    place.turn().now_or_never().is_some()
}

fn assert_no_trace(queue: &WaitQueue) {
    let state = queue.state.lock();
    assert!(state.lines.is_empty() && state.consumers.is_empty());
}

#[tokio::test(start_paused = true)]
async fn whoever_finds_the_line_empty_tries_at_once_so_that_no_release_before_is_missed() {
    let queue = queue();
    let mut first = join(&queue, "a");
    assert!(is_told(&mut first));
    assert!(!is_told(&mut first), "told once, it tries once");
}

#[tokio::test(start_paused = true)]
async fn only_the_first_is_told_and_when_it_leaves_the_next_in_order_of_arrival() {
    let queue = queue();
    let names = ["a", "b", "c"];
    let [mut a, mut b, mut c] = names.map(|name| join(&queue, name));
    assert!(is_told(&mut a));
    queue.released(coupon(1));
    assert!(!is_told(&mut b) && !is_told(&mut c));
    assert!(is_told(&mut a));
    drop(a);
    assert!(is_told(&mut b) && !is_told(&mut c));
    drop(b);
    assert!(is_told(&mut c));
}

#[tokio::test(start_paused = true)]
async fn what_is_released_while_the_first_tries_is_heard_afterwards() {
    let queue = queue();
    let mut first = join(&queue, "a");
    first.turn().await;
    queue.released(coupon(1));
    assert!(is_told(&mut first));
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_was_told_and_not_waited_for_is_not_lost() {
    let queue = queue();
    let mut first = join(&queue, "a");
    first.turn().await;
    {
        let mut turn = Box::pin(first.turn());
        assert!(turn.as_mut().now_or_never().is_none());
        queue.released(coupon(1));
    }
    assert!(is_told(&mut first));
}

#[tokio::test(start_paused = true)]
async fn nobody_tells_of_other_nodes_so_the_first_tries_within_200_ms_and_nobody_else_does() {
    let queue = queue();
    let mut first = join(&queue, "a");
    let mut second = join(&queue, "b");
    first.turn().await;
    let tries = AtomicUsize::new(0);
    let trying = async {
        loop {
            let since = Instant::now();
            first.turn().await;
            assert!(since.elapsed() < Duration::from_millis(200));
            tries.fetch_add(1, Ordering::Relaxed);
        }
    };
    tokio::select! {
        () = trying => unreachable!(),
        () = second.turn() => panic!("the second tries beside the first"),
        () = sleep(Duration::from_secs(3)) => {}
    }
    // A try costs: no more than are needed.
    assert!((15..=20).contains(&tries.into_inner()));
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_leaves_no_trace_and_keeps_nobody_from_its_turn() {
    let queue = queue();
    let [mut a, b, mut c, d] = ["a", "b", "c", "d"].map(|name| join(&queue, name));
    assert!(is_told(&mut a));
    // Before its turn, in the middle of the line and at its end.
    drop((b, d));
    assert!(!is_told(&mut a) && !is_told(&mut c));
    // In the middle of its turn.
    drop(a);
    assert!(is_told(&mut c));
    drop(c);
    assert_no_trace(&queue);
    assert!(queue.is_empty() && !queue.is_waited_for(coupon(1)));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_told_and_gives_up_before_it_hears_it_hands_it_on() {
    let queue = queue();
    let a = join(&queue, "a");
    let mut b = join(&queue, "b");
    queue.released(coupon(1));
    drop(a);
    assert!(is_told(&mut b));
}

#[tokio::test(start_paused = true)]
async fn a_line_and_all_lines_together_have_a_longest_length() {
    let queue = WaitQueue::new(WaitLimits {
        per_coupon: 2,
        in_all: 3,
    });
    let a = join(&queue, "a");
    let _b = join(&queue, "b");
    assert_eq!(queue.join(coupon(1), &who("c")).err(), Some(Full));
    let _c = queue.join(coupon(2), &who("c")).ok().unwrap();
    assert_eq!(queue.join(coupon(2), &who("d")).err(), Some(Full));
    drop(a);
    assert!(queue.join(coupon(2), &who("d")).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_consumer_waits_once_at_a_time_whatever_for() {
    let queue = queue();
    let a = join(&queue, "a");
    assert_eq!(queue.join(coupon(1), &who("a")).err(), Some(Full));
    assert_eq!(queue.join(coupon(2), &who("a")).err(), Some(Full));
    assert!(!queue.is_waited_for(coupon(2)));
    drop(a);
    assert!(queue.join(coupon(2), &who("a")).is_ok());
    assert_no_trace(&queue);
}

#[tokio::test(start_paused = true)]
async fn a_coupons_line_hears_nothing_of_another_coupon() {
    let queue = queue();
    let mut one = join(&queue, "a");
    let mut other = queue.join(coupon(2), &who("b")).ok().unwrap();
    assert!(is_told(&mut one) && is_told(&mut other));
    queue.released(coupon(2));
    queue.released(coupon(3));
    assert!(!is_told(&mut one));
    assert!(is_told(&mut other));
    drop(one);
    assert!(!is_told(&mut other) && queue.is_waited_for(coupon(2)));
}

/// Numbers that look like chance, and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % n
    }

    /// Lets the others go on, or not.
    async fn pass(&mut self) {
        for _ in 0..self.below(4) {
            tokio::task::yield_now().await;
        }
    }
}

/// A coupon whose uses come free one by one, and consumers who wait for them.
#[derive(Default)]
struct Story {
    free: Mutex<u64>,
    arrived: Mutex<Vec<usize>>,
    served: Mutex<Vec<usize>>,
}

impl Story {
    /// Once around the ledger: time goes by, then it decides.
    async fn attempt(&self, number: usize, chance: &mut Chance) -> bool {
        chance.pass().await;
        let mut free = self.free.lock();
        let has_won = *free > 0;
        if has_won {
            *free -= 1;
            self.served.lock().push(number);
        }
        has_won
    }

    async fn wait(&self, queue: Arc<WaitQueue>, number: usize, mut chance: Chance) {
        chance.pass().await;
        let mut place = join(&queue, &number.to_string());
        self.arrived.lock().push(number);
        loop {
            place.turn().await;
            if self.attempt(number, &mut chance).await {
                break chance.pass().await;
            }
        }
    }
}

/// Every consumer who stays gets a use as it comes free, in order of arrival, whoever gives up when,
/// and none of it waits for the time at which the first tries by itself: no wake-up is lost.
#[tokio::test(start_paused = true)]
async fn in_any_order_of_events_uses_go_to_those_who_wait_in_order_of_arrival() {
    const WAITERS: usize = 5;
    const STAY: usize = 3;
    for seed in 0..3_000 {
        let (queue, story) = (queue(), Arc::<Story>::default());
        let began = Instant::now();
        let mut chance = Chance(seed);
        let mut waiters: Vec<_> = (0..WAITERS)
            .map(|number| {
                let (queue, story) = (Arc::clone(&queue), Arc::clone(&story));
                let chance = Chance(chance.below(1 << 30));
                tokio::spawn(async move { story.wait(queue, number, chance).await })
            })
            .collect();
        for (given_up, waiter) in waiters.drain(STAY..).enumerate() {
            chance.pass().await;
            waiter.abort();
            if given_up == 0 {
                *story.free.lock() += 1;
                queue.released(coupon(1));
            }
        }
        for _ in 1..WAITERS {
            chance.pass().await;
            *story.free.lock() += 1;
            queue.released(coupon(1));
        }
        for waiter in waiters {
            let served = timeout(AGAIN, waiter).await;
            served.expect("a wake-up was lost").unwrap();
        }
        let (arrived, served) = (story.arrived.lock(), story.served.lock());
        let in_order = arrived.iter().filter(|number| served.contains(number));
        assert!(in_order.eq(served.iter()), "{arrived:?} {served:?}");
        assert!((0..STAY).all(|number| served.contains(&number)));
        assert_eq!(began.elapsed(), Duration::ZERO, "a wake-up was lost");
        assert_no_trace(&queue);
    }
}
