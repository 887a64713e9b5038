//! What every gate must do, as plain functions over a [`GateFixture`]; an adapter that passes them
//! all is a gate.
//!
//! The list below is the suite; a function that is written and not listed is dead code, so none is
//! forgotten. Nothing here may know which gate it talks to, and none of it may need a gate of its
//! own: the events are new, the servers may be shared.

#![expect(missing_docs, reason = "a rule's name says what it holds")]

mod arrivals;
mod at_once;
mod facts;
mod fixture;
mod generations;
mod places;
mod undecided;

pub use fixture::GateFixture;

macro_rules! suite {
    ($d:tt $($topic:ident { $($rule:ident,)+ })+) => {
        $(pub use $topic::{$($rule),+};)+

        /// One test per rule of the suite, each with two nodes' handles of a gate that `open` opens.
        #[macro_export]
        macro_rules! gate_conformance_suite {
            ($d adapter:ident, $d open:path $d(, $d ignored:meta)?) => {
                mod $d adapter {
                    $(mod $topic {
                        $($d(#[$d ignored])?
                        #[tokio::test(flavor = "multi_thread")]
                        async fn $rule() {
                            let rule = async { $crate::gate_conformance::$rule($d open().await).await };
                            $crate::conformance::bounded(rule).await;
                        })+
                    })+
                }
            };
        }
    };
}

suite! { $
    arrivals {
        arrivals_have_their_places_in_their_order_until_cap_and_slack_are_reached,
        the_slack_is_a_hundred_or_a_hundredth_of_the_cap,
        places_are_kept_from_batch_to_batch,
        nobody_gets_two_places,
        consumers_are_told_apart_byte_by_byte,
        coupons_and_events_do_not_count_against_one_another,
        a_raised_cap_has_places_for_who_knows_of_it,
        no_arrivals_have_no_answers,
    }
    facts {
        a_holder_is_told_of_its_copy_whatever_it_asks_for,
        a_holder_is_told_of_its_copy_when_the_coupon_is_full,
        a_copy_is_never_taken_back,
        what_is_written_down_twice_is_written_down_once,
        a_copy_of_another_coupon_than_the_place_was_for_moves_the_place,
    }
    places {
        a_place_that_is_free_again_is_given_to_the_next,
        who_has_no_place_frees_none,
        a_holder_takes_a_place_whether_it_had_one_or_not,
        who_was_told_full_may_be_a_holder,
    }
    generations {
        a_gate_that_was_never_opened_is_closed,
        an_open_gate_answers_only_its_own_generation,
        a_slow_message_of_an_old_generation_changes_nothing,
        a_gate_that_is_filled_stays_closed_until_it_is_opened,
        what_is_missing_is_put_in_while_the_gate_is_open,
        a_gate_that_is_cleared_is_closed_and_knows_nothing,
        a_gate_is_gone_at_its_end,
    }
    undecided {
        a_place_is_long_undecided_once_nothing_was_written_about_it_for_long,
        what_is_decided_is_not_undecided,
        asking_again_keeps_no_place_young,
        no_more_are_told_than_were_asked_for,
        a_gate_counts_holders_and_undecided_places,
        a_gate_that_is_closed_has_none_undecided,
    }
    at_once {
        a_stampede_over_two_nodes_gets_no_more_places_than_cap_and_slack,
        one_crowd_on_two_coupons_gets_one_place_each,
        a_gate_that_is_cleared_in_a_stampede_is_closed_or_empty,
        holders_that_are_written_down_in_a_stampede_are_all_known,
    }
}
