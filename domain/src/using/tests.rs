use super::*;
use crate::testing::{
    EXPIRY, NOW, amount, at, hold, issue_kind, redundant_kind, use_kind, using, uuid, with_state,
};
use crate::{Counters, Epoch, HoldId, HoldOwner, IssuedCouponId, Money, Window};
use rstest::rstest;

/// The use of an order of 1,600, put with a hold of its own.
fn used(using: UseReading, now: Timestamp) -> Result<(Coupon, Vec<Hold>), UseRefusal> {
    using.discount_on(amount(1_600), now)?;
    let hold = hold(99, &using);
    using.put(hold, false, now)
}

fn states(holds: &[Hold]) -> Vec<(u128, HoldState)> {
    let states = holds
        .iter()
        .map(|hold| (hold.id.as_uuid().as_u128(), hold.state));
    states.collect()
}

/// Somebody else's open hold of this copy's coupon, with the deadline of 1,000,150.
fn others(n: u128, using: &UseReading) -> Hold {
    Hold {
        issued_coupon_id: IssuedCouponId::from_uuid(uuid(1_000 + n)),
        ..hold(n, using)
    }
}

/// A coupon that goes on for ever, so that deadlines come before its expiry.
fn endless(mut using: UseReading) -> UseReading {
    using.coupon.expires_at = at(i64::MAX);
    using.coupon.event_window = Window::new(at(100), at(i64::MAX)).unwrap();
    using
}

const DEADLINE: Timestamp = Timestamp::from_micros(1_000_150);

#[rstest]
#[case(redundant_kind(1), 7, None)]
#[case(issue_kind(1), 0, None)]
#[case(issue_kind(1), 1, Some(UseRefusal::AlreadyUsedCoupon))]
#[case(use_kind(5, 1), 0, None)]
#[case(use_kind(5, 1), 1, Some(UseRefusal::AlreadyUsedCoupon))]
fn only_a_redundant_copy_is_used_again(
    #[case] kind: CouponKind,
    #[case] times: u64,
    #[case] refusal: Option<UseRefusal>,
) {
    let mut using = using(kind);
    using.copy.used = times;
    assert_eq!(used(using, NOW).err(), refusal);
}

#[rstest]
#[case::the_last_instant(EXPIRY.plus_micros(-1), None)]
#[case::expired(EXPIRY, Some(UseRefusal::ResourceExpired))]
#[case::just_after(EXPIRY.plus_micros(1), Some(UseRefusal::ResourceExpired))]
fn a_copy_can_be_used_until_it_expires(
    #[case] now: Timestamp,
    #[case] refusal: Option<UseRefusal>,
    #[values(issue_kind(1), redundant_kind(1), use_kind(1, 1))] kind: CouponKind,
) {
    assert_eq!(used(using(kind), now).err(), refusal);
}

#[rstest]
#[case::the_last_instant(179, None)]
#[case::over(180, Some(UseRefusal::ResourceExpired))]
#[case::just_after(181, Some(UseRefusal::ResourceExpired))]
fn a_copy_can_be_used_until_its_event_is_over(
    #[case] now: i64,
    #[case] refusal: Option<UseRefusal>,
) {
    let mut using = using(issue_kind(1));
    using.coupon.event_window = Window::new(at(100), at(180)).unwrap();
    assert_eq!(used(using, at(now)).err(), refusal);
}

#[rstest]
fn a_paused_coupon_is_not_used(#[values(issue_kind(1), use_kind(1, 1))] kind: CouponKind) {
    let mut using = using(kind);
    using.coupon.paused = true;
    assert_eq!(used(using, NOW), Err(UseRefusal::CouponPaused));
}

#[rstest]
#[case::none_left(0, 2, Some(UseRefusal::CouponNotUsable))]
#[case::one_left(0, 1, None)]
#[case::the_last_is_held(1, 1, Some(UseRefusal::CouponHeld))]
#[case::all_are_held(2, 0, Some(UseRefusal::CouponHeld))]
#[case::one_is_held(1, 0, None)]
#[case::more_than_the_cap(1, 2, Some(UseRefusal::CouponNotUsable))]
fn full_by_final_uses_is_not_full_by_open_holds(
    #[case] held: u64,
    #[case] used_up: u64,
    #[case] refusal: Option<UseRefusal>,
) {
    let mut using = using(use_kind(2, 1));
    using.coupon.counters.held = held;
    using.coupon.counters.used = used_up;
    assert_eq!(used(using, NOW).err(), refusal);
}

