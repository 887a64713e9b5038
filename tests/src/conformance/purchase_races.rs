//! Purchases at once: never above what there is, never below it, each effect once.

use std::collections::HashSet;
use std::sync::Arc;

use domain::ports::Placed;
use domain::{
    HoldId, IssuedCoupon, Order, OrderId, PurchaseRefusal, PurchaseRequest, Saga, SagaEvent,
    SagaId, UseRefusal,
};

use super::races::{TIMES, at_once, turns};
use crate::Fixture;
use crate::given::{by_provider, declined, issue_kind, use_kind, with_copy};

/// What these purchases are answered when they are made at once, in their order.
async fn all_placed(fixture: &Arc<Fixture>, requests: Vec<PurchaseRequest>) -> Vec<Placed> {
    assert_eq!(u32::try_from(requests.len()), Ok(TIMES));
    let requests = Arc::new(requests);
    let answers = at_once(fixture, |fixture, number| {
        let requests = requests.clone();
        async move {
            let number = usize::try_from(number).unwrap();
            fixture.place(&requests[number]).await
        }
    });
    answers.await
}

/// The orders among them, after all else was refused for this reason.
fn winners(answers: Vec<Placed>, refusal: impl Fn(&PurchaseRefusal) -> bool) -> Vec<(Order, Saga)> {
    let mut winners = Vec::new();
    for answer in answers {
        match answer {
            Placed::Now(order, saga) => winners.push((order, saga)),
            Placed::Refused(why) => assert!(refusal(&why), "{why:?}"),
            other => panic!("{other:?}"),
        }
    }
    winners
}

/// So many requests of consumers of their own.
async fn crowd(
    fixture: &Fixture,
    request: impl AsyncFn(String) -> PurchaseRequest,
) -> Vec<PurchaseRequest> {
    let mut requests = Vec::new();
    for number in 0..TIMES {
        let name = format!("consumer-{number}");
        fixture.charge(&name, 1_000).await;
        requests.push(request(name).await);
    }
    requests
}

pub async fn the_same_order_at_once_is_placed_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 100_000).await;
    for by in [|request| request, by_provider] {
        let request = by(fixture.purchase("a", &[(&product, 1)]));
        let same = |_| PurchaseRequest {
            order_id: OrderId::from_uuid(fixture.id()),
            saga_id: SagaId::from_uuid(fixture.id()),
            hold_id: HoldId::from_uuid(fixture.id()),
            ..request.clone()
        };
        let left = fixture.left(&product).await;
        let answers = all_placed(&fixture, (0..TIMES).map(same).collect()).await;
        let mut now = 0;
        let mut orders = HashSet::new();
        for answer in answers {
            match answer {
                Placed::Now(order, _) => {
                    now += 1;
                    orders.insert(order.id);
                }
                Placed::Before(order, _) => {
                    orders.insert(order.id);
                }
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((now, orders.len()), (1, 1));
        assert_eq!(fixture.left(&product).await, left - 1);
    }
    fixture.assert_exact(&[]).await;
}

pub async fn a_single_use_copy_at_once_is_used_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 1_000).await;
    fixture.charge("a", 1_000_000).await;
    for kind in [issue_kind(1), use_kind(9, 1)] {
        for by in [|request| request, by_provider] {
            let coupon = fixture.coupon(kind).await;
            let copy = fixture.copy(&coupon, "a").await;
            let one = |_| by(with_copy(fixture.purchase("a", &[(&product, 1)]), &copy));
            let answers = all_placed(&fixture, (0..TIMES).map(one).collect()).await;
            let winners = winners(answers, |why| {
                matches!(
                    why,
                    PurchaseRefusal::Coupon(UseRefusal::AlreadyUsedCoupon | UseRefusal::CopyHeld)
                )
            });
            assert_eq!(winners.len(), 1);
            let counters = fixture.read(&coupon).await.counters;
            assert_eq!(counters.held + counters.used, 1);
            fixture.assert_exact(&[&coupon]).await;
        }
    }
}

pub async fn the_last_of_a_stock_at_once_is_sold_exactly(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    for by in [|request| request, by_provider] {
        let product = fixture.product(1_000, 7).await;
        let request = async |name: String| by(fixture.purchase(&name, &[(&product, 1)]));
        let requests = crowd(&fixture, request).await;
        let winners = winners(all_placed(&fixture, requests).await, |why| {
            *why == PurchaseRefusal::NotEnoughProductStock(product.id)
        });
        assert_eq!((winners.len(), fixture.left(&product).await), (7, 0));
        fixture.assert_exact(&[]).await;
    }
}

pub async fn a_balance_at_once_is_spent_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 1_000).await;
    fixture.charge("a", 7_999).await;
    let one = |_| fixture.purchase("a", &[(&product, 1)]);
    let answers = all_placed(&fixture, (0..TIMES).map(one).collect()).await;
    let winners = winners(answers, |why| *why == PurchaseRefusal::NotEnoughBalance);
    assert_eq!((winners.len(), fixture.has("a").await.0), (7, 999));
    fixture.assert_exact(&[]).await;
}

