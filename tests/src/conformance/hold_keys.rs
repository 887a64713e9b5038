//! The keys of holds: looked at before all else, and kept with what was done under them.

use domain::ports::{Answered, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, RequestDigest};
use domain::{Amount, Hold, HoldRequest, SettleRefusal, Settlement, Timestamp};

use crate::Fixture;
use crate::given::use_kind;

use Settlement::{Cancel, Confirm, Return};

fn key<T>(fixture: &Fixture, answer: fn(&T, Timestamp) -> Vec<u8>) -> KeyedRequest<T> {
    KeyedRequest {
        scope: fixture.key(),
        digest: RequestDigest([1; 32]),
        answer,
    }
}

fn rendered<T: std::fmt::Debug>(effect: &T, now: Timestamp) -> Vec<u8> {
    format!("{effect:?} at {now:?}").into_bytes()
}

pub async fn the_key_of_a_hold_comes_first_and_is_kept_with_its_answer(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = fixture.hold_request(&copy);
    let first = key(&fixture, rendered::<OpenedHold>);
    let open = async |request: &HoldRequest, key| {
        let opened = fixture.store.open_hold(request.clone(), Some(key)).await;
        opened.unwrap()
    };
    let kept = async |scope| fixture.store.answered(scope).await.unwrap();
    let opened = open(&request, first).await;
    let Keyed::Done(opened, now) = opened else {
        panic!("{opened:?}");
    };
    let answered = Answered {
        digest: first.digest,
        answer: rendered(&opened, now),
    };
    assert_eq!(kept(first.scope).await, Some(answered.clone()));
    let other = HoldRequest {
        order_amount: Amount::ZERO,
        ..request.clone()
    };
    for request in [&request, &other, &fixture.hold_request(&copy)] {
        let again = open(request, first).await;
        assert_eq!(again, Keyed::Answered(answered.clone()));
    }
    // Under another key: the same hold, or refused, and that leaves no key.
    let second = key(&fixture, rendered::<OpenedHold>);
    let refused = open(&other, second).await;
    assert_eq!(refused, Keyed::Refused(OpenHoldRefusal::NameReused));
    assert_eq!(kept(second.scope).await, None);
    let before = OpenedHold::Before(opened.hold().clone());
    assert_eq!(
        open(&request, second).await,
        Keyed::Done(before.clone(), now)
    );
    let answer = kept(second.scope).await.unwrap().answer;
    assert_eq!(answer, rendered(&before, now));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn the_key_of_a_settlement_comes_first_and_is_kept_with_its_answer(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 9)).await;
    let request = fixture.held(&fixture.copy(&coupon, "a").await).await;
    let settle = async |settlement, key| {
        let (caller, name) = (request.caller_id.clone(), request.name.clone());
        let settled = fixture
            .store
            .settle_hold(caller, name, settlement, Some(key));
        settled.await.unwrap()
    };
    let kept = async |scope| fixture.store.answered(scope).await.unwrap();
    let first = key(&fixture, rendered::<Hold>);
    let refused = settle(Return, first).await;
    assert_eq!(refused, Keyed::Refused(SettleRefusal::ReturnNotAvailable));
    assert_eq!(kept(first.scope).await, None);
    let settled = settle(Confirm, first).await;
    let Keyed::Done(hold, now) = settled else {
        panic!("{settled:?}");
    };
    let answered = Answered {
        digest: first.digest,
        answer: rendered(&hold, now),
    };
    assert_eq!(kept(first.scope).await, Some(answered.clone()));
    for settlement in [Confirm, Cancel, Return] {
        let again = settle(settlement, first).await;
        assert_eq!(again, Keyed::Answered(answered.clone()));
    }
    let second = key(&fixture, rendered::<Hold>);
    assert_eq!(settle(Confirm, second).await, Keyed::Done(hold, now));
    assert!(kept(second.scope).await.is_some());
    fixture.assert_exact(&[&coupon]).await;
}
