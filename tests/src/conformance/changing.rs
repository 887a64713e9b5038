//! How a coupon is changed: caps only rise, pauses come and go, and the epoch rises exactly when
//! something has changed.

use domain::ports::CouponChanged;
use domain::{Cap, ChangeRefusal, Coupon, CouponChange, CouponId, CouponKind, Epoch};

use crate::Fixture;
use crate::given::{START, issue_kind, issued, use_kind};

pub(super) fn raise_issued(cap: i64) -> CouponChange {
    CouponChange {
        maximum_issued: Some(Cap::new(cap).unwrap()),
        ..CouponChange::default()
    }
}

pub(super) fn raise_usage(cap: i64) -> CouponChange {
    CouponChange {
        maximum_usage: Some(Cap::new(cap).unwrap()),
        ..CouponChange::default()
    }
}

pub(super) fn pause(paused: bool) -> CouponChange {
    CouponChange {
        paused: Some(paused),
        ..CouponChange::default()
    }
}

pub(super) async fn changed(fixture: &Fixture, coupon: &Coupon, change: CouponChange) -> Coupon {
    match fixture
        .store
        .change_coupon(coupon.id, change)
        .await
        .unwrap()
    {
        CouponChanged::Changed(coupon, _) => coupon,
        other => panic!("not changed: {other:?}"),
    }
}

async fn refused(fixture: &Fixture, coupon: &Coupon, change: CouponChange) -> ChangeRefusal {
    match fixture
        .store
        .change_coupon(coupon.id, change)
        .await
        .unwrap()
    {
        CouponChanged::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

async fn newest_epoch(fixture: &Fixture) -> Epoch {
    fixture.store.changes(None, 1).await.unwrap().epoch
}

/// The change leaves `expected`, stored, but for its epoch, which is above all before.
async fn becomes(fixture: &Fixture, coupon: &Coupon, change: CouponChange, expected: Coupon) {
    let before = newest_epoch(fixture).await;
    let after = changed(fixture, coupon, change).await;
    assert!(after.epoch > before, "{:?} after {before:?}", after.epoch);
    assert_eq!(
        after,
        Coupon {
            epoch: after.epoch,
            ..expected
        }
    );
    assert_eq!(fixture.read(coupon).await, after);
}

/// The change leaves everything as it is.
async fn stays(fixture: &Fixture, coupon: &Coupon) {
    assert_eq!(&fixture.read(coupon).await, coupon);
    let changes = fixture.store.changes(Some(coupon.epoch), 9).await;
    assert_eq!(changes.unwrap().coupons, []);
}

pub async fn a_raised_cap_is_stored_under_a_new_epoch(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(10)).await;
    fixture.coupon(issue_kind(1)).await;
    let kind = CouponKind::Issue {
        maximum_issued: Cap::new(11).unwrap(),
        redundant_usable: false,
    };
    let expected = Coupon {
        kind,
        ..coupon.clone()
    };
    becomes(&fixture, &coupon, raise_issued(11), expected).await;

    let coupon = fixture.coupon(use_kind(10, 3)).await;
    let expected = Coupon {
        kind: use_kind(1_000_000_000, 3),
        ..coupon.clone()
    };
    becomes(&fixture, &coupon, raise_usage(1_000_000_000), expected).await;
}

pub async fn a_cap_that_is_not_raised_changes_nothing(fixture: Fixture) {
    let not_raised = ChangeRefusal::CapNotRaised { present: 10 };
    let coupon = fixture.coupon(issue_kind(10)).await;
    for cap in [1, 9, 10] {
        let change = raise_issued(cap);
        assert_eq!(refused(&fixture, &coupon, change).await, not_raised);
        let change = CouponChange {
            paused: Some(true),
            ..change
        };
        assert_eq!(refused(&fixture, &coupon, change).await, not_raised);
        stays(&fixture, &coupon).await;
    }
    let coupon = fixture.coupon(use_kind(10, 1)).await;
    for cap in [1, 9, 10] {
        assert_eq!(
            refused(&fixture, &coupon, raise_usage(cap)).await,
            not_raised
        );
        stays(&fixture, &coupon).await;
    }
}

pub async fn pausing_and_resuming_are_stored_under_new_epochs(fixture: Fixture) {
    for kind in [issue_kind(10), use_kind(10, 1)] {
        let coupon = fixture.coupon(kind).await;
        fixture.coupon(kind).await;
        let paused = Coupon {
            paused: true,
            ..coupon.clone()
        };
        becomes(&fixture, &coupon, pause(true), paused).await;
        fixture.coupon(kind).await;
        becomes(&fixture, &coupon, pause(false), coupon.clone()).await;
    }
}

pub async fn what_changes_nothing_keeps_its_epoch(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(10)).await;
    for change in [pause(false), CouponChange::default()] {
        assert_eq!(changed(&fixture, &coupon, change).await, coupon);
        stays(&fixture, &coupon).await;
    }
    let paused = changed(&fixture, &coupon, pause(true)).await;
    for change in [pause(true), CouponChange::default()] {
        assert_eq!(changed(&fixture, &coupon, change).await, paused);
        stays(&fixture, &paused).await;
    }
}

