//! Issuing: what a consumer has already.

use domain::{IssueRefusal, IssuedCoupon};

use super::changing::{changed, pause};
use crate::given::{all_issued, issue_kind, issued, refused, use_kind};
use crate::{Fixture, assert_exact};

const fn single(copy: &IssuedCoupon) -> IssueRefusal {
    IssueRefusal::SingleCouponAvailablePerEvent {
        issued_coupon_id: copy.id,
    }
}

const fn limit(copy: &IssuedCoupon) -> IssueRefusal {
    IssueRefusal::CouponLimitPerConsumer {
        issued_coupon_id: copy.id,
    }
}

pub async fn a_consumer_gets_one_copy_of_an_issue_coupon(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    // Within a batch …
    let batch = vec![
        fixture.request(&coupon, "a"),
        fixture.request(&coupon, "b"),
        fixture.request(&coupon, "a"),
    ];
    let outcomes = fixture.issue(&coupon, batch).await;
    let copies = all_issued(&outcomes);
    assert_eq!(copies.len(), 2);
    assert_eq!(refused(&outcomes[2]), single(&copies[0]));
    // … and in a later one.
    let again = fixture.ask(&coupon, "b").await;
    assert_eq!(refused(&again), single(&copies[1]));
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_consumer_gets_one_issue_coupon_per_event(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(9)).await;
    let two = fixture.coupon_of(&event, issue_kind(9)).await;
    let three = fixture.coupon_of(&event, issue_kind(9)).await;
    let batch = vec![
        fixture.request(&one, "a"),
        fixture.request(&two, "a"),
        fixture.request(&two, "b"),
        fixture.request(&one, "b"),
        fixture.request(&three, "c"),
    ];
    let outcomes = fixture.issue(&one, batch).await;
    let copies = all_issued(&outcomes);
    let coupons: Vec<_> = copies.iter().map(|copy| copy.coupon_id).collect();
    assert_eq!(coupons, [one.id, two.id, three.id]);
    assert_eq!(refused(&outcomes[1]), single(&copies[0]));
    assert_eq!(refused(&outcomes[3]), single(&copies[1]));
    let later = fixture.ask(&one, "c").await;
    assert_eq!(refused(&later), single(&copies[2]));
    assert_exact(&*fixture.store, &[one.id, two.id, three.id], &copies).await;
}

pub async fn one_per_event_is_decided_last(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(9)).await;
    let full = fixture.coupon_of(&event, issue_kind(1)).await;
    let paused = fixture.coupon_of(&event, issue_kind(9)).await;
    issued(&fixture.ask(&one, "a").await);
    issued(&fixture.ask(&full, "b").await);
    changed(&fixture, &paused, pause(true)).await;
    let outcome = fixture.ask(&full, "a").await;
    assert_eq!(refused(&outcome), IssueRefusal::CouponNotIssuable);
    let outcome = fixture.ask(&paused, "a").await;
    assert_eq!(refused(&outcome), IssueRefusal::CouponPaused);
}

pub async fn events_do_not_count_against_one_another(fixture: Fixture) {
    let (one, two) = (
        fixture.coupon(issue_kind(9)).await,
        fixture.coupon(issue_kind(9)).await,
    );
    let copies = [
        issued(&fixture.ask(&one, "a").await),
        issued(&fixture.ask(&two, "a").await),
    ];
    assert_eq!(copies.each_ref().map(|copy| copy.ordinal), [0, 0]);
    assert_exact(&*fixture.store, &[one.id, two.id], &copies).await;
}

pub async fn a_holder_is_told_of_its_copy_when_the_coupon_is_exhausted_or_paused(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(1)).await;
    let copy = issued(&fixture.ask(&coupon, "a").await);
    assert_eq!(refused(&fixture.ask(&coupon, "a").await), single(&copy));
    let stranger = fixture.ask(&coupon, "b").await;
    assert_eq!(refused(&stranger), IssueRefusal::CouponNotIssuable);

    changed(&fixture, &coupon, pause(true)).await;
    assert_eq!(refused(&fixture.ask(&coupon, "a").await), single(&copy));
    let stranger = fixture.ask(&coupon, "b").await;
    assert_eq!(refused(&stranger), IssueRefusal::CouponPaused);

    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let copy = issued(&fixture.ask(&coupon, "a").await);
    changed(&fixture, &coupon, pause(true)).await;
    assert_eq!(refused(&fixture.ask(&coupon, "a").await), limit(&copy));
}

pub async fn a_consumer_gets_as_many_use_coupons_as_the_limit_says(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 3)).await;
    let batch = vec![fixture.request(&coupon, "a"), fixture.request(&coupon, "a")];
    let mut copies = all_issued(&fixture.issue(&coupon, batch).await);
    let batch = vec![
        fixture.request(&coupon, "a"),
        fixture.request(&coupon, "a"),
        fixture.request(&coupon, "b"),
    ];
    let outcomes = fixture.issue(&coupon, batch).await;
    copies.extend(all_issued(&outcomes));
    assert_eq!(copies.len(), 4);
    // Told of the newest.
    assert_eq!(refused(&outcomes[1]), limit(&copies[2]));
    let ordinals: Vec<_> = copies.iter().map(|copy| copy.ordinal).collect();
    assert_eq!(ordinals, [0, 1, 2, 0]);
    assert_eq!(refused(&fixture.ask(&coupon, "a").await), limit(&copies[2]));
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn use_coupons_count_neither_for_one_another_nor_for_the_event(fixture: Fixture) {
    let event = fixture.event().await;
    let mut copies = Vec::new();
    let mut coupons = Vec::new();
    for kind in [use_kind(1, 1), issue_kind(1), use_kind(1, 1)] {
        let coupon = fixture.coupon_of(&event, kind).await;
        copies.push(issued(&fixture.ask(&coupon, "a").await));
        coupons.push(coupon.id);
    }
    assert!(copies.iter().all(|copy| copy.ordinal == 0), "{copies:?}");
    assert_exact(&*fixture.store, &coupons, &copies).await;
}

pub async fn consumers_are_told_apart_byte_by_byte(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    let longest = "x".repeat(64);
    let names = ["a", "A", "a-", "a_", "a.", &longest[..63], &longest];
    let batch = names
        .iter()
        .map(|name| fixture.request(&coupon, name))
        .collect();
    let copies = all_issued(&fixture.issue(&coupon, batch).await);
    assert_eq!(copies.len(), names.len());
    for (name, copy) in names.iter().zip(&copies) {
        assert_eq!(refused(&fixture.ask(&coupon, name).await), single(copy));
    }
}
