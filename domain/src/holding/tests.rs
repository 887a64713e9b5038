use super::*;
use crate::testing::{
    EXPIRY, NOW, amount, at, caller, hold, hold_request, issue_kind, redundant_kind, rendered,
    use_kind, using, uuid, with_state,
};
use crate::{Counters, CouponKind, IssuedCouponState, SagaId};
use HoldState::{Cancelled, Confirmed, Expired, Open, Returned};
use Settlement::{Cancel, Confirm, Return};
use rstest::rstest;

/// When the hold of these tests lapses; long after its coupon has expired.
const DEADLINE: Timestamp = Timestamp::from_micros(1_000_150);

type Held = (Hold, IssuedCoupon, Coupon);

/// A hold in this state, with copy and coupon as they are then.
fn held(kind: CouponKind, state: HoldState) -> Held {
    let mut using = using(kind);
    let count = |of: HoldState| u64::from(of == state);
    using.copy.used = count(Confirmed);
    using.coupon.counters.held = count(Open);
    using.coupon.counters.used = count(Confirmed);
    let hold = with_state(state, hold(1, &using));
    (hold, using.copy, using.coupon)
}

fn applied((_, copy, coupon): Held, hold: Hold, writes: Writes) -> Held {
    let copy = writes.copy.unwrap_or(copy);
    (hold, copy, writes.coupon.unwrap_or(coupon))
}

#[test]
fn a_hold_that_is_opened_is_written_with_its_coupon() {
    let request = hold_request();
    let (hold, writes) = request.open(Some(using(use_kind(1, 1))), NOW).unwrap();
    assert_eq!(
        rendered(&writes),
        ["coupon: 1 held, 0 used", "hold 40: Open, 100 off 1600"]
    );
    assert_eq!(writes.holds, std::slice::from_ref(&hold));
    assert_eq!(hold.deadline(), Some(DEADLINE));
    assert_eq!((hold.opened_at, hold.single_use), (NOW, true));
    assert!(request.is_for(&hold));
}

#[test]
fn a_hold_of_a_redundant_copy_is_no_single_use() {
    let opened = hold_request().open(Some(using(redundant_kind(1))), NOW);
    assert!(!opened.unwrap().0.single_use);
}

#[test]
fn an_unknown_copy_is_not_found() {
    let opened = hold_request().open(None, NOW);
    assert_eq!(opened, Err(HoldRefusal::IssuedCouponNotFound));
}

#[test]
fn a_hold_is_refused_as_a_use_is() {
    let refused = |change: fn(&mut UseReading), now| {
        let mut using = using(use_kind(1, 1));
        change(&mut using);
        match hold_request().open(Some(using), now) {
            Err(HoldRefusal::Coupon(refusal)) => refusal,
            other => panic!("{other:?}"),
        }
    };
    let used: fn(&mut UseReading) = |using| using.copy.used = 1;
    let expired: fn(&mut UseReading) = |_| {};
    let paused: fn(&mut UseReading) = |using| using.coupon.paused = true;
    let withdrawn: fn(&mut UseReading) = |using| using.copy.state = IssuedCouponState::Withdrawn;
    let held: fn(&mut UseReading) = |using| using.holds = vec![hold(1, using)];
    let full: fn(&mut UseReading) = |using| using.coupon.counters.held = 1;
    assert_eq!(refused(used, NOW), UseRefusal::AlreadyUsedCoupon);
    assert_eq!(refused(expired, EXPIRY), UseRefusal::ResourceExpired);
    assert_eq!(refused(paused, NOW), UseRefusal::CouponPaused);
    assert_eq!(refused(withdrawn, NOW), UseRefusal::CouponNotUsable);
    assert_eq!(refused(held, NOW), UseRefusal::CopyHeld);
    assert_eq!(refused(full, NOW), UseRefusal::CouponHeld);
}

