//! Purchases and holds that are refused: the first reason that holds is told, and nothing is written.

use domain::ports::OpenHoldRefusal;
use domain::{HoldRefusal, Money, PurchaseRefusal, PurchaseRequest, UseRefusal};

use super::changing::{changed, raise_usage};
use super::scene::{Reason, Scene, use_refusal};
use crate::Fixture;
use crate::given::{by_provider, not_placed, placed, use_kind, with_copy, with_points};

/// Two reasons that may hold at once, the first of which is told.
fn pairs(known: fn(Reason) -> bool) -> impl Iterator<Item = [Reason; 2]> {
    let all = Reason::ALL.into_iter().filter(move |reason| known(*reason));

    all.flat_map(move |first| {
        let later = Reason::ALL.into_iter().filter(move |later| *later > first);
        later
            .filter(move |later| known(*later) && first.goes_with(*later))
            .map(move |later| [first, later])
    })
}

/// Refuses the purchase, and leaves nothing behind.
async fn refused(fixture: &Fixture, request: &PurchaseRequest) -> PurchaseRefusal {
    let name = request.consumer_id.as_str();
    let before = fixture.has(name).await;
    let refusal = not_placed(fixture.place(request).await);
    assert_eq!(fixture.has(name).await, before);
    assert_eq!(fixture.store.order(request.order_id).await.unwrap(), None);
    assert_eq!(fixture.store.saga(request.saga_id).await.unwrap(), None);
    refusal
}

pub async fn a_purchase_is_refused_for_each_reason_alone(fixture: Fixture) {
    for reason in Reason::ALL {
        let scene = Scene::of(&fixture, &[reason]).await;
        let coupon = fixture.read(&scene.coupon).await;
        let refusal = refused(&fixture, &scene.purchase).await;
        assert_eq!(refusal, scene.told(reason), "{reason:?}");
        assert_eq!(fixture.read(&scene.coupon).await, coupon);
        fixture.assert_exact(&[&scene.coupon]).await;
    }
    let scene = Scene::of(&fixture, &[]).await;
    placed(fixture.place(&scene.purchase).await);
    fixture.assert_exact(&[&scene.coupon]).await;
}

pub async fn of_two_reasons_a_purchase_is_told_the_first(fixture: Fixture) {
    for [first, later] in pairs(|_| true) {
        let scene = Scene::of(&fixture, &[first, later]).await;
        let refusal = refused(&fixture, &scene.purchase).await;
        assert_eq!(refusal, scene.told(first), "before {later:?}");
        // Nor does it matter who pays.
        let request = by_provider(scene.purchase.clone());
        if later != Reason::NoBalance {
            let refusal = refused(&fixture, &request).await;
            assert_eq!(refusal, scene.told(first), "before {later:?}");
        }
    }
    fixture.assert_exact(&[]).await;
}

pub async fn a_provider_asks_for_no_balance(fixture: Fixture) {
    let scene = Scene::of(&fixture, &[Reason::NoBalance]).await;
    placed(fixture.place(&by_provider(scene.purchase)).await);
    fixture.assert_exact(&[&scene.coupon]).await;
}

pub async fn a_refused_request_is_decided_anew(fixture: Fixture) {
    let scene = Scene::of(&fixture, &[Reason::NoBalance]).await;
    let refusal = refused(&fixture, &scene.purchase).await;
    assert_eq!(refusal, PurchaseRefusal::NotEnoughBalance);
    fixture
        .charge(scene.purchase.consumer_id.as_str(), 500)
        .await;
    placed(fixture.place(&scene.purchase).await);
    fixture.assert_exact(&[&scene.coupon]).await;
}

