use super::*;
use rstest::rstest;
use uuid::Uuid;

/// 100 come for 10 copies, and all is as it must be.
fn issued() -> Facts {
    Facts {
        kind: Kind::Issue,
        cap: 10,
        rows: Rows {
            issued: 10,
            ..Rows::default()
        },
        copies: Checked {
            acknowledged: 10,
            found: 10,
            ..Checked::default()
        },
        uses: Checked::default(),
        know: 100,
        gone: 90,
        odd: 0,
        waiting: 0,
        wrong: Vec::new(),
    }
}

/// 100 come for 10 uses; 12 had got copies by then.
fn used() -> Facts {
    let twelve = Checked {
        acknowledged: 12,
        found: 12,
        ..Checked::default()
    };
    Facts {
        kind: Kind::Use,
        rows: Rows {
            issued: 12,
            used: 10,
            ..Rows::default()
        },
        uses: issued().copies,
        copies: twelve,
        ..issued()
    }
}

fn differences(facts: &Facts) -> Vec<String> {
    Proof::of(facts).differences
}

#[test]
fn what_was_told_and_is_there_is_exact() {
    for facts in [issued(), used()] {
        assert_eq!(differences(&facts), Vec::<String>::new());
        assert!(Proof::of(&facts).is_exact());
    }
}

#[test]
fn fewer_consumers_than_coupons_all_get_one() {
    let mut facts = issued();
    (facts.cap, facts.know, facts.gone) = (1_000, 10, 0);
    assert!(Proof::of(&facts).is_exact());
    facts.know = 11;
    assert!(!Proof::of(&facts).is_exact(), "one of them got nothing");
}

#[test]
fn whoever_never_heard_may_have_one_or_none() {
    let mut facts = issued();
    facts.waiting = 3;
    facts.copies = Checked {
        acknowledged: 8,
        found: 8,
        unheard: 2,
        ..facts.copies
    };
    assert!(Proof::of(&facts).is_exact());
    let remarks = Proof::of(&facts).remarks;
    assert!(
        remarks[1].contains("3 consumers") && remarks[1].contains("2 of them"),
        "{remarks:?}"
    );
}

#[test]
fn a_storm_that_was_stopped_early_owes_nothing_to_those_who_never_came() {
    let mut facts = issued();
    (facts.know, facts.gone, facts.waiting) = (4, 0, 1);
    facts.rows.issued = 4;
    (facts.copies.acknowledged, facts.copies.found) = (4, 4);
    assert!(Proof::of(&facts).is_exact());
}

type Falsified = fn(&mut Facts);

#[rstest]
#[case::an_acknowledged_copy_is_lost(|f: &mut Facts| f.copies.found = 9, "1 copies were acknowledged")]
#[case::the_row_and_its_answer_are_both_gone(|f: &mut Facts| {
    f.rows.issued = 9;
    f.copies.found = 9;
}, "1 copies were never given")]
#[case::one_more_than_the_cap(|f: &mut Facts| {
    f.rows.issued = 11;
    f.copies.acknowledged = 11;
    f.copies.found = 11;
}, "1 copies are beyond the cap")]
#[case::the_audit_counts_fewer_than_were_found(|f: &mut Facts| f.rows.issued = 9, "1 copies were found")]
#[case::a_refused_consumer_has_one(|f: &mut Facts| {
    f.rows.issued = 10;
    (f.copies.acknowledged, f.copies.found) = (9, 9);
}, "1 copies are in the ledger, and nobody")]
#[case::told_twice(|f: &mut Facts| f.copies.duplicates = 1, "1 copies were told twice")]
#[case::an_odd_answer(|f: &mut Facts| f.odd = 1, "1 consumers were told what no rehearsal expects")]
#[case::the_audit_objects(|f: &mut Facts| f.rows.violations.push("counter".into()), "audit: counter")]
#[case::a_use_out_of_nowhere(|f: &mut Facts| f.rows.used = 1, "1 copies were used by nobody")]
#[case::a_use_that_hangs(|f: &mut Facts| f.rows.held = 1, "1 uses are still held")]
#[case::a_copy_of_somebody_else(|f: &mut Facts| f.wrong.push("it is ann's".into()), "ann")]
fn every_falsified_fact_of_an_issue_is_a_difference(
    #[case] falsify: Falsified,
    #[case] says: &str,
) {
    let mut facts = issued();
    falsify(&mut facts);
    let differences = differences(&facts);
    assert!(
        differences.iter().any(|why| why.contains(says)),
        "{differences:?}"
    );
}

#[rstest]
#[case::an_order_is_lost(|f: &mut Facts| f.uses.found = 9, "1 uses were acknowledged")]
#[case::a_use_too_many(|f: &mut Facts| {
    f.rows.used = 11;
    f.uses.acknowledged = 11;
    f.uses.found = 11;
}, "1 uses are beyond the cap")]
#[case::a_held_one_too_many(|f: &mut Facts| f.rows.held = 1, "1 uses are beyond the cap")]
#[case::a_use_too_few(|f: &mut Facts| {
    f.rows.used = 9;
    f.uses.acknowledged = 9;
    f.uses.found = 9;
}, "1 uses were never given")]
#[case::a_copy_is_lost(|f: &mut Facts| f.copies.found = 11, "1 copies were acknowledged")]
#[case::a_copy_that_nobody_asked_for(|f: &mut Facts| f.rows.issued = 13, "1 copies are in the ledger")]
#[case::used_twice(|f: &mut Facts| f.uses.duplicates = 1, "1 uses were told twice")]
fn every_falsified_fact_of_a_use_is_a_difference(#[case] falsify: Falsified, #[case] says: &str) {
    let mut facts = used();
    falsify(&mut facts);
    let differences = differences(&facts);
    assert!(
        differences.iter().any(|why| why.contains(says)),
        "{differences:?}"
    );
}

#[test]
fn copies_of_a_use_coupon_have_no_cap() {
    let mut facts = used();
    facts.rows.issued = 100;
    facts.copies.acknowledged = 100;
    facts.copies.found = 100;
    assert!(Proof::of(&facts).is_exact());
}

#[test]
fn a_copy_an_order_and_a_consumer_may_each_be_told_once() {
    let told = |consumer, copy, order: Option<u128>| Told {
        consumer,
        copy: Uuid::from_u128(copy),
        order: order.map(Uuid::from_u128),
    };
    assert_eq!(duplicates(&[told(1, 1, None), told(2, 2, None)]), 0);
    assert_eq!(duplicates(&[told(1, 1, None), told(2, 1, None)]), 1);
    assert_eq!(duplicates(&[told(1, 1, None), told(1, 2, None)]), 1);
    assert_eq!(duplicates(&[told(1, 1, Some(5)), told(2, 2, Some(5))]), 1);
}

#[test]
fn the_table_has_every_column_that_applies() {
    let table = Proof::of(&issued()).table();
    for column in COLUMNS {
        assert!(table.contains(column), "{column}: {table}");
    }
    let table = Proof::of(&used()).table();
    assert!(
        table.contains("copies") && table.contains("uses"),
        "{table}"
    );
}
