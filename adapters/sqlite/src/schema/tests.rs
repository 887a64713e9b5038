//! The schema as the last line of defence: whose it is, and what it refuses when the program errs.

use domain::ports::{Catalogue, CouponLedger, StoreError};
use domain::{IssueScope, Violation};
use rstest::rstest;

use super::*;
use crate::testing::{
    SetClock, audit, by_force, by_hand, folder, is_issued, issue, on_offer, open, outsider, request,
};
use crate::{SqliteConfig, SqliteStore};

#[test]
fn every_migration_is_listed_in_rising_order_from_1() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let listed: Vec<_> = VERSIONS
        .iter()
        .map(|version| format!("{:04}_{}.sql", version.version, version.description))
        .collect();
    assert_eq!(listed, files);
    assert!(
        VERSIONS
            .iter()
            .map(|version| version.version)
            .eq(1..=known())
    );
}

#[rstest]
#[case::newer(
    "INSERT INTO _sqlx_migrations VALUES (99, 'later', '', TRUE, x'00', 0)",
    |error: &OpenError| matches!(error, OpenError::SchemaNewer { found: 99, known: 2 })
)]
#[case::half_done(
    "UPDATE _sqlx_migrations SET success = FALSE",
    |error: &OpenError| matches!(error, OpenError::SchemaHalfDone(1))
)]
#[case::another(
    "UPDATE _sqlx_migrations SET checksum = x'00'",
    |error: &OpenError| matches!(error, OpenError::SchemaDiffers(1))
)]
#[tokio::test]
async fn a_schema_that_is_not_this_programs_is_refused(
    #[case] change: &'static str,
    #[case] expected: fn(&OpenError) -> bool,
) {
    let folder = folder();
    let store = open(&folder).await;
    by_hand(&mut outsider(&folder).await, change).await.unwrap();
    assert!(matches!(store.ready().await, Err(StoreError::Corrupt(_))));
    store.close().await;
    let config = SqliteConfig::in_folder(folder.path());
    let opened = SqliteStore::open(&config, SetClock::at(150)).await;
    assert!(expected(&opened.err().unwrap()));
    let opened = SqliteStore::open_read_only(folder.path(), SetClock::at(150)).await;
    assert!(expected(&opened.err().unwrap()));
}

#[rstest]
#[case::above_the_cap("UPDATE coupons SET issued = 3")]
#[case::below_zero("UPDATE coupons SET issued = -1")]
#[case::more_withdrawn_than_issued("UPDATE coupons SET withdrawn = 2")]
#[case::cap_gone("UPDATE coupons SET cap = 0")]
#[case::another_kind("UPDATE coupons SET kind = 'USE_COUPON'")]
#[case::an_epoch_of_nobody("UPDATE coupons SET epoch = 0")]
#[case::no_event("UPDATE coupons SET event_id = zeroblob(16)")]
#[case::a_text_for_a_number("UPDATE coupons SET issued = 'two'")]
#[case::a_window_reversed("UPDATE events SET starts_at = ends_at")]
#[case::an_unknown_discount("UPDATE discount_policies SET kind = 'GIFT'")]
#[case::a_discount_of_nothing("UPDATE discount_policies SET amount = NULL")]
#[case::a_second_sequence("INSERT INTO epochs VALUES (2, 0)")]
#[case::a_short_id("UPDATE issued_coupons SET id = x'00'")]
#[case::an_unknown_state("UPDATE issued_coupons SET state = 'LOST'")]
#[case::a_second_copy(
    "INSERT INTO issued_coupons SELECT randomblob(16), coupon_id, consumer, scope, ordinal, \
     state, used, request_key, issued_at FROM issued_coupons"
)]
#[case::a_short_key("UPDATE issued_coupons SET request_key = x'00'")]
#[tokio::test]
async fn the_schema_refuses_what_must_not_be(#[case] sql: &'static str) {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "checked", 2).await;
    issue(&store, &coupon, "someone").await;
    let refused = by_hand(&mut outsider(&folder).await, sql)
        .await
        .unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code());
    let code: u32 = code.unwrap().parse().unwrap();
    assert_eq!(code & 0xff, 19, "{refused}");
}

#[tokio::test]
async fn the_audit_shows_what_was_broken_by_hand() {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "broken", 2).await;
    for consumer in ["one", "two"] {
        assert!(is_issued(&issue(&store, &coupon, consumer).await));
    }
    assert!(audit(&store, &coupon).await.is_exact());
    by_force(
        &folder,
        "INSERT INTO issued_coupons SELECT randomblob(16), coupon_id, consumer, randomblob(16), \
         ordinal, state, used, request_key, issued_at FROM issued_coupons",
    )
    .await;
    let audit = audit(&store, &coupon).await;
    assert_eq!(
        audit.violations,
        [
            Violation::CounterDiffers {
                name: "issued",
                counter: 2,
                rows: 4
            },
            Violation::OverIssued { issued: 4, cap: 2 },
            Violation::ConsumersAboveLimit { consumers: 2 },
        ]
    );
    // And still nobody gets one too many.
    assert!(!is_issued(&issue(&store, &coupon, "three").await));
}

#[rstest]
#[case::kind("UPDATE coupons SET kind = 'GIFT'")]
#[case::cap("UPDATE coupons SET cap = 0")]
#[case::counter("UPDATE coupons SET issued = -1")]
#[case::name("UPDATE coupons SET name = ''")]
#[case::window("UPDATE events SET starts_at = ends_at")]
#[tokio::test]
async fn a_row_that_does_not_decode_is_corrupt_and_issues_nothing(#[case] sql: &'static str) {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "odd", 2).await;
    by_force(&folder, sql).await;
    let read = store.coupon(coupon.id).await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    let requests = vec![request(&coupon, "someone")];
    let refused = store.issue(IssueScope::of(&coupon), requests).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))));
}

mod purchases;
mod upgrade;
