//! Holds, commands, sagas, charges and locks at once: each effect once, and everybody hears of that
//! one.

use std::collections::HashSet;
use std::sync::Arc;

use domain::ports::{Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, RequestDigest};
use domain::{
    Charge, EntryId, Hold, HoldId, HoldRefusal, HoldRequest, HoldState, OrderCommand, OrderRefusal,
    OrderStatus, SagaEvent, SagaPatience, SettleRefusal, Settlement, UseRefusal, Wallet,
};

use super::races::{TIMES, at_once};
use crate::Fixture;
use crate::given::{START, amount, consumer, declined, use_kind};

pub async fn a_hold_at_once_is_opened_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(use_kind(9, 1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = fixture.hold_request(&copy);
    let answers = at_once(&fixture, |fixture, number| {
        let id = HoldId::from_uuid(fixture.id());
        let mut request = HoldRequest {
            id,
            ..request.clone()
        };
        // Another one under the same name, now and then.
        if number % 5 == 0 {
            request.order_amount = amount(7);
        }
        async move { fixture.open(&request).await }
    });
    let (mut opened, mut ids) = (0, HashSet::new());
    for answer in answers.await {
        match answer {
            Ok(OpenedHold::Now(hold)) => {
                opened += 1;
                ids.insert(hold.id);
            }
            Ok(OpenedHold::Before(hold)) => {
                ids.insert(hold.id);
            }
            Err(refusal) => assert_eq!(refusal, OpenHoldRefusal::NameReused),
        }
    }
    assert_eq!((opened, ids.len()), (1, 1));
    // Under names of their own: the copy is held.
    let answers = at_once(&fixture, |fixture, _| {
        let request = fixture.hold_request(&copy);
        async move { fixture.open(&request).await }
    });
    let held = OpenHoldRefusal::Refused(HoldRefusal::Coupon(UseRefusal::CopyHeld));
    assert!(answers.await.iter().all(|answer| *answer == Err(held)));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_hold_ends_in_one_way_at_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(use_kind(9, 1)).await;
    let request = fixture.held(&fixture.copy(&coupon, "a").await).await;
    let answers = at_once(&fixture, |fixture, number| {
        let request = request.clone();
        let settlement = match number % 2 {
            0 => Settlement::Confirm,
            _ => Settlement::Cancel,
        };
        async move { fixture.settle(&request, settlement).await }
    });
    let ends = answers.await.into_iter().map(|answer| match answer {
        Ok(Hold { state, .. }) | Err(SettleRefusal::NotOpen(state)) => state,
        Err(other) => panic!("{other:?}"),
    });
    let end = fixture.hold(&request).await.state;
    assert!(matches!(end, HoldState::Confirmed | HoldState::Cancelled));
    assert_eq!(ends.filter(|told| *told != end).count(), 0);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_command_at_once_is_done_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 10).await;
    fixture.charge("a", 2_000).await;
    let (refunded, confirmed) = (
        fixture.buy("a", &product).await,
        fixture.buy("a", &product).await,
    );
    fixture.deliver(&confirmed).await;
    let answers = at_once(&fixture, |fixture, _| {
        let (refunded, confirmed) = (refunded.clone(), confirmed.clone());
        async move {
            let refund = fixture.refund();
            (
                fixture.change(&refunded, refund).await.unwrap().status,
                fixture
                    .change(&confirmed, OrderCommand::Confirm)
                    .await
                    .unwrap()
                    .status,
            )
        }
    });
    for answer in answers.await {
        assert_eq!(answer, (OrderStatus::Refunded, OrderStatus::Confirmed));
    }
    assert_eq!(fixture.has("a").await, (1_000, 25));
    assert_eq!(fixture.left(&product).await, 9);
    fixture.assert_exact(&[]).await;
}

pub async fn an_outcome_told_at_once_is_taken_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 10).await;
    let (order, saga) = fixture.begin("a", &product).await;
    let answers = at_once(&fixture, |fixture, number| {
        let saga = saga.clone();
        let event = match number % 2 {
            0 => SagaEvent::Succeeded,
            _ => declined(),
        };
        async move { fixture.told(&saga, event).await }
    });
    let (taken, stale): (Vec<_>, Vec<_>) = answers.await.into_iter().partition(Result::is_ok);
    assert_eq!(taken.len(), 1);
    assert!(
        stale
            .iter()
            .all(|one| *one == Err(OrderRefusal::StaleWorker))
    );
    assert_eq!(taken[0], Ok(fixture.order(&order).await));
    fixture.assert_exact(&[]).await;
}

pub async fn sagas_at_once_are_taken_over_by_one_each(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 1_000).await;
    let mut sagas = HashSet::new();
    for _ in 0..TIMES {
        sagas.insert(fixture.begin("a", &product).await.1.id);
    }
    let patience = SagaPatience::default();
    for round in 1..=2 {
        fixture.clock.set(START.plus_micros(round * patience.lease));
        let taken = at_once(&fixture, |fixture, _| async move {
            fixture.store.take_over_sagas(3, patience).await.unwrap()
        });
        let taken = taken.await;
        assert!(taken.iter().all(|some| some.len() <= 3));
        let taken = taken.concat();
        let ids: HashSet<_> = taken.iter().map(|saga| saga.id).collect();
        assert_eq!(taken.len(), ids.len(), "one was taken over twice");
        assert_eq!(ids, sagas);
        for saga in taken {
            assert_eq!(i64::try_from(saga.epoch), Ok(1 + round));
        }
    }
    fixture.assert_exact(&[]).await;
}

pub async fn a_charge_at_once_is_made_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let scope = fixture.key();
    let answers = at_once(&fixture, |fixture, _| async move {
        let charge = Charge {
            id: EntryId::from_uuid(fixture.id()),
            consumer_id: consumer("a"),
            amount: amount(5),
        };
        let key = KeyedRequest {
            scope,
            digest: RequestDigest([1; 32]),
            answer: |wallet: &Wallet, _| wallet.balance.get().to_be_bytes().to_vec(),
        };
        fixture.store.charge(charge, key).await.unwrap()
    });
    let mut made = 0;
    for answer in answers.await {
        match answer {
            Keyed::Done(wallet, _) => {
                made += 1;
                assert_eq!(wallet.balance, amount(5));
            }
            Keyed::Answered(answered) => assert_eq!(answered.answer, 5_i64.to_be_bytes()),
            Keyed::Refused(refusal) => panic!("{refusal:?}"),
        }
    }
    assert_eq!((made, fixture.has("a").await.0), (1, 5));
    fixture.assert_exact(&[]).await;
}

pub async fn a_lock_at_once_has_one_owner(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let leases = at_once(&fixture, |fixture, _| async move {
        let owner = fixture.id();
        fixture.store.acquire("a", owner, 1_000).await.unwrap()
    });
    assert_eq!(leases.await.into_iter().flatten().count(), 1);
}