#[test]
fn a_checkout_yields_to_those_who_wait() {
    let mut request = hold_request();
    request.yields = true;
    let opened = request.open(Some(using(use_kind(1, 1))), NOW);
    assert_eq!(opened, Err(UseRefusal::CouponHeld.into()));
}

#[test]
fn a_lapsed_hold_is_written_down_with_the_one_that_takes_its_slot() {
    let mut using = using(use_kind(1, 1));
    using.coupon.expires_at = DEADLINE.plus_micros(1);
    using.coupon.event_window = crate::Window::new(at(100), using.coupon.expires_at).unwrap();
    using.coupon.counters.held = 1;
    using.holds = vec![hold(1, &using)];
    let (_, writes) = hold_request().open(Some(using), DEADLINE).unwrap();
    let expected = [
        "coupon: 1 held, 0 used",
        "hold 1: Expired, 100 off 1600",
        "hold 40: Open, 100 off 1600",
    ];
    assert_eq!(rendered(&writes), expected);
}

#[test]
fn the_same_name_is_the_same_hold_only_with_the_same_request() {
    let (hold, _) = hold_request()
        .open(Some(using(issue_kind(1))), NOW)
        .unwrap();
    let with = |change: fn(&mut HoldRequest)| {
        let mut request = hold_request();
        change(&mut request);
        request.is_for(&hold)
    };
    assert!(
        with(|request| request.id = HoldId::from_uuid(uuid(41))),
        "made anew for each try"
    );
    assert!(
        with(|request| request.yields = true),
        "says nothing of the hold"
    );
    assert!(!with(|request| request.caller_id = caller("other")));
    assert!(!with(
        |request| request.name = HoldName::new("other").unwrap()
    ));
    assert!(!with(|request| request.order_amount = amount(1_601)));
    assert!(!with(
        |request| request.seconds = HoldSeconds::new(2).unwrap()
    ));
    assert!(!with(
        |request| request.issued_coupon_id = IssuedCouponId::from_uuid(uuid(8))
    ));
    let of_a_saga = Hold {
        owner: HoldOwner::Saga(SagaId::from_uuid(uuid(20))),
        ..hold.clone()
    };
    assert!(!hold_request().is_for(&of_a_saga));
    let confirmed = with_state(Confirmed, hold);
    assert!(hold_request().is_for(&confirmed), "however it has ended");
}

#[rstest]
#[case(
    Open,
    Confirm,
    "coupon: 0 held, 1 used; copy: 1 used; hold 1: Confirmed"
)]
#[case(Open, Cancel, "coupon: 0 held, 0 used; hold 1: Cancelled")]
#[case(Open, Return, "ReturnNotAvailable")]
#[case(Confirmed, Confirm, "")]
#[case(Confirmed, Cancel, "NotOpen(Confirmed)")]
#[case(
    Confirmed,
    Return,
    "coupon: 0 held, 0 used; copy: 0 used; hold 1: Returned"
)]
#[case(Cancelled, Confirm, "NotOpen(Cancelled)")]
#[case(Cancelled, Cancel, "")]
#[case(Cancelled, Return, "ReturnNotAvailable")]
#[case(Expired, Confirm, "NotOpen(Expired)")]
#[case(Expired, Cancel, "NotOpen(Expired)")]
#[case(Expired, Return, "ReturnNotAvailable")]
#[case(Returned, Confirm, "NotOpen(Returned)")]
#[case(Returned, Cancel, "NotOpen(Returned)")]
#[case(Returned, Return, "")]
fn every_state_and_every_settlement(
    #[case] state: HoldState,
    #[case] settlement: Settlement,
    #[case] expected: &str,
    #[values(issue_kind(1), redundant_kind(1))] kind: CouponKind,
) {
    let before = held(kind, state);
    match settlement.settle(before.clone(), NOW) {
        Ok((hold, writes)) => {
            assert_eq!(
                rendered(&writes).join("; ").replace(", 100 off 1600", ""),
                expected
            );
            // Again, it is done already.
            let again = settlement.settle(applied(before, hold.clone(), writes), NOW);
            assert_eq!(again, Ok((hold, Writes::default())));
        }
        Err(refusal) => assert_eq!(format!("{refusal:?}"), expected),
    }
}

