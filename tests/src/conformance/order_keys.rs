//! The keys of orders: the same request again is the same order, and an answer that is kept is an
//! order's last word.

use domain::ports::{Answered, KeyScope, Keyed, KeyedRequest, Placed, RequestDigest};
use domain::{
    DeliveryStatus, HoldId, Order, OrderCommand, OrderId, OrderRefusal, OrderStatus,
    PurchaseRequest, SagaEvent, SagaId, Timestamp,
};

use crate::Fixture;
use crate::given::{
    END, START, by_provider, consumer, declined, everything, placed, use_kind, with_copy,
};

fn key(fixture: &Fixture) -> KeyedRequest<Order> {
    KeyedRequest {
        scope: fixture.key(),
        digest: RequestDigest([1; 32]),
        answer: rendered,
    }
}

fn rendered(order: &Order, now: Timestamp) -> Vec<u8> {
    format!("{order:?} at {now:?}").into_bytes()
}

async fn change(
    fixture: &Fixture,
    order: &Order,
    command: OrderCommand,
    key: KeyedRequest<Order>,
) -> Keyed<Order, OrderRefusal> {
    let changed = fixture.store.change_order(order.id, command, Some(key));
    changed.await.unwrap()
}

async fn kept(fixture: &Fixture, scope: KeyScope) -> Option<Answered> {
    fixture.store.answered(scope).await.unwrap()
}

/// The same request from the same caller, as it comes again: only what was asked is the same.
fn again(fixture: &Fixture, request: &PurchaseRequest) -> PurchaseRequest {
    PurchaseRequest {
        order_id: OrderId::from_uuid(fixture.id()),
        saga_id: SagaId::from_uuid(fixture.id()),
        hold_id: HoldId::from_uuid(fixture.id()),
        ..request.clone()
    }
}