pub async fn a_hold_is_refused_for_each_reason_alone(fixture: Fixture) {
    for reason in Reason::ALL.into_iter().filter(|one| one.is_of_hold()) {
        let scene = Scene::of(&fixture, &[reason]).await;
        let coupon = fixture.read(&scene.coupon).await;
        let refusal = fixture.open(&scene.hold).await.unwrap_err();
        assert_eq!(refusal, hold_refusal(reason));
        let (caller, name) = (scene.hold.caller_id.clone(), scene.hold.name.clone());
        assert_eq!(fixture.store.hold(caller, name).await.unwrap(), None);
        assert_eq!(fixture.read(&scene.coupon).await, coupon);
        fixture.assert_exact(&[&scene.coupon]).await;
    }
    let scene = Scene::of(&fixture, &[]).await;
    fixture.open(&scene.hold).await.unwrap();
    fixture.assert_exact(&[&scene.coupon]).await;
}

pub async fn of_two_reasons_a_hold_is_told_the_first(fixture: Fixture) {
    for [first, later] in pairs(Reason::is_of_hold) {
        let scene = Scene::of(&fixture, &[first, later]).await;
        let refusal = fixture.open(&scene.hold).await.unwrap_err();
        assert_eq!(refusal, hold_refusal(first), "before {later:?}");
    }
    fixture.assert_exact(&[]).await;
}

fn hold_refusal(reason: Reason) -> OpenHoldRefusal {
    let refusal = match reason {
        Reason::NoCopy => HoldRefusal::IssuedCouponNotFound,
        of_copy => HoldRefusal::Coupon(use_refusal(of_copy)),
    };
    OpenHoldRefusal::Refused(refusal)
}

pub async fn the_points_of_an_order_reach_to_what_is_left_to_pay(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.earn("a", 2_000).await;
    let coupon = fixture.coupon(use_kind(9, 1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = with_copy(fixture.purchase("a", &[(&product, 1)]), &copy);
    let refusal = refused(&fixture, &with_points(request.clone(), 501)).await;
    assert_eq!(refusal, PurchaseRefusal::ExcessivePointUse);
    // All of it: no provider is needed then.
    let (order, _) = placed(fixture.place(&by_provider(with_points(request, 500))).await);
    assert_eq!(order.paid_amount.get(), 0);
    assert_eq!(fixture.has("a").await, (0, 1_500));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn the_largest_order_has_room(fixture: Fixture) {
    let mut products = Vec::new();
    for _ in 0..100 {
        let price = Money::MAXIMUM.amount();
        products.push(fixture.product(price, 10_000).await);
    }
    // A hundred lines of 10^16 each have room; what they add up to is counted exactly.
    let lines: Vec<_> = products.iter().map(|product| (product, 10_000)).collect();
    let (order, _) = placed(
        fixture
            .place(&by_provider(fixture.purchase("a", &lines)))
            .await,
    );
    assert_eq!(order.items_amount.get(), 1_000_000_000_000_000_000);
    fixture.assert_exact(&[]).await;
}

pub async fn a_withdrawn_copy_can_not_be_used(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let (used, unused) = (
        fixture.copy(&coupon, "a").await,
        fixture.copy(&coupon, "b").await,
    );
    fixture.use_up(&used).await;
    let epoch = fixture.read(&coupon).await.epoch;
    let withdrawn = fixture.store.withdraw(coupon.id, epoch, 9).await.unwrap();
    assert_eq!(withdrawn.copies, 1);
    // Also when there are uses again.
    changed(&fixture, &coupon, raise_usage(9)).await;
    let product = fixture.product(1_000, 9).await;
    fixture.charge("b", 1_000).await;
    let request = with_copy(fixture.purchase("b", &[(&product, 1)]), &unused);
    let refusal = refused(&fixture, &request).await;
    assert_eq!(refusal, UseRefusal::CouponNotUsable.into());
    let refusal = fixture.open(&fixture.hold_request(&unused)).await;
    let expected = HoldRefusal::Coupon(UseRefusal::CouponNotUsable);
    assert_eq!(refusal.unwrap_err(), OpenHoldRefusal::Refused(expected));
    fixture.assert_exact(&[&coupon]).await;
}
