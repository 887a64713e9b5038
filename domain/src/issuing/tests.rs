use super::*;
use crate::coupon::tests::{at, coupon, issue_kind, use_kind};
use crate::{Counters, CouponName};
use rstest::rstest;
use uuid::Uuid;

const NOW: i64 = 150;

fn coupon_id(n: u128) -> CouponId {
    CouponId::from_uuid(Uuid::from_u128(n))
}

fn copy_id(n: u128) -> IssuedCouponId {
    IssuedCouponId::from_uuid(Uuid::from_u128(n))
}

fn request(n: u128, coupon: &Coupon, consumer: &str) -> IssueRequest {
    IssueRequest {
        issued_coupon_id: copy_id(n),
        coupon_id: coupon.id,
        consumer_id: ConsumerId::new(consumer).unwrap(),
        request_key: None,
    }
}

fn keyed(n: u128, coupon: &Coupon, consumer: &str, key: u8) -> IssueRequest {
    IssueRequest {
        request_key: Some(RequestKey([key; 16])),
        ..request(n, coupon, consumer)
    }
}

/// Another coupon of the same event.
fn other(kind: CouponKind) -> Coupon {
    let name = CouponName::new("other").unwrap();
    Coupon {
        id: coupon_id(77),
        name,
        ..coupon(kind)
    }
}

fn begin(coupons: &[&Coupon], copies: &[IssuedCoupon], now: i64) -> Issuing {
    let scope = IssueScope::of(coupons[0]);
    let coupons = coupons.iter().map(|c| (*c).clone());
    Issuing::new(scope, at(now), coupons, copies.to_vec())
}

fn issued(outcome: IssueOutcome) -> IssuedCoupon {
    match outcome {
        IssueOutcome::Issued(copy) => copy,
        other => panic!("not issued: {other:?}"),
    }
}