#[rstest]
#[case(Open, Confirm, Err(SettleRefusal::NotOpen(Expired)))]
#[case(Open, Cancel, Err(SettleRefusal::NotOpen(Expired)))]
#[case(Open, Return, Err(SettleRefusal::ReturnNotAvailable))]
#[case(Confirmed, Confirm, Ok(()))]
#[case(Cancelled, Cancel, Ok(()))]
#[case(Expired, Cancel, Err(SettleRefusal::NotOpen(Expired)))]
fn past_its_deadline_an_open_hold_is_expired_and_an_ended_one_as_it_was(
    #[case] state: HoldState,
    #[case] settlement: Settlement,
    #[case] expected: Result<(), SettleRefusal>,
    #[values(DEADLINE, DEADLINE.plus_micros(1))] now: Timestamp,
) {
    let settled = settlement.settle(held(use_kind(1, 1), state), now);
    let settled = settled.map(|(_, writes)| assert_eq!(writes, Writes::default()));
    assert_eq!(settled, expected);
}

#[rstest]
fn until_its_deadline_a_hold_is_open_though_its_copy_has_expired(
    #[values(Confirm, Cancel)] settlement: Settlement,
) {
    let now = DEADLINE.plus_micros(-1);
    let before = held(use_kind(1, 1), Open);
    assert!(before.2.is_expired(now));
    assert!(settlement.settle(before, now).is_ok());
}

#[rstest]
#[case(issue_kind(1), EXPIRY.plus_micros(-1), true)]
#[case(issue_kind(1), EXPIRY, false)]
#[case(redundant_kind(1), EXPIRY.plus_micros(-1), true)]
#[case(redundant_kind(1), EXPIRY, false)]
#[case::never(use_kind(1, 1), EXPIRY.plus_micros(-1), false)]
#[case::never(use_kind(1, 1), EXPIRY, false)]
fn a_final_use_returns_to_an_issue_coupon_that_has_not_expired(
    #[case] kind: CouponKind,
    #[case] now: Timestamp,
    #[case] returns: bool,
) {
    let settled = Return.settle(held(kind, Confirmed), now);
    let refusal = (!returns).then_some(SettleRefusal::ReturnNotAvailable);
    assert_eq!(settled.err(), refusal);
}

#[rstest]
#[case(Open, DEADLINE.plus_micros(-1), false)]
#[case(Open, DEADLINE, true)]
#[case(Confirmed, DEADLINE, false)]
#[case(Cancelled, DEADLINE, false)]
#[case(Expired, DEADLINE, false)]
#[case(Returned, DEADLINE, false)]
fn a_hold_is_expired_when_it_has_lapsed_and_only_once(
    #[case] state: HoldState,
    #[case] now: Timestamp,
    #[case] lapses: bool,
) {
    let (hold, _, coupon) = held(use_kind(1, 1), state);
    let writes = expire(hold, coupon, now);
    let expected = ["coupon: 0 held, 0 used", "hold 1: Expired, 100 off 1600"];
    assert_eq!(
        writes.as_ref().map(rendered),
        lapses.then(|| expected.map(str::to_owned).to_vec())
    );
    if let Some(Writes {
        coupon, mut holds, ..
    }) = writes
    {
        assert_eq!(expire(holds.remove(0), coupon.unwrap(), now), None);
    }
}

#[test]
fn ending_one_of_several_holds_leaves_the_others_counted() {
    let (hold, copy, mut coupon) = held(redundant_kind(1), Open);
    coupon.counters = Counters {
        issued: 1,
        held: 3,
        used: 2,
        withdrawn: 0,
    };
    let (_, writes) = Confirm.settle((hold, copy, coupon), NOW).unwrap();
    let after = writes.coupon.unwrap().counters;
    assert_eq!((after.held, after.used), (2, 3));
}
