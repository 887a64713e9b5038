//! Holds past their deadlines are expired at once, whether or not that is written down; a cap that is
//! full writes it down and goes on.

use domain::ports::OpenHoldRefusal;
use domain::{
    Coupon, HoldRefusal, HoldRequest, HoldSeconds, HoldState, SettleRefusal, Settlement, UseRefusal,
};

use crate::Fixture;
use crate::given::{START, by_provider, issue_kind, not_placed, placed, use_kind, with_copy};

const HELD: Result<(), OpenHoldRefusal> = Err(OpenHoldRefusal::Refused(HoldRefusal::Coupon(
    UseRefusal::CouponHeld,
)));

/// A hold by a consumer of its own, for so many seconds.
async fn hold(fixture: &Fixture, coupon: &Coupon, seconds: i64) -> HoldRequest {
    let name = format!("consumer-{}", fixture.number());
    let copy = fixture.copy(coupon, &name).await;
    let request = HoldRequest {
        seconds: HoldSeconds::new(seconds).unwrap(),
        ..fixture.hold_request(&copy)
    };
    fixture.open(&request).await.unwrap();
    request
}

/// Is there a use for one more? Opens nothing when there is none.
async fn one_more(fixture: &Fixture, coupon: &Coupon) -> Result<(), OpenHoldRefusal> {
    let name = format!("consumer-{}", fixture.number());
    let request = fixture.hold_request(&fixture.copy(coupon, &name).await);
    fixture.open(&request).await.map(|_| ())
}

fn after_seconds(seconds: i64) -> domain::Timestamp {
    START.plus_micros(seconds * 1_000_000)
}

