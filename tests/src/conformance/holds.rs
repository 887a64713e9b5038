//! Holds of shops with a checkout of their own: opened once under a name, and settled once.

use domain::ports::{OpenHoldRefusal, OpenedHold};
use domain::{
    Hold, HoldId, HoldOwner, HoldRequest, HoldSeconds, HoldState, IssuedCouponId, SettleRefusal,
    Settlement,
};

use super::changing::{changed, pause};
use crate::Fixture;
use crate::given::{END, START, amount, caller, hold_name, issue_kind, use_kind};

use Settlement::{Cancel, Confirm, Return};

fn seconds(number: i64) -> HoldSeconds {
    HoldSeconds::new(number).unwrap()
}

pub async fn a_hold_is_read_as_it_was_opened(fixture: Fixture) {
    let issue = fixture.coupon(issue_kind(9)).await;
    let usage = fixture.coupon(use_kind(9, 9)).await;
    let now = START.plus_micros(7);
    fixture.clock.set(now);
    for (coupon, who) in [(&issue, "x".repeat(64)), (&usage, "AZaz09._@:-".to_owned())] {
        for (lasts, total, discount) in [(1, 0, 0), (60, 499, 499), (86_400, i64::MAX, 500)] {
            let name = format!("{}-{lasts}", coupon.id);
            let copy = fixture.copy(coupon, &name).await;
            let request = HoldRequest {
                caller_id: caller(&who),
                name: hold_name(&"n".repeat(usize::try_from(lasts).unwrap().min(64))),
                seconds: seconds(lasts),
                order_amount: amount(total),
                ..fixture.hold_request(&copy)
            };
            let expected = Hold {
                id: request.id,
                owner: HoldOwner::Caller {
                    caller_id: request.caller_id.clone(),
                    name: request.name.clone(),
                    seconds: request.seconds,
                    deadline: now.plus_micros(lasts * 1_000_000),
                },
                coupon_id: coupon.id,
                issued_coupon_id: copy.id,
                single_use: true,
                order_amount: amount(total),
                discount: amount(discount),
                state: HoldState::Open,
                opened_at: now,
            };
            let opened = fixture.open(&request).await;
            assert_eq!(opened, Ok(OpenedHold::Now(expected.clone())));
            assert_eq!(fixture.hold(&request).await, expected);
            fixture.settle(&request, Cancel).await.unwrap();
        }
    }
    fixture.assert_exact(&[&issue, &usage]).await;
}

