//! What has interleavings of its own in a node's memory, explored by shuttle: the very files of
//! `application`, compiled a second time against [primitives](crate::sync) that decide at every step
//! who goes on.
//!
//! They are compiled here, in a library, because their own unit tests need the real primitives and
//! are absent from one.

#[path = "../../../application/src/lane_queue.rs"]
mod lane_queue;
mod lanes;
mod offers;
#[path = "../../../application/src/final_answers/ranked.rs"]
mod ranked;

pub use lanes::{lanes_lose_nothing, lanes_outlive_their_workers};
pub use offers::{
    offers_at_once_are_seen_at_once, offers_to_one_key_only_rise, offers_to_other_keys_are_not_lost,
};

/// How many interleavings are tried, by each of two ways to choose them.
const TRIES: usize = 1_000;
/// How many preemptions a defect may need for the second way to aim at it.
const DEPTH: usize = 3;

fn explore(story: impl Fn() + Send + Sync + 'static) {
    let story = std::sync::Arc::new(story);
    let again = std::sync::Arc::clone(&story);
    shuttle::check_random(move || story(), TRIES);
    shuttle::check_pct(move || again(), TRIES, DEPTH);
}
