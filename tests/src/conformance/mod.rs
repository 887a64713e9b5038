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
mod deliveries;
mod forgetting;
mod hold_deadlines;
mod hold_keys;
mod holds;
mod issue_caps;
mod issue_consumers;
mod issue_repeats;
mod issue_windows;
mod keys;
mod kinds;
mod lists;
mod locks;
mod names;
mod order_keys;
mod order_round_trips;
mod products;
mod provider_orders;
mod purchase_races;
mod purchase_stampede;
mod races;
mod refunds;
mod refusals;
mod reports;
mod round_trips;
mod scene;
mod settling_races;
mod stuck_sagas;
mod taking_over;
mod wallets;
mod withdrawals;

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

        /// One test per rule of the suite, each on a store of its own that `open` opens, and with the
        /// attribute, if there is one. `locks of redis` makes those of one topic alone.
        #[macro_export]
        macro_rules! conformance_suite {
            $(($topic of $d adapter:ident, $d open:path $d(, $d attribute:meta)?) => {
                mod $d adapter {
                    $($d(#[$d attribute])?
                    #[tokio::test(flavor = "multi_thread")]
                    async fn $rule() {
                        let rule = $crate::conformance::$rule($d open().await);
                        $crate::conformance::bounded(rule).await;
                    })+
                }
            };)+
            ($d adapter:ident, $d open:path $d(, $d attribute:meta)?) => {
                mod $d adapter {
                    $($crate::conformance_suite!($topic of $topic, $d open $d(, $d attribute)?);)+
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
        using_and_withdrawing_are_no_changes,
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
        each_copy_of_a_batch_is_stored_as_it_was_answered,
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
    products {
        a_product_is_read_as_it_was_written,
        a_products_name_is_free_for_another_seller,
        a_product_changes_in_what_is_asked_and_the_rest_stays,
        only_its_seller_changes_a_product,
        a_change_that_was_made_before_is_not_made_again,
        an_order_keeps_the_price_it_was_placed_at,
        what_was_taken_has_room_in_a_stock_that_is_filled_up,
    }
    wallets {
        a_wallet_is_read_as_it_was_charged,
        charges_add_up,
        the_same_charge_again_is_answered_as_at_first,
        a_charge_that_has_no_room_leaves_nothing,
        what_a_seller_has_stays_the_same_when_it_is_folded,
    }
    order_round_trips {
        an_order_of_every_payment_is_read_as_it_was_placed,
        an_order_with_points_and_a_coupon_is_read_as_it_was_placed,
        an_order_at_the_ends_of_every_range_is_read_as_it_was_placed,
        the_hundred_lines_of_an_order_keep_their_order,
        the_saga_and_trace_of_an_order_at_once_are_read_as_they_were_written,
        a_saga_is_read_as_the_domain_says_after_everything_that_happens,
        orders_and_sagas_come_in_pages_in_the_order_of_ids,
        what_was_never_placed_is_not_found,
    }
    refusals {
        a_purchase_is_refused_for_each_reason_alone,
        of_two_reasons_a_purchase_is_told_the_first,
        a_provider_asks_for_no_balance,
        a_refused_request_is_decided_anew,
        a_hold_is_refused_for_each_reason_alone,
        of_two_reasons_a_hold_is_told_the_first,
        the_points_of_an_order_reach_to_what_is_left_to_pay,
        the_largest_order_has_room,
        a_withdrawn_copy_can_not_be_used,
    }
    order_keys {
        the_same_key_again_is_answered_with_the_first_order,
        the_same_key_again_answers_the_order_as_it_is_now,
        the_same_key_with_another_digest_is_refused,
        keys_of_orders_that_differ_in_one_bit_are_others,
        the_key_of_a_change_is_kept_with_its_answer,
        a_change_that_changes_nothing_is_answered_and_kept_too,
        a_refused_change_leaves_no_key,
        the_key_of_a_refund_is_kept_once_the_order_is_not_under_way,
    }
    purchase_races {
        the_same_order_at_once_is_placed_once,
        a_single_use_copy_at_once_is_used_once,
        the_last_of_a_stock_at_once_is_sold_exactly,
        a_balance_at_once_is_spent_once,
        orders_of_the_same_products_in_any_order_are_all_placed,
        the_last_uses_at_once_are_never_too_many_and_come_free_again,
        holds_and_orders_at_once_share_one_cap,
        a_buyer_that_goes_away_leaves_all_or_nothing,
    }
    settling_races {
        a_hold_at_once_is_opened_once,
        a_hold_ends_in_one_way_at_once,
        a_command_at_once_is_done_once,
        an_outcome_told_at_once_is_taken_once,
        sagas_at_once_are_taken_over_by_one_each,
        a_charge_at_once_is_made_once,
        a_lock_at_once_has_one_owner,
    }
    provider_orders {
        a_pending_order_has_everything_reserved,
        an_authorised_order_is_paid_and_its_use_is_final,
        an_order_is_completed_though_its_coupon_has_expired_meanwhile,
        a_declined_order_gives_everything_back,
        an_order_without_an_answer_gives_everything_back_before_it_is_voided,
        an_outcome_is_taken_once,
        an_outcome_that_comes_too_late_changes_nothing,
        a_saga_of_another_order_is_not_found,
        a_pending_order_is_neither_delivered_nor_confirmed_nor_refunded,
        an_issue_coupons_use_is_reserved_and_given_back_as_well,
        an_audit_names_nothing_of_orders_under_way,
    }
    taking_over {
        a_saga_is_taken_over_when_its_lease_is_over_not_before,
        the_longest_due_are_taken_over_first_and_no_more_than_asked_for,
        a_worker_that_has_slept_changes_nothing,
        what_has_ended_is_never_taken_over,
        a_parked_saga_is_taken_over_after_its_wait,
        a_saga_that_is_due_for_longer_than_the_grace_is_a_violation,
    }
    stuck_sagas {
        a_stuck_saga_waits_for_an_operator,
        a_saga_that_is_retried_is_due_at_once,
        only_a_stuck_saga_is_retried_or_abandoned,
        a_stray_payment_of_a_failed_order_goes_into_the_wallet,
        a_payment_that_never_came_undoes_an_order_that_is_not_delivered,
        a_payment_that_never_came_is_written_off_once_delivery_has_begun,
        a_refund_is_settled_by_what_the_provider_has_done,
        a_refund_of_a_payment_that_never_came_changes_nothing_any_more,
        a_stray_payment_that_has_no_room_leaves_the_saga_stuck,
    }
    refunds {
        a_refund_into_the_wallet_returns_everything_at_once,
        a_refund_by_the_provider_returns_everything_when_it_is_done,
        a_refund_that_the_provider_declines_leaves_the_order_paid,
        a_refund_again_is_the_same_refund,
        the_same_refund_again_after_it_was_declined_is_no_new_one,
        nothing_is_refunded_once_delivery_has_begun,
        what_is_refunded_or_being_refunded_is_not_delivered,
        a_copy_whose_use_returned_is_used_again,
        a_refund_of_nothing_paid_needs_no_provider,
    }
    deliveries {
        a_delivery_goes_forward_one_status_after_the_other,
        an_order_is_confirmed_once_it_was_delivered,
        an_unknown_order_can_not_be_changed,
        each_line_credits_its_seller_floored_and_points_come_from_what_is_paid,
        an_order_by_the_provider_is_delivered_as_soon_as_it_is_paid,
    }
    holds {
        a_hold_is_read_as_it_was_opened,
        a_hold_is_told_with_the_time_of_the_ledger,
        the_same_hold_again_is_the_hold_as_it_is_written_down,
        a_name_belongs_to_one_request,
        names_are_each_callers_own_and_compared_byte_by_byte,
        a_hold_ends_once_and_the_same_end_again_is_the_same,
        a_use_is_returned_before_its_copy_expires_not_after,
        an_open_hold_outlives_its_copys_expiry_and_a_pause,
        a_copy_that_may_be_used_more_than_once_takes_many_holds,
    }
    hold_keys {
        the_key_of_a_hold_comes_first_and_is_kept_with_its_answer,
        the_key_of_a_settlement_comes_first_and_is_kept_with_its_answer,
    }
    hold_deadlines {
        a_hold_past_its_deadline_is_expired_before_anybody_writes_it_down,
        lapsed_holds_are_written_down_and_no_more_than_asked_for,
        a_full_cap_makes_room_of_what_has_lapsed,
        an_order_makes_room_of_what_has_lapsed_too,
        a_copy_whose_own_hold_has_lapsed_is_free,
        many_lapsed_holds_make_room_for_as_many,
        whoever_yields_gets_no_use_that_others_wait_for,
    }
    withdrawals {
        unused_copies_are_withdrawn_in_batches,
        the_used_copy_is_not_withdrawn,
        only_an_exhausted_use_coupon_is_withdrawn,
        a_raised_cap_stops_a_withdrawal_and_what_was_withdrawn_stays_so,
        a_withdrawal_at_an_older_epoch_withdraws_nothing,
        withdrawn_copies_do_not_count_against_the_limit,
        nobody_gets_a_copy_of_what_is_used_up_until_its_cap_is_raised,
        what_is_to_be_withdrawn_comes_in_the_order_of_ids,
        a_withdrawal_of_a_thousand_copies_goes_on_where_it_stopped,
    }
    reports {
        a_report_has_every_coupon_of_the_event_in_the_order_of_ids,
        a_report_counts_final_uses_of_orders_and_holds_alone,
        an_audit_counts_holds_as_they_are_written_down,
    }
    forgetting {
        only_what_was_kept_before_the_instant_is_forgotten,
        no_more_is_forgotten_than_asked_for,
        a_key_that_is_forgotten_is_free,
        the_keys_of_orders_and_copies_are_never_forgotten,
    }
    locks {
        a_lock_has_one_owner_until_its_lease_is_over,
        the_same_owner_again_gets_the_same_lease_prolonged,
        a_renewed_lease_lasts_from_then_on,
        a_lease_that_has_run_out_is_lost_though_nobody_took_it,
        a_lock_that_is_given_back_is_free_at_once,
        a_lock_that_was_never_held_can_not_be_renewed,
    }
    purchase_stampede {
        the_books_are_exact_in_the_middle_of_a_stampede,
    }
}