pub async fn a_hold_past_its_deadline_is_expired_before_anybody_writes_it_down(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let (late, in_time) = (
        hold(&fixture, &coupon, 5).await,
        hold(&fixture, &coupon, 5).await,
    );
    fixture.clock.set(after_seconds(5).plus_micros(-1));
    let settled = fixture.settle(&in_time, Settlement::Confirm).await;
    assert_eq!(settled.unwrap().state, HoldState::Confirmed);
    fixture.clock.set(after_seconds(5));
    for _ in 0..2 {
        for settlement in [Settlement::Confirm, Settlement::Cancel] {
            let refused = fixture.settle(&late, settlement).await;
            let expected = SettleRefusal::NotOpen(HoldState::Expired);
            assert_eq!(refused, Err(expected));
        }
        let refused = fixture.settle(&late, Settlement::Return).await;
        assert_eq!(refused, Err(SettleRefusal::ReturnNotAvailable));
        // The same again, once it is written down.
        fixture.store.expire_holds(9).await.unwrap();
        assert_eq!(fixture.hold(&late).await.state, HoldState::Expired);
    }
    let state = fixture.hold(&in_time).await.state;
    assert_eq!(state, HoldState::Confirmed);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn lapsed_holds_are_written_down_and_no_more_than_asked_for(fixture: Fixture) {
    let (one, two) = (
        fixture.coupon(use_kind(9, 9)).await,
        fixture.coupon(issue_kind(9)).await,
    );
    let mut lapsing = Vec::new();
    for seconds in [3, 1, 2] {
        lapsing.push(hold(&fixture, &one, seconds).await);
        lapsing.push(hold(&fixture, &two, seconds).await);
    }
    let stays = hold(&fixture, &one, 4).await;
    let cancelled = hold(&fixture, &two, 1).await;
    fixture
        .settle(&cancelled, Settlement::Cancel)
        .await
        .unwrap();
    assert_eq!(fixture.store.expire_holds(9).await.unwrap(), 0);
    fixture.clock.set(after_seconds(3));
    for (limit, expired) in [(0, 0), (4, 4), (4, 2), (4, 0)] {
        assert_eq!(fixture.store.expire_holds(limit).await.unwrap(), expired);
        fixture.assert_exact(&[&one, &two]).await;
    }
    for request in &lapsing {
        assert_eq!(fixture.hold(request).await.state, HoldState::Expired);
    }
    assert_eq!(fixture.hold(&stays).await.state, HoldState::Open);
    assert_eq!(fixture.hold(&cancelled).await.state, HoldState::Cancelled);
    assert_eq!(fixture.read(&one).await.counters.held, 1);
    assert_eq!(fixture.read(&two).await.counters.held, 0);
}

pub async fn a_full_cap_makes_room_of_what_has_lapsed(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(3, 1)).await;
    let lapsing = hold(&fixture, &coupon, 5).await;
    let open = hold(&fixture, &coupon, 60).await;
    let used = hold(&fixture, &coupon, 60).await;
    fixture.settle(&used, Settlement::Confirm).await.unwrap();
    assert_eq!(one_more(&fixture, &coupon).await, HELD);
    fixture.clock.set(after_seconds(5).plus_micros(-1));
    assert_eq!(one_more(&fixture, &coupon).await, HELD);
    fixture.clock.set(after_seconds(5));
    assert_eq!(one_more(&fixture, &coupon).await, Ok(()));
    assert_eq!(fixture.hold(&lapsing).await.state, HoldState::Expired);
    assert_eq!(fixture.hold(&open).await.state, HoldState::Open);
    let counters = fixture.read(&coupon).await.counters;
    assert_eq!((counters.held, counters.used), (2, 1));
    assert_eq!(one_more(&fixture, &coupon).await, HELD);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn an_order_makes_room_of_what_has_lapsed_too(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    for by in [|request| request, by_provider] {
        fixture.clock.set(START);
        let coupon = fixture.coupon(use_kind(1, 1)).await;
        let lapsing = hold(&fixture, &coupon, 5).await;
        let copy = fixture.copy(&coupon, "a").await;
        let request = by(with_copy(fixture.purchase("a", &[(&product, 1)]), &copy));
        let refusal = not_placed(fixture.place(&request).await);
        assert_eq!(refusal, UseRefusal::CouponHeld.into());
        fixture.clock.set(after_seconds(5));
        placed(fixture.place(&request).await);
        assert_eq!(fixture.hold(&lapsing).await.state, HoldState::Expired);
        fixture.assert_exact(&[&coupon]).await;
    }
}

pub async fn a_copy_whose_own_hold_has_lapsed_is_free(fixture: Fixture) {
    for kind in [issue_kind(1), use_kind(1, 1), use_kind(9, 1)] {
        fixture.clock.set(START);
        let coupon = fixture.coupon(kind).await;
        let copy = fixture.copy(&coupon, "a").await;
        let first = HoldRequest {
            seconds: HoldSeconds::new(5).unwrap(),
            ..fixture.hold_request(&copy)
        };
        fixture.open(&first).await.unwrap();
        let second = fixture.hold_request(&copy);
        let refused = fixture.open(&second).await;
        let expected = HoldRefusal::Coupon(UseRefusal::CopyHeld);
        assert_eq!(refused, Err(OpenHoldRefusal::Refused(expected)));
        fixture.clock.set(after_seconds(5));
        fixture.open(&second).await.unwrap();
        assert_eq!(fixture.hold(&first).await.state, HoldState::Expired);
        assert_eq!(fixture.read(&coupon).await.counters.held, 1);
        fixture.settle(&second, Settlement::Confirm).await.unwrap();
        fixture.assert_exact(&[&coupon]).await;
    }
}

pub async fn many_lapsed_holds_make_room_for_as_many(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(20, 1)).await;
    for _ in 0..20 {
        hold(&fixture, &coupon, 5).await;
    }
    fixture.clock.set(after_seconds(5));
    for _ in 0..20 {
        assert_eq!(one_more(&fixture, &coupon).await, Ok(()));
        fixture.assert_exact(&[&coupon]).await;
    }
    assert_eq!(one_more(&fixture, &coupon).await, HELD);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn whoever_yields_gets_no_use_that_others_wait_for(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(2, 1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = HoldRequest {
        yields: true,
        ..fixture.hold_request(&copy)
    };
    assert_eq!(fixture.open(&request).await.map(|_| ()), HELD);
    // Nor what has lapsed.
    hold(&fixture, &coupon, 5).await;
    hold(&fixture, &coupon, 5).await;
    fixture.clock.set(after_seconds(5));
    assert_eq!(fixture.open(&request).await.map(|_| ()), HELD);
    let product = fixture.product(1_000, 9).await;
    let purchase = with_copy(fixture.purchase("a", &[(&product, 1)]), &copy);
    let purchase = domain::PurchaseRequest {
        yields: true,
        ..by_provider(purchase)
    };
    let refusal = not_placed(fixture.place(&purchase).await);
    assert_eq!(refusal, UseRefusal::CouponHeld.into());
    // Nobody waits for an ISSUE_COUPON: its uses are not capped.
    let uncapped = fixture.coupon(issue_kind(1)).await;
    let copy = fixture.copy(&uncapped, "a").await;
    let request = HoldRequest {
        yields: true,
        ..fixture.hold_request(&copy)
    };
    fixture.open(&request).await.unwrap();
    fixture.assert_exact(&[&coupon, &uncapped]).await;
}
