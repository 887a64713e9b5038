//! Shuttle looks for an interleaving that breaks what a node keeps in memory.

use firstcome_tests::interleavings::{
    lanes_lose_nothing, lanes_outlive_their_workers, offers_at_once_are_seen_at_once,
    offers_to_one_key_only_rise, offers_to_other_keys_are_not_lost,
};

#[test]
fn no_request_is_lost_doubled_or_left_without_a_worker() {
    lanes_lose_nothing();
}

#[test]
fn a_lane_whose_worker_died_hands_back_what_waited_and_opens_anew() {
    lanes_outlive_their_workers();
}

#[test]
fn what_is_known_of_a_coupon_only_rises() {
    offers_to_one_key_only_rise();
}

#[test]
fn what_is_learned_of_one_coupon_is_not_lost_to_another() {
    offers_to_other_keys_are_not_lost();
}

#[test]
fn what_is_learned_at_once_is_known_at_once() {
    offers_at_once_are_seen_at_once();
}