#[rstest]
fn uses_of_an_issue_coupon_have_no_cap(
    #[values(issue_kind(1), redundant_kind(1))] kind: CouponKind,
) {
    let mut using = using(kind);
    using.coupon.counters = Counters {
        issued: 1,
        held: 5,
        used: 5,
        withdrawn: 0,
    };
    assert_eq!(using.coupon.free_uses(), None);
    let (coupon, _) = used(using, NOW).unwrap();
    assert_eq!((coupon.counters.held, coupon.counters.used), (6, 5));
}

#[test]
fn a_withdrawn_copy_is_not_used() {
    let mut using = using(use_kind(1, 1));
    using.copy.state = IssuedCouponState::Withdrawn;
    assert_eq!(used(using, NOW), Err(UseRefusal::CouponNotUsable));
}

#[rstest]
#[case::just_enough(1_600, None)]
#[case::one_short(1_601, Some(1_601))]
fn an_order_has_the_least_amount_of_the_policy(#[case] least: i64, #[case] refused: Option<i64>) {
    let mut using = using(issue_kind(1));
    using.policy.minimum_order_amount = Some(Money::new(least).unwrap());
    let refusal = refused.map(|least| {
        let minimum = Money::new(least).unwrap();
        UseRefusal::MinimumOrderNotMet(MinimumOrderNotMet { minimum })
    });
    assert_eq!(used(using, NOW).err(), refusal);
}

#[test]
fn the_policy_says_what_is_taken_off() {
    let using = using(issue_kind(1));
    assert_eq!(using.discount_on(amount(1_600), NOW), Ok(amount(100)));
    assert_eq!(using.discount_on(amount(99), NOW), Ok(amount(99)));
}

#[rstest]
#[case(HoldState::Open, Some(UseRefusal::CopyHeld))]
#[case(HoldState::Confirmed, Some(UseRefusal::CopyHeld))]
#[case(HoldState::Cancelled, None)]
#[case(HoldState::Expired, None)]
#[case(HoldState::Returned, None)]
fn a_live_hold_keeps_others_from_a_single_use_copy(
    #[case] state: HoldState,
    #[case] refusal: Option<UseRefusal>,
    #[values(issue_kind(9), use_kind(9, 1))] kind: CouponKind,
) {
    let mut using = using(kind);
    using.holds = vec![with_state(state, hold(1, &using))];
    assert_eq!(used(using, NOW).err(), refusal);
}

#[test]
fn another_copys_hold_is_in_nobodys_way() {
    let mut using = using(use_kind(2, 1));
    using.coupon.counters.held = 1;
    using.holds = vec![others(1, &using)];
    assert!(used(using, NOW).is_ok());
}

#[test]
fn a_redundant_copy_may_have_several_holds() {
    let mut using = using(redundant_kind(9));
    using.coupon.counters.held = 2;
    using.holds = vec![hold(1, &using), hold(2, &using)];
    let (coupon, written) = used(using, NOW).unwrap();
    assert_eq!(coupon.counters.held, 3);
    assert_eq!(states(&written), [(99, HoldState::Open)]);
}

#[rstest]
#[case::still_open(DEADLINE.plus_micros(-1), None)]
#[case::lapsed(DEADLINE, Some(vec![(1, HoldState::Expired), (99, HoldState::Open)]))]
#[case::just_after(DEADLINE.plus_micros(1), Some(vec![(1, HoldState::Expired), (99, HoldState::Open)]))]
fn a_hold_that_has_lapsed_gives_its_slot_to_the_new_one(
    #[case] now: Timestamp,
    #[case] expected: Option<Vec<(u128, HoldState)>>,
    #[values(true, false)] own: bool,
) {
    let mut using = endless(using(use_kind(1, 1)));
    using.coupon.counters.held = 1;
    using.holds = vec![if own {
        hold(1, &using)
    } else {
        others(1, &using)
    }];
    match (used(using, now), expected) {
        (Ok((coupon, written)), Some(expected)) => {
            assert_eq!(coupon.counters.held, 1);
            assert_eq!(states(&written), expected);
        }
        (refused, expected) => {
            let refusal = if own {
                UseRefusal::CopyHeld
            } else {
                UseRefusal::CouponHeld
            };
            assert_eq!((refused.err(), expected), (Some(refusal), None));
        }
    }
}

