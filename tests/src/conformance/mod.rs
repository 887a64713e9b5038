//! What every store must do, as plain functions over a [`Fixture`](crate::Fixture); an adapter that
//! passes them all is a store.
//!
//! The list below is the suite: `conformance_suite!(memory, Fixture::memory)` makes one test of each
//! of its functions. A function that is written and not listed is dead code, so none is forgotten.
//! Nothing here may know which store it talks to.

#![expect(missing_docs, reason = "a rule's name says what it holds")]

mod audits;
mod changes;
mod changing;
mod concurrency;
mod copies;
mod issue_caps;
mod issue_consumers;
mod issue_repeats;
mod issue_windows;
mod keys;
mod kinds;
mod lists;
mod names;
mod races;
mod round_trips;

use std::time::Duration;

use tokio::time::timeout;

/// No rule takes this long. One that does hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs a rule, and ends it when it hangs.
pub async fn bounded(rule: impl Future<Output = ()>) {
    assert!(timeout(LIMIT, rule).await.is_ok(), "hangs");
}

macro_rules! suite {
    ($d:tt $($topic:ident { $($rule:ident,)+ })+) => {
        $(pub use $topic::{$($rule),+};)+

        /// One test per rule of the suite, each on a store of its own that `open` opens.
        #[macro_export]
        macro_rules! conformance_suite {
            ($d adapter:ident, $d open:path) => {
                mod $d adapter {
                    $(mod $topic {
                        $(#[tokio::test(flavor = "multi_thread")]
                        async fn $rule() {
                            let rule = async { $crate::conformance::$rule($d open().await).await };
                            $crate::conformance::bounded(rule).await;
                        })+
                    })+
                }
            };
        }
    };
}

suite! { $
    round_trips {
        an_event_is_read_as_it_was_written,
        a_discount_policy_is_read_as_it_was_written,
        a_coupon_is_read_as_it_was_written_but_for_epoch_and_counters,
        a_copy_is_read_as_it_was_issued,
        an_answer_is_read_as_it_was_rendered,
        what_was_never_written_is_not_found,
    }
    names {
        a_name_is_unique_among_its_kind,
        a_name_of_one_kind_is_free_for_another,
        names_are_compared_byte_by_byte,
    }
    lists {
        lists_are_in_the_order_of_ids,
        pages_follow_one_another_without_gap_or_overlap,
        a_page_may_begin_after_an_id_that_is_not_there,
        an_empty_store_has_empty_lists,
        coupons_are_listed_by_event,
    }
    keys {
        the_first_request_of_a_key_is_stored_with_its_answer,
        the_same_key_again_answers_the_stored_bytes_and_writes_nothing,
        a_known_key_comes_before_a_taken_name,
        a_taken_name_leaves_no_key,
        a_key_is_one_across_the_kinds,
        keys_that_differ_in_one_bit_are_others,
    }
    changing {
        a_raised_cap_is_stored_under_a_new_epoch,
        a_cap_that_is_not_raised_changes_nothing,
        pausing_and_resuming_are_stored_under_new_epochs,
        what_changes_nothing_keeps_its_epoch,
        a_cap_of_the_other_kind_is_refused_with_all_that_comes_with_it,
        a_cap_and_a_pause_change_together,
        a_change_keeps_the_counters_and_the_other_coupons,
        the_time_of_a_change_is_the_ledgers,
        an_unknown_coupon_can_not_be_changed,
    }
    changes {
        without_an_epoch_only_the_newest_is_told,
        an_empty_store_has_no_changes,
        changes_come_in_the_order_of_their_epochs,
        changes_that_are_cut_off_come_next_time,
        a_coupon_that_changed_twice_comes_once,
        issuing_is_no_change,
    }
    issue_caps {
        requests_are_served_in_the_order_of_arrival,
        the_cap_holds_across_batches,
        a_batch_of_a_thousand_is_answered_one_by_one,
        a_raised_cap_issues_again,
        the_copies_of_a_use_coupon_are_not_capped,
        an_empty_batch_is_answered_with_nothing,
        an_unknown_coupon_is_refused_and_the_rest_of_the_batch_is_not,
        a_coupon_of_another_scope_is_unknown,
        the_answer_has_the_coupons_as_they_are_after_the_batch,
    }
    issue_consumers {
        a_consumer_gets_one_copy_of_an_issue_coupon,
        a_consumer_gets_one_issue_coupon_per_event,
        one_per_event_is_decided_last,
        events_do_not_count_against_one_another,
        a_holder_is_told_of_its_copy_when_the_coupon_is_exhausted_or_paused,
        a_consumer_gets_as_many_use_coupons_as_the_limit_says,
        use_coupons_count_neither_for_one_another_nor_for_the_event,
        consumers_are_told_apart_byte_by_byte,
    }
    issue_windows {
        the_window_is_half_open_to_the_microsecond,
        a_coupon_may_expire_before_its_event_ends,
        the_window_comes_before_the_pause_the_cap_and_the_own_copies,
        a_paused_coupon_issues_nothing_until_it_is_resumed,
        the_time_of_a_copy_is_the_ledgers,
    }
    issue_repeats {
        the_same_key_again_is_answered_with_the_first_copy,
        a_key_is_the_consumers_and_the_coupons_own,
        another_key_is_another_request,
        a_replay_comes_before_every_other_answer,
        the_same_copy_id_again_is_the_same_answer_and_no_second_row,
        a_batch_repeated_as_a_whole_has_the_same_answers,
        an_id_that_was_refused_is_decided_anew,
    }
    copies {
        a_consumers_copies_come_in_pages_in_the_order_of_ids,
        holders_come_in_pages_in_the_order_of_ids,
    }
    audits {
        an_audit_counts_the_rows,
        a_coupon_without_copies_is_exact,
        an_unknown_coupon_has_no_audit,
        a_store_that_is_open_is_ready,
    }
    concurrency {
        a_stampede_gets_exactly_the_cap,
        a_stampede_of_one_crowd_on_two_coupons_gets_one_each,
        many_events_at_once_do_not_mix,
        an_audit_is_exact_in_the_middle_of_a_stampede,
        a_cap_raised_in_a_stampede_is_reached_exactly,
        a_pause_in_a_stampede_is_a_cut,
    }
    races {
        the_same_copy_id_at_once_is_issued_once,
        the_same_key_at_once_is_issued_once,
        the_limit_of_a_use_coupon_holds_at_once,
        a_keyed_creation_at_once_is_one_creation_and_one_answer,
        a_name_at_once_is_taken_once,
        changes_at_once_have_an_epoch_each,
        a_caller_that_goes_away_leaves_all_or_nothing,
    }
}
