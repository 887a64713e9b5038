//! Audits: from the rows, in one consistent snapshot.

use domain::{Audit, AuditReading, Counters, Coupon, CouponId, RowCounts};

use super::changing::{changed, pause};
use crate::Fixture;
use crate::given::{issue_kind, keyed, use_kind};

async fn audit(fixture: &Fixture, coupon: &Coupon) -> AuditReading {
    let reading = fixture.store.audit(coupon.id).await.unwrap().unwrap();
    assert_eq!(Audit::of(reading.clone()).violations, []);
    assert_eq!(reading.coupon, fixture.read(coupon).await);
    reading
}

fn rows(issued: u64) -> RowCounts {
    RowCounts {
        issued,
        active: issued,
        ..RowCounts::default()
    }
}

pub async fn an_audit_counts_the_rows(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(3)).await;
    let two = fixture.coupon_of(&event, issue_kind(9)).await;
    let usage = fixture.coupon_of(&event, use_kind(1, 2)).await;
    // Issued, repeated, replayed, refused: only copies are rows.
    let repeated = fixture.request(&one, "a");
    let batch = vec![
        repeated.clone(),
        repeated,
        keyed(fixture.request(&one, "b"), 1),
        keyed(fixture.request(&one, "b"), 1),
        fixture.request(&two, "a"),
        fixture.request(&two, "c"),
        fixture.request(&one, "d"),
        fixture.request(&one, "e"),
    ];
    fixture.issue(&one, batch).await;
    let batch = (0..3).map(|_| fixture.request(&usage, "a")).collect();
    fixture.issue(&usage, batch).await;
    changed(&fixture, &usage, pause(true)).await;
    for (coupon, issued) in [(&one, 3), (&two, 1), (&usage, 2)] {
        let reading = audit(&fixture, coupon).await;
        assert_eq!(reading.rows, rows(issued));
        let counters = Counters {
            issued,
            ..Counters::default()
        };
        assert_eq!(reading.coupon.counters, counters);
    }
}

pub async fn a_coupon_without_copies_is_exact(fixture: Fixture) {
    for kind in [issue_kind(1), use_kind(1, 1)] {
        let coupon = fixture.coupon(kind).await;
        let expected = AuditReading {
            coupon: coupon.clone(),
            rows: rows(0),
        };
        assert_eq!(audit(&fixture, &coupon).await, expected);
    }
}

pub async fn an_unknown_coupon_has_no_audit(fixture: Fixture) {
    let unknown = CouponId::from_uuid(fixture.id());
    assert_eq!(fixture.store.audit(unknown).await.unwrap(), None);
}

pub async fn a_store_that_is_open_is_ready(fixture: Fixture) {
    assert!(fixture.store.ready().await.is_ok());
}