fn refused(outcome: IssueOutcome) -> IssueRefusal {
    match outcome {
        IssueOutcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// A copy that `consumer` was issued earlier, and the coupon after it.
fn given(coupon: &Coupon, consumer: &str, key: Option<u8>) -> (IssuedCoupon, Coupon) {
    let mut batch = begin(&[coupon], &[], 100);
    let mut ask = request(500, coupon, consumer);
    ask.request_key = key.map(|key| RequestKey([key; 16]));
    let copy = issued(batch.decide(&ask));
    (copy, batch.finish().1.remove(0))
}

#[test]
fn the_first_n_get_one_and_the_next_is_told_it_is_final() {
    let coupon = coupon(issue_kind(2));
    let mut batch = begin(&[&coupon], &[], NOW);
    let first = issued(batch.decide(&request(1, &coupon, "a")));
    assert_eq!(
        issued(batch.decide(&request(2, &coupon, "b"))).id,
        copy_id(2)
    );
    assert_eq!(
        refused(batch.decide(&request(3, &coupon, "c"))),
        IssueRefusal::CouponNotIssuable
    );
    let (copies, coupons) = batch.finish();
    assert_eq!(
        copies.iter().map(|copy| copy.id).collect::<Vec<_>>(),
        [copy_id(1), copy_id(2)]
    );
    assert_eq!(
        coupons[0].counters,
        Counters {
            issued: 2,
            ..Counters::default()
        }
    );
    assert_eq!(first.issued_at, at(NOW));
    assert_eq!(first.expires_at, coupon.expires_at);
    assert_eq!(first.event_id, coupon.event_id);
    assert_eq!((first.ordinal, first.used), (0, 0));
}

#[test]
fn a_consumer_gets_one_of_a_coupon_also_within_a_batch() {
    let coupon = coupon(issue_kind(9));
    let mut batch = begin(&[&coupon], &[], NOW);
    issued(batch.decide(&request(1, &coupon, "a")));
    assert_eq!(
        refused(batch.decide(&request(2, &coupon, "a"))),
        IssueRefusal::SingleCouponAvailablePerEvent {
            issued_coupon_id: copy_id(1)
        }
    );
}

#[test]
fn a_consumer_gets_one_issue_coupon_per_event() {
    let (one, two) = (coupon(issue_kind(9)), other(issue_kind(9)));
    let mut batch = begin(&[&one, &two], &[], NOW);
    issued(batch.decide(&request(1, &one, "a")));
    assert_eq!(
        refused(batch.decide(&request(2, &two, "a"))),
        IssueRefusal::SingleCouponAvailablePerEvent {
            issued_coupon_id: copy_id(1)
        }
    );
}

#[test]
fn exhausted_comes_before_another_coupon_of_the_event() {
    let one = coupon(issue_kind(9));
    let mut two = other(issue_kind(1));
    two.counters.issued = 1;
    let (copy, one) = given(&one, "a", None);
    let mut batch = begin(&[&one, &two], &[copy], NOW);
    assert_eq!(
        refused(batch.decide(&request(1, &two, "a"))),
        IssueRefusal::CouponNotIssuable
    );
}

#[test]
fn a_holder_is_told_of_its_copy_never_sold_out_or_paused() {
    let (copy, mut full) = given(&coupon(issue_kind(1)), "a", None);
    full.paused = true;
    let single = IssueRefusal::SingleCouponAvailablePerEvent {
        issued_coupon_id: copy.id,
    };
    let mut batch = begin(&[&full], &[copy], NOW);
    assert_eq!(refused(batch.decide(&request(1, &full, "a"))), single);
    assert_eq!(
        refused(batch.decide(&request(2, &full, "b"))),
        IssueRefusal::CouponPaused
    );
}

#[rstest]
#[case(99, Some(IssueRefusal::EventNotOpen { opens_at: Timestamp::from_micros(100) }))]
#[case(100, None)]
#[case(189, None)]
#[case(190, Some(IssueRefusal::ResourceExpired))]
fn the_window_is_half_open(#[case] now: i64, #[case] expected: Option<IssueRefusal>) {
    let coupon = coupon(issue_kind(1));
    let outcome = begin(&[&coupon], &[], now).decide(&request(1, &coupon, "a"));
    match expected {
        None => assert_eq!(issued(outcome).issued_at, at(now)),
        Some(refusal) => assert_eq!(refused(outcome), refusal),
    }
}

#[test]
fn expired_comes_before_the_callers_own_copy_and_a_replay_before_both() {
    let (copy, coupon) = given(&coupon(issue_kind(1)), "a", Some(7));
    let mut batch = begin(&[&coupon], std::slice::from_ref(&copy), 190);
    let replayed = batch.decide(&keyed(1, &coupon, "a", 7));
    assert_eq!(replayed, IssueOutcome::Replayed(copy));
    assert_eq!(
        refused(batch.decide(&keyed(2, &coupon, "a", 8))),
        IssueRefusal::ResourceExpired
    );
}

#[test]
fn a_key_is_the_consumers_own_and_the_coupons_own() {
    let one = coupon(issue_kind(9));
    let two = other(issue_kind(9));
    let (copy, one) = given(&one, "a", Some(7));
    let mut batch = begin(&[&one, &two], &[copy], NOW);
    assert_eq!(issued(batch.decide(&keyed(1, &one, "b", 7))).id, copy_id(1));
    assert!(matches!(
        refused(batch.decide(&keyed(2, &two, "a", 7))),
        IssueRefusal::SingleCouponAvailablePerEvent { .. }
    ));
}

#[test]
fn the_same_copy_id_again_is_issued_again_without_a_second_copy() {
    let (copy, coupon) = given(&coupon(issue_kind(9)), "a", None);
    let mut batch = begin(&[&coupon], std::slice::from_ref(&copy), 190);
    assert_eq!(
        batch.decide(&request(500, &coupon, "a")),
        IssueOutcome::Issued(copy)
    );
    let (copies, coupons) = batch.finish();
    assert!(copies.is_empty());
    assert_eq!(coupons[0].counters.issued, 1);
}

#[test]
fn a_use_coupon_is_free_up_to_the_limit_per_consumer_and_beyond_its_cap() {
    let coupon = coupon(use_kind(1, 2));
    let mut batch = begin(&[&coupon], &[], NOW);
    assert_eq!(issued(batch.decide(&request(1, &coupon, "a"))).ordinal, 0);
    assert_eq!(issued(batch.decide(&request(2, &coupon, "a"))).ordinal, 1);
    assert_eq!(
        refused(batch.decide(&request(3, &coupon, "a"))),
        IssueRefusal::CouponLimitPerConsumer {
            issued_coupon_id: copy_id(2)
        }
    );
    assert_eq!(issued(batch.decide(&request(4, &coupon, "b"))).ordinal, 0);
}

#[test]
fn a_use_coupon_whose_uses_are_final_gives_no_more_copies() {
    let mut coupon = coupon(use_kind(1, 1));
    coupon.counters.used = 1;
    let mut batch = begin(&[&coupon], &[], NOW);
    assert_eq!(
        refused(batch.decide(&request(1, &coupon, "a"))),
        IssueRefusal::CouponNotUsable
    );
}

#[test]
fn a_withdrawn_copy_does_not_count_against_the_limit_but_keeps_its_ordinal() {
    let (mut copy, coupon) = given(&coupon(use_kind(1, 1)), "a", None);
    copy.state = IssuedCouponState::Withdrawn;
    let mut batch = begin(&[&coupon], &[copy], NOW);
    assert_eq!(issued(batch.decide(&request(1, &coupon, "a"))).ordinal, 1);
}

#[test]
fn a_coupon_of_another_scope_is_not_found() {
    let (issue, usage) = (coupon(issue_kind(1)), other(use_kind(1, 1)));
    let mut batch = begin(&[&issue, &usage], &[], NOW);
    assert_eq!(
        refused(batch.decide(&request(1, &usage, "a"))),
        IssueRefusal::CouponNotFound
    );
}
