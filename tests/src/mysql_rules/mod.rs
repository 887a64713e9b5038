//! What holds on MariaDB and MySQL beside what every store must do: how they are reached, what they
//! do when they hang, die or refuse, and the traps that others have fallen into. Plain functions over
//! the make of a server.
//!
//! The list below is all of them: `mysql_rules!(mariadb, Make::MariaDb)` makes one test of each. A
//! function that is written and not listed is dead code, so none is forgotten.

#![expect(missing_docs, reason = "a rule's name says what it holds")]

mod ground;
mod last_line;
mod log;
mod lost_servers;
mod migrating;
mod overload;
mod privileges;
mod retries;
mod sessions;
mod statements;
mod strangers;
mod unknown_commits;
mod unknown_purchases;
mod wire;

macro_rules! rules {
    ($d:tt $($topic:ident { $($rule:ident,)+ })+) => {
        $(pub use $topic::{$($rule),+};)+

        /// One test per rule, each on a server of this make, with the attribute.
        #[macro_export]
        macro_rules! mysql_rules {
            ($d name:ident, $d make:expr, $d attribute:meta) => {
                mod $d name {
                    $(mod $topic {
                        $(#[$d attribute]
                        #[tokio::test(flavor = "multi_thread")]
                        async fn $rule() {
                            $crate::mysql_rules::$rule($d make).await;
                        })+
                    })+
                }
            };
        }
    };
}

rules! { $
    retries {
        a_unit_that_loses_a_deadlock_is_run_again_as_a_whole,
        a_lock_that_is_not_given_is_asked_for_again,
        a_lock_that_is_never_given_is_an_error_and_nothing_happened,
        connections_that_were_lost_while_idle_are_nobodys_error,
        a_connection_that_is_lost_in_the_middle_is_nobodys_error,
        callers_that_go_away_poison_no_connection,
    }
    unknown_commits {
        a_commit_whose_answer_is_lost_is_done_once,
        a_commit_that_is_lost_is_done_once,
        a_creation_whose_answer_is_lost_is_still_a_creation,
        a_commit_that_never_answers_is_unknown_and_told_when_asked_again,
    }
    unknown_purchases {
        an_order_whose_commit_is_not_answered_is_the_callers_own,
        a_saga_whose_commit_is_not_answered_is_still_its_workers,
        a_hold_whose_commit_is_not_answered_is_opened_now,
        sagas_whose_take_over_is_not_answered_are_nobodys_until_their_lease_ends,
    }
    overload {
        a_crowd_is_refused_and_the_background_still_works,
    }
    lost_servers {
        a_server_that_hangs_is_an_error_in_bounded_time_and_then_forgiven,
        a_server_that_is_killed_keeps_what_was_acknowledged,
    }
    sessions {
        a_servers_own_settings_do_not_matter,
        every_text_is_compared_byte_by_byte,
    }
    statements {
        a_batch_is_four_trips_whatever_its_size,
        a_batch_that_has_waited_for_its_lock_is_of_the_time_after_it,
    }
    strangers {
        unrelated_coupons_never_deadlock,
        two_coupons_of_one_event_on_two_nodes_give_one_copy_each,
        orders_and_coupons_of_strangers_never_deadlock,
        orders_that_lose_deadlocks_over_their_products_are_placed_whole,
    }
    last_line {
        what_the_rules_forbid_the_schema_refuses,
    }
    migrating {
        of_many_that_migrate_at_once_one_does,
        a_schema_that_is_not_ours_is_neither_served_nor_migrated,
        a_migration_that_failed_half_way_is_not_gone_on_with,
    }
    privileges {
        the_application_changes_no_schema_and_takes_nothing_back,
    }
}