pub async fn a_hold_is_told_with_the_time_of_the_ledger(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let request = fixture.held(&fixture.copy(&coupon, "a").await).await;
    let now = START.plus_micros(59_999_999);
    for (now, state) in [
        (now, HoldState::Open),
        (now.plus_micros(1), HoldState::Expired),
    ] {
        fixture.clock.set(now);
        let (caller, name) = (request.caller_id.clone(), request.name.clone());
        let (hold, at) = fixture.store.hold(caller, name).await.unwrap().unwrap();
        assert_eq!((hold.state, at), (HoldState::Open, now));
        assert_eq!(hold.state_at(at), state);
    }
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn the_same_hold_again_is_the_hold_as_it_is_written_down(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 9)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = fixture.held(&copy).await;
    let again = || HoldRequest {
        id: HoldId::from_uuid(fixture.id()),
        // Whoever waits has it already.
        yields: true,
        ..request.clone()
    };
    let hold = fixture.hold(&request).await;
    assert_eq!(
        fixture.open(&request).await,
        Ok(OpenedHold::Before(hold.clone()))
    );
    assert_eq!(
        fixture.open(&again()).await,
        Ok(OpenedHold::Before(hold.clone()))
    );
    // Also past its deadline, when the coupon is paused, and when it has ended.
    fixture.clock.set(START.plus_micros(60_000_000));
    assert_eq!(
        fixture.open(&again()).await,
        Ok(OpenedHold::Before(hold.clone()))
    );
    fixture.clock.set(START);
    fixture.settle(&request, Confirm).await.unwrap();
    changed(&fixture, &coupon, pause(true)).await;
    let confirmed = Hold {
        state: HoldState::Confirmed,
        ..hold
    };
    for now in [START, END] {
        fixture.clock.set(now);
        let before = fixture.open(&again()).await;
        assert_eq!(before, Ok(OpenedHold::Before(confirmed.clone())));
    }
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_name_belongs_to_one_request(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let (one, two) = (
        fixture.copy(&coupon, "a").await,
        fixture.copy(&coupon, "b").await,
    );
    let request = fixture.held(&one).await;
    let others = |fixture: &Fixture| {
        [
            HoldRequest {
                issued_coupon_id: two.id,
                ..request.clone()
            },
            HoldRequest {
                issued_coupon_id: IssuedCouponId::from_uuid(fixture.id()),
                ..request.clone()
            },
            HoldRequest {
                order_amount: amount(1_001),
                ..request.clone()
            },
            HoldRequest {
                seconds: seconds(61),
                ..request.clone()
            },
        ]
    };
    for settlement in [None, Some(Cancel)] {
        if let Some(settlement) = settlement {
            fixture.settle(&request, settlement).await.unwrap();
        }
        for other in others(&fixture) {
            let refused = fixture.open(&other).await;
            assert_eq!(refused, Err(OpenHoldRefusal::NameReused));
        }
    }
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn names_are_each_callers_own_and_compared_byte_by_byte(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let mut requests = Vec::new();
    for (who, name) in [("shop", "n"), ("Shop", "n"), ("shop", "N"), ("shop", "n.")] {
        let copy = fixture.copy(&coupon, "a").await;
        let request = HoldRequest {
            caller_id: caller(who),
            name: hold_name(name),
            ..fixture.hold_request(&copy)
        };
        let opened = fixture.open(&request).await;
        assert!(matches!(opened, Ok(OpenedHold::Now(_))), "{opened:?}");
        requests.push(request);
    }
    fixture.settle(&requests[0], Confirm).await.unwrap();
    for (request, state) in requests.iter().zip([
        HoldState::Confirmed,
        HoldState::Open,
        HoldState::Open,
        HoldState::Open,
    ]) {
        let hold = fixture.hold(request).await;
        assert_eq!((hold.id, hold.state), (request.id, state));
    }
    let nobodys = HoldRequest {
        caller_id: caller("nobody"),
        ..requests[0].clone()
    };
    for settlement in [Confirm, Cancel, Return] {
        let refused = fixture.settle(&nobodys, settlement).await;
        assert_eq!(refused, Err(SettleRefusal::NotFound));
    }
    let (caller, name) = (nobodys.caller_id, nobodys.name);
    assert_eq!(fixture.store.hold(caller, name).await.unwrap(), None);
    fixture.assert_exact(&[&coupon]).await;
}

/// How a hold stands after what was done to it, and what it is told then.
async fn after(
    fixture: &Fixture,
    request: &HoldRequest,
    settlement: Settlement,
) -> Result<HoldState, SettleRefusal> {
    let before = fixture.hold(request).await;
    let settled = fixture.settle(request, settlement).await;
    let now = fixture.hold(request).await;
    match &settled {
        Ok(hold) => assert_eq!(*hold, now),
        Err(_) => assert_eq!(now, before),
    }
    settled.map(|hold| hold.state)
}

pub async fn a_hold_ends_once_and_the_same_end_again_is_the_same(fixture: Fixture) {
    let not_open = |state| Err(SettleRefusal::NotOpen(state));
    let not_available = Err(SettleRefusal::ReturnNotAvailable);
    for (kind, returns) in [(issue_kind(9), true), (use_kind(9, 1), false)] {
        let coupon = fixture.coupon(kind).await;
        let held = async |name| fixture.held(&fixture.copy(&coupon, name).await).await;
        let cancelled = held("a").await;
        assert_eq!(after(&fixture, &cancelled, Return).await, not_available);
        for _ in 0..2 {
            let state = after(&fixture, &cancelled, Cancel).await;
            assert_eq!(state, Ok(HoldState::Cancelled));
        }
        let confirm = after(&fixture, &cancelled, Confirm).await;
        assert_eq!(confirm, not_open(HoldState::Cancelled));
        assert_eq!(after(&fixture, &cancelled, Return).await, not_available);

        let confirmed = held("b").await;
        for _ in 0..2 {
            let state = after(&fixture, &confirmed, Confirm).await;
            assert_eq!(state, Ok(HoldState::Confirmed));
        }
        let cancel = after(&fixture, &confirmed, Cancel).await;
        assert_eq!(cancel, not_open(HoldState::Confirmed));
        assert_eq!(fixture.read(&coupon).await.counters.used, 1);
        for _ in 0..2 {
            let state = after(&fixture, &confirmed, Return).await;
            match returns {
                true => assert_eq!(state, Ok(HoldState::Returned)),
                false => assert_eq!(state, not_available),
            }
        }
        let counters = fixture.read(&coupon).await.counters;
        assert_eq!((counters.held, counters.used), (0, u64::from(!returns)));
        if returns {
            for settlement in [Confirm, Cancel] {
                let refused = after(&fixture, &confirmed, settlement).await;
                assert_eq!(refused, not_open(HoldState::Returned));
            }
        }
        fixture.assert_exact(&[&coupon]).await;
    }
}

pub async fn a_use_is_returned_before_its_copy_expires_not_after(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    let one = fixture.use_up(&fixture.copy(&coupon, "a").await).await;
    let two = fixture.use_up(&fixture.copy(&coupon, "b").await).await;
    fixture.clock.set(END.plus_micros(-1));
    let returned = after(&fixture, &one, Return).await;
    assert_eq!(returned, Ok(HoldState::Returned));
    fixture.clock.set(END);
    let refused = after(&fixture, &two, Return).await;
    assert_eq!(refused, Err(SettleRefusal::ReturnNotAvailable));
    // What was returned stays so.
    let again = after(&fixture, &one, Return).await;
    assert_eq!(again, Ok(HoldState::Returned));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn an_open_hold_outlives_its_copys_expiry_and_a_pause(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let mut holds = Vec::new();
    for name in ["a", "b"] {
        let copy = fixture.copy(&coupon, name).await;
        let request = HoldRequest {
            seconds: seconds(86_400),
            ..fixture.hold_request(&copy)
        };
        fixture.open(&request).await.unwrap();
        holds.push(request);
    }
    changed(&fixture, &coupon, pause(true)).await;
    fixture.clock.set(END.plus_micros(1));
    let confirmed = after(&fixture, &holds[0], Confirm).await;
    assert_eq!(confirmed, Ok(HoldState::Confirmed));
    let cancelled = after(&fixture, &holds[1], Cancel).await;
    assert_eq!(cancelled, Ok(HoldState::Cancelled));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_copy_that_may_be_used_more_than_once_takes_many_holds(fixture: Fixture) {
    let kind = domain::CouponKind::Issue {
        maximum_issued: domain::Cap::new(1).unwrap(),
        redundant_usable: true,
    };
    let coupon = fixture.coupon(kind).await;
    let copy = fixture.copy(&coupon, "a").await;
    let mut holds = Vec::new();
    for _ in 0..4 {
        holds.push(fixture.held(&copy).await);
        assert!(!fixture.hold(&holds[0]).await.single_use);
    }
    for (request, settlement) in holds.iter().zip([Confirm, Confirm, Cancel]) {
        fixture.settle(request, settlement).await.unwrap();
    }
    fixture.settle(&holds[0], Return).await.unwrap();
    fixture.use_up(&copy).await;
    let counters = fixture.read(&coupon).await.counters;
    assert_eq!((counters.held, counters.used), (1, 2));
    assert_eq!(fixture.read_copy(copy.id).await.used, 2);
    fixture.assert_exact(&[&coupon]).await;
}