pub async fn orders_of_the_same_products_in_any_order_are_all_placed(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let (one, two) = (
        fixture.product(1, 1_000).await,
        fixture.product(2, 1_000).await,
    );
    fixture.charge("a", 1_000).await;
    let request = |number| match number % 2 {
        0 => fixture.purchase("a", &[(&one, 1), (&two, 2)]),
        _ => fixture.purchase("a", &[(&two, 2), (&one, 1)]),
    };
    let answers = all_placed(&fixture, (0..TIMES).map(request).collect()).await;
    assert_eq!(u32::try_from(winners(answers, |_| false).len()), Ok(TIMES));
    assert_eq!(fixture.left(&one).await, 1_000 - TIMES);
    assert_eq!(fixture.left(&two).await, 1_000 - 2 * TIMES);
    fixture.assert_exact(&[]).await;
}

pub async fn the_last_uses_at_once_are_never_too_many_and_come_free_again(fixture: Fixture) {
    const CAP: usize = 7;
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 1_000).await;
    let coupon = fixture.coupon(use_kind(7, 1)).await;
    let mut copies: Vec<IssuedCoupon> = Vec::new();
    for number in 0..TIMES {
        copies.push(fixture.copy(&coupon, &format!("consumer-{number}")).await);
    }
    let race = async || {
        let requests = copies.iter().map(|copy| {
            let request = fixture.purchase(copy.consumer_id.as_str(), &[(&product, 1)]);
            by_provider(with_copy(request, copy))
        });
        winners(all_placed(&fixture, requests.collect()).await, |why| {
            matches!(
                why,
                PurchaseRefusal::Coupon(
                    UseRefusal::CouponHeld
                        | UseRefusal::CopyHeld
                        | UseRefusal::AlreadyUsedCoupon
                        | UseRefusal::CouponNotUsable
                )
            )
        })
    };
    // All of them, then what those leave whose payment is declined, down to nothing.
    let mut free = CAP;
    while free > 0 {
        let winners = race().await;
        assert_eq!(winners.len(), free);
        fixture.assert_exact(&[&coupon]).await;
        free /= 2;
        for (number, (_, saga)) in winners.iter().enumerate() {
            let event = match number < free {
                true => declined(),
                false => SagaEvent::Succeeded,
            };
            fixture.told(saga, event).await.unwrap();
        }
    }
    assert_eq!(race().await, []);
    let counters = fixture.read(&coupon).await.counters;
    assert_eq!((counters.held, counters.used), (0, 7));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn holds_and_orders_at_once_share_one_cap(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 1_000).await;
    let coupon = fixture.coupon(use_kind(9, 1)).await;
    let request = async |name: String| {
        let copy = fixture.copy(&coupon, &name).await;
        with_copy(fixture.purchase(&name, &[(&product, 1)]), &copy)
    };
    let requests = Arc::new(crowd(&fixture, request).await);
    let won = at_once(&fixture, |fixture, number| {
        let requests = requests.clone();
        async move {
            let request = requests[usize::try_from(number).unwrap()].clone();
            if number % 2 == 0 {
                return matches!(fixture.place(&request).await, Placed::Now(..));
            }
            let copy = fixture.read_copy(request.issued_coupon_id.unwrap()).await;
            fixture.open(&fixture.hold_request(&copy)).await.is_ok()
        }
    });
    let won = won.await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 9);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_buyer_that_goes_away_leaves_all_or_nothing(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let product = fixture.product(1_000, 1_000).await;
    let coupon = fixture.coupon(use_kind(1_000, 1)).await;
    let request = async |name: String| {
        let copy = fixture.copy(&coupon, &name).await;
        with_copy(fixture.purchase(&name, &[(&product, 1)]), &copy)
    };
    let requests = Arc::new(crowd(&fixture, request).await);
    let given_up = at_once(&fixture, |fixture, number| {
        let requests = requests.clone();
        async move {
            let request = requests[usize::try_from(number).unwrap()].clone();
            // Begun, and given up, sooner or later.
            tokio::select! {
                biased;
                answer = fixture.store.place(request) => drop(answer),
                () = turns(number) => (),
            }
        }
    });
    given_up.await;
    // Whoever asks again with the same key gets the truth.
    for request in &*requests {
        let (Placed::Now(order, _) | Placed::Before(order, _)) = fixture.place(request).await
        else {
            panic!("refused");
        };
        assert_eq!(order.id, request.order_id);
        assert_eq!(fixture.has(request.consumer_id.as_str()).await.0, 500);
    }
    assert_eq!(fixture.left(&product).await, 1_000 - TIMES);
    assert_eq!(fixture.read(&coupon).await.counters.used, u64::from(TIMES));
    fixture.assert_exact(&[&coupon]).await;
}