pub async fn a_cap_of_the_other_kind_is_refused_with_all_that_comes_with_it(fixture: Fixture) {
    let issue = fixture.coupon(issue_kind(10)).await;
    let change = CouponChange {
        paused: Some(true),
        ..raise_usage(11)
    };
    assert_eq!(
        refused(&fixture, &issue, change).await,
        ChangeRefusal::NoMaximumUsage
    );
    assert_eq!(fixture.read(&issue).await, issue);

    let usage = fixture.coupon(use_kind(10, 1)).await;
    let change = CouponChange {
        paused: Some(true),
        ..raise_issued(11)
    };
    assert_eq!(
        refused(&fixture, &usage, change).await,
        ChangeRefusal::NoMaximumIssued
    );
    assert_eq!(fixture.read(&usage).await, usage);
}

pub async fn a_cap_and_a_pause_change_together(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(10)).await;
    let change = CouponChange {
        paused: Some(true),
        ..raise_issued(11)
    };
    let expected = Coupon {
        kind: issue_kind(11),
        paused: true,
        ..coupon.clone()
    };
    becomes(&fixture, &coupon, change, expected).await;
}

pub async fn a_change_keeps_the_counters_and_the_other_coupons(fixture: Fixture) {
    let event = fixture.event().await;
    let coupon = fixture.coupon_of(&event, issue_kind(10)).await;
    let other = fixture.coupon_of(&event, issue_kind(10)).await;
    issued(&fixture.ask(&coupon, "a").await);
    issued(&fixture.ask(&other, "b").await);
    let (coupon, other) = (fixture.read(&coupon).await, fixture.read(&other).await);
    assert_eq!(coupon.counters.issued, 1);

    let expected = Coupon {
        kind: issue_kind(11),
        ..coupon.clone()
    };
    becomes(&fixture, &coupon, raise_issued(11), expected).await;
    assert_eq!(fixture.read(&other).await, other);
}

pub async fn the_time_of_a_change_is_the_ledgers(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(10)).await;
    let later = START.plus_micros(7);
    fixture.clock.set(later);
    for change in [raise_issued(11), CouponChange::default()] {
        match fixture
            .store
            .change_coupon(coupon.id, change)
            .await
            .unwrap()
        {
            CouponChanged::Changed(_, now) => assert_eq!(now, later),
            other => panic!("not changed: {other:?}"),
        }
    }
}

pub async fn an_unknown_coupon_can_not_be_changed(fixture: Fixture) {
    let unknown = CouponId::from_uuid(fixture.id());
    for change in [raise_issued(1), pause(true), CouponChange::default()] {
        let changed = fixture.store.change_coupon(unknown, change).await.unwrap();
        assert_eq!(changed, CouponChanged::NotFound);
    }
}