pub async fn the_same_key_again_is_answered_with_the_first_order(fixture: Fixture) {
    let product = fixture.product(1_000, 1).await;
    fixture.charge("a", 1_000).await;
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    let request = with_copy(fixture.purchase("a", &[(&product, 1)]), &copy);
    let (order, saga) = placed(fixture.place(&request).await);
    // Whatever has become of product, copy and wallet, and when.
    for now in [START, START.plus_micros(7), END] {
        fixture.clock.set(now);
        for request in [request.clone(), again(&fixture, &request)] {
            let placed = fixture.place(&request).await;
            assert_eq!(placed, Placed::Before(order.clone(), saga.clone()));
        }
    }
    let own = fixture.store.orders(Some(consumer("a")), everything());
    assert_eq!(own.await.unwrap(), [order]);
    assert_eq!(fixture.has("a").await, (500, 0));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn the_same_key_again_answers_the_order_as_it_is_now(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    let request = by_provider(fixture.purchase("a", &[(&product, 1)]));
    let (order, saga) = placed(fixture.place(&request).await);
    assert_eq!(order.status, OrderStatus::Pending);
    let paid = fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
    assert_eq!(paid.status, OrderStatus::Paid);
    let saga = fixture.saga(saga.id).await;
    let before = fixture.place(&again(&fixture, &request)).await;
    assert_eq!(before, Placed::Before(paid.clone(), saga.clone()));
    // The saga is the one that placed it, also when there is another.
    fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
    let refund = fixture.begin_refund(&order).await;
    let before = fixture.place(&again(&fixture, &request)).await;
    let now = fixture.order(&order).await;
    assert_eq!(now.status, OrderStatus::Refunding);
    assert_eq!(before, Placed::Before(now, fixture.saga(saga.id).await));
    fixture.told(&refund, SagaEvent::Succeeded).await.unwrap();
    fixture.assert_exact(&[]).await;
}

pub async fn the_same_key_with_another_digest_is_refused(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    let request = fixture.purchase("a", &[(&product, 1)]);
    placed(fixture.place(&request).await);
    for at in [0, 31] {
        let mut digest = request.digest;
        digest.0[at] ^= 0x80;
        let other = PurchaseRequest {
            digest,
            ..again(&fixture, &request)
        };
        assert_eq!(fixture.place(&other).await, Placed::KeyReused);
        let order = fixture.store.order(other.order_id).await.unwrap();
        assert_eq!(order, None);
    }
    // Also when what is asked could not be had.
    let mut other = again(&fixture, &request);
    (other.digest, other.items) = (RequestDigest([9; 32]), Vec::new());
    assert_eq!(fixture.place(&other).await, Placed::KeyReused);
    assert_eq!(fixture.has("a").await, (8_000, 0));
    fixture.assert_exact(&[]).await;
}

pub async fn keys_of_orders_that_differ_in_one_bit_are_others(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    let request = fixture.purchase("a", &[(&product, 1)]);
    placed(fixture.place(&request).await);
    for at in [0, 31] {
        for bit in [1, 0x80] {
            let mut key = request.key;
            key.0[at] ^= bit;
            let other = PurchaseRequest {
                key,
                ..again(&fixture, &request)
            };
            placed(fixture.place(&other).await);
        }
    }
    fixture.assert_exact(&[]).await;
}

pub async fn the_key_of_a_change_is_kept_with_its_answer(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    let order = fixture.buy("a", &product).await;
    let status = DeliveryStatus::InDelivery;
    let now = START.plus_micros(7);
    fixture.clock.set(now);
    let first = key(&fixture);
    let changed = change(&fixture, &order, OrderCommand::Deliver(status), first).await;
    let Keyed::Done(changed, at) = changed else {
        panic!("{changed:?}");
    };
    assert_eq!((changed.delivery, at), (status, now));
    let answered = Answered {
        digest: first.digest,
        answer: rendered(&changed, now),
    };
    assert_eq!(kept(&fixture, first.scope).await, Some(answered.clone()));
    // The key comes before all else, also before whether there is such an order.
    let unknown = Order {
        id: OrderId::from_uuid(fixture.id()),
        ..order.clone()
    };
    let commands = [
        OrderCommand::Deliver(DeliveryStatus::CompleteDelivery),
        OrderCommand::Confirm,
        fixture.refund(),
    ];
    for command in commands {
        for order in [&order, &unknown] {
            let again = change(&fixture, order, command.clone(), first).await;
            assert_eq!(again, Keyed::Answered(answered.clone()));
        }
    }
    assert_eq!(fixture.order(&order).await, changed);
    fixture.assert_exact(&[]).await;
}

pub async fn a_change_that_changes_nothing_is_answered_and_kept_too(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    let order = fixture.buy("a", &product).await;
    let refunded = fixture.change(&order, fixture.refund()).await.unwrap();
    let again = key(&fixture);
    let answer = change(&fixture, &order, fixture.refund(), again).await;
    assert_eq!(answer, Keyed::Done(refunded.clone(), START));
    let answer = kept(&fixture, again.scope).await.unwrap().answer;
    assert_eq!(answer, rendered(&refunded, START));
    fixture.assert_exact(&[]).await;
}

pub async fn a_refused_change_leaves_no_key(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    let order = fixture.buy("a", &product).await;
    let first = key(&fixture);
    let refused = change(&fixture, &order, OrderCommand::Confirm, first).await;
    assert_eq!(refused, Keyed::Refused(OrderRefusal::ConfirmNotAvailable));
    assert_eq!(kept(&fixture, first.scope).await, None);
    let unknown = Order {
        id: OrderId::from_uuid(fixture.id()),
        ..order.clone()
    };
    let refused = change(&fixture, &unknown, OrderCommand::Confirm, first).await;
    assert_eq!(refused, Keyed::Refused(OrderRefusal::NotFound));
    assert_eq!(kept(&fixture, first.scope).await, None);
    fixture.deliver(&order).await;
    let done = change(&fixture, &order, OrderCommand::Confirm, first).await;
    assert!(matches!(done, Keyed::Done(..)), "{done:?}");
    fixture.assert_exact(&[]).await;
}

pub async fn the_key_of_a_refund_is_kept_once_the_order_is_not_under_way(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    for (event, status) in [
        (SagaEvent::Succeeded, OrderStatus::Refunded),
        (declined(), OrderStatus::Paid),
    ] {
        let (order, saga) = fixture.begin("a", &product).await;
        fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
        fixture
            .told(&fixture.saga(saga.id).await, SagaEvent::Succeeded)
            .await
            .unwrap();
        let first = key(&fixture);
        let command = fixture.refund();
        let OrderCommand::Refund { saga_id, .. } = command else {
            panic!("{command:?}");
        };
        // Begun, and asked again while it is under way: not the last word.
        for command in [command, fixture.refund()] {
            let answer = change(&fixture, &order, command, first).await;
            let Keyed::Done(order, _) = answer else {
                panic!("{answer:?}");
            };
            assert_eq!(order.status, OrderStatus::Refunding);
            assert_eq!(kept(&fixture, first.scope).await, None);
        }
        let refund = fixture.saga(saga_id).await;
        let order = fixture.told(&refund, event).await.unwrap();
        assert_eq!(order.status, status);
        assert_eq!(kept(&fixture, first.scope).await, None);
        if status == OrderStatus::Refunded {
            let answer = change(&fixture, &order, fixture.refund(), first).await;
            assert_eq!(answer, Keyed::Done(order.clone(), START));
            let answer = kept(&fixture, first.scope).await.unwrap().answer;
            assert_eq!(answer, rendered(&order, START));
        }
    }
    fixture.assert_exact(&[]).await;
}