#[test]
fn all_that_have_lapsed_are_written_down_and_those_that_have_not_stay() {
    let mut using = endless(using(use_kind(3, 1)));
    using.coupon.counters.held = 3;
    let saga = HoldOwner::Saga(crate::testing::SAGA);
    let of_a_saga = Hold {
        owner: saga,
        ..others(3, &using)
    };
    using.holds = vec![others(1, &using), others(2, &using), of_a_saga];
    let (coupon, written) = used(using, DEADLINE).unwrap();
    assert_eq!(coupon.counters.held, 2);
    let expected = [
        (1, HoldState::Expired),
        (2, HoldState::Expired),
        (99, HoldState::Open),
    ];
    assert_eq!(states(&written), expected);
}

#[test]
fn a_sagas_hold_never_lapses() {
    let mut using = endless(using(use_kind(1, 1)));
    using.coupon.counters.held = 1;
    let hold = others(1, &using);
    using.holds = vec![Hold {
        owner: HoldOwner::Saga(crate::testing::SAGA),
        ..hold
    }];
    assert_eq!(used(using, at(i64::MAX - 1)), Err(UseRefusal::CouponHeld));
}

#[rstest]
#[case::capped(use_kind(9, 1), Some(UseRefusal::CouponHeld))]
#[case::not_capped(issue_kind(9), None)]
fn who_yields_gets_nothing_of_what_others_wait_for(
    #[case] kind: CouponKind,
    #[case] refusal: Option<UseRefusal>,
) {
    let using = using(kind);
    let hold = hold(99, &using);
    assert_eq!(using.put(hold, true, NOW).err(), refusal);
}

#[test]
fn free_uses_count_open_holds_as_taken() {
    let mut coupon = using(use_kind(3, 1)).coupon;
    coupon.counters.held = 1;
    coupon.counters.used = 1;
    assert_eq!(coupon.free_uses(), Some(1));
    coupon.counters.held = 5;
    assert_eq!(coupon.free_uses(), Some(0));
}

#[rstest]
#[case(use_kind(2, 1), 2, 1, true)]
#[case::a_use_is_left(use_kind(2, 1), 1, 1, false)]
#[case::the_cap_was_raised_since(use_kind(2, 1), 2, 2, false)]
#[case::an_issue_coupon_is_kept(issue_kind(1), 2, 1, false)]
fn copies_are_withdrawn_of_an_exhausted_use_coupon_at_the_same_epoch(
    #[case] kind: CouponKind,
    #[case] used: u64,
    #[case] epoch: u64,
    #[case] expected: bool,
) {
    let mut coupon = using(kind).coupon;
    coupon.counters.used = used;
    assert_eq!(coupon.is_to_be_withdrawn(Epoch(epoch)), expected);
}

#[test]
fn unused_copies_are_neither_used_nor_withdrawn() {
    let mut coupon = using(use_kind(2, 1)).coupon;
    coupon.counters = Counters {
        issued: 10,
        held: 0,
        used: 2,
        withdrawn: 3,
    };
    assert_eq!(coupon.unused_copies(), 5);
}

#[test]
fn the_hold_that_is_put_is_the_last_and_as_it_was_given() {
    let using = using(use_kind(1, 1));
    let hold = hold(99, &using);
    let (coupon, written) = using.put(hold.clone(), false, NOW).unwrap();
    assert_eq!(written, [hold]);
    assert_eq!((coupon.counters.held, coupon.counters.used), (1, 0));
    assert_eq!(written[0].id, HoldId::from_uuid(uuid(99)));
}
