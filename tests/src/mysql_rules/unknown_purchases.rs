//! As [`unknown_commits`](super::unknown_commits), of purchases: who placed an order, told a saga its
//! outcome or opened a hold is told so, and nobody takes it for somebody else's.

use std::sync::atomic::Ordering;

use domain::ports::{OpenedHold, Placed};
use domain::{OrderRefusal, OrderStatus, SagaEvent, SagaPatience, SagaPhase};

use super::unknown_commits::{cut, ground};
use crate::given::{by_provider, issue_kind, placed, use_kind, with_copy};
use crate::servers::Make;

pub async fn an_order_whose_commit_is_not_answered_is_the_callers_own(make: Make) {
    let (ground, shears) = ground(make).await;
    let fixture = &ground.fixture;
    let coupon = fixture.coupon(use_kind(2, 1)).await;
    let product = fixture.product(1_000, 9).await;
    for (name, place) in [("a", &shears.before), ("b", &shears.after)] {
        fixture.charge(name, 1_000).await;
        let copy = fixture.copy(&coupon, name).await;
        let request = with_copy(fixture.purchase(name, &[(&product, 1)]), &copy);
        cut(place);
        let (order, saga) = placed(fixture.place(&request).await);
        assert_eq!(
            (order.id, order.status),
            (request.order_id, OrderStatus::Paid)
        );
        assert_eq!((saga.id, saga.phase), (request.saga_id, SagaPhase::Done));
        assert_eq!(place.load(Ordering::SeqCst), 0);
        // To whoever asks again later it is an order from before.
        assert_eq!(fixture.place(&request).await, Placed::Before(order, saga));
    }
    assert_eq!(fixture.left(&product).await, 7);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_saga_whose_commit_is_not_answered_is_still_its_workers(make: Make) {
    let (ground, shears) = ground(make).await;
    let fixture = &ground.fixture;
    let product = fixture.product(1_000, 9).await;
    for (name, place) in [("a", &shears.before), ("b", &shears.after)] {
        let request = by_provider(fixture.purchase(name, &[(&product, 1)]));
        cut(place);
        let (order, saga) = placed(fixture.place(&request).await);
        assert_eq!((order.status, saga.epoch), (OrderStatus::Pending, 1));
        cut(place);
        let paid = fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
        assert_eq!(paid.status, OrderStatus::Paid);
        assert_eq!(fixture.saga(saga.id).await.epoch, 2);
        assert_eq!(place.load(Ordering::SeqCst), 0);
        // Told once more, it is a stale worker's.
        let again = fixture.told(&saga, SagaEvent::Succeeded).await;
        assert_eq!(again, Err(OrderRefusal::StaleWorker));
    }
    fixture.assert_exact(&[]).await;
}

pub async fn a_hold_whose_commit_is_not_answered_is_opened_now(make: Make) {
    let (ground, shears) = ground(make).await;
    let fixture = &ground.fixture;
    let coupon = fixture.coupon(issue_kind(2)).await;
    for (name, place) in [("a", &shears.before), ("b", &shears.after)] {
        let copy = fixture.copy(&coupon, name).await;
        let request = fixture.hold_request(&copy);
        cut(place);
        let opened = fixture.open(&request).await.unwrap();
        assert!(matches!(opened, OpenedHold::Now(_)), "{opened:?}");
        assert_eq!(place.load(Ordering::SeqCst), 0);
        let before = fixture.open(&request).await;
        assert_eq!(before, Ok(OpenedHold::Before(opened.hold().clone())));
    }
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn sagas_whose_take_over_is_not_answered_are_nobodys_until_their_lease_ends(make: Make) {
    let (ground, shears) = ground(make).await;
    let fixture = &ground.fixture;
    let product = fixture.product(1_000, 9).await;
    let (_, saga) = fixture.begin("a", &product).await;
    let patience = SagaPatience::default();
    fixture.clock.set(saga.due_at);
    cut(&shears.after);
    let taken = fixture.store.take_over_sagas(9, patience).await.unwrap();
    assert_eq!(taken, []);
    let left = fixture.saga(saga.id).await;
    assert_eq!(left.epoch, 2);
    let stale = fixture.told(&saga, SagaEvent::Succeeded).await;
    assert_eq!(stale, Err(OrderRefusal::StaleWorker));
    fixture.clock.set(left.due_at);
    let taken = fixture.store.take_over_sagas(9, patience).await.unwrap();
    assert_eq!(taken.len(), 1);
    fixture.told(&taken[0], SagaEvent::Succeeded).await.unwrap();
    fixture.assert_exact(&[]).await;
}
