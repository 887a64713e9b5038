//! Every field of an order, its saga and its trace comes back as it went in.

use domain::ports::{KeyScope, Placed, RequestDigest};
use domain::{
    Amount, DeliveryStatus, Money, Order, OrderId, OrderItem, OrderStatus, Page, Payment,
    PaymentMethod, Product, PurchaseRequest, Quantity, Reason, Saga, SagaDirection, SagaEvent,
    SagaId, SagaKind, SagaOutcome, SagaPatience, SagaPhase, SagaStep, SagaTrace, Stock, TraceEvent,
};

use crate::Fixture;
use crate::given::{
    START, amount, by_provider, caller, consumer, declined, everything, issue_kind, placed, seller,
    unanswered, use_kind, with_copy, with_points,
};

/// What is placed is what is read, by id, in lists and when it is asked for again; and it is
/// `expected`.
async fn comes_back(fixture: &Fixture, request: &PurchaseRequest, expected: Order) -> Saga {
    let (order, saga) = placed(fixture.place(request).await);
    assert_eq!(order, expected);
    let store = &fixture.store;
    let read = store.order(order.id).await.unwrap();
    assert_eq!(read.as_ref(), Some(&order));
    let own = store.orders(Some(order.consumer_id.clone()), everything());
    assert!(own.await.unwrap().contains(&order));
    assert!(
        store
            .orders(None, everything())
            .await
            .unwrap()
            .contains(&order)
    );
    let (read, _) = store.saga(saga.id).await.unwrap().unwrap();
    assert_eq!(read, saga);
    let again = fixture.place(request).await;
    assert_eq!(again, Placed::Before(order, saga.clone()));
    saga
}

/// The order of a request for these products, without a coupon.
fn expected(request: &PurchaseRequest, products: &[&Product], status: OrderStatus) -> Order {
    let items = request.items.iter().zip(products);
    let items: Vec<_> = items
        .map(|((product_id, quantity), product)| OrderItem {
            product_id: *product_id,
            seller_id: product.seller_id.clone(),
            quantity: *quantity,
            price: product.price,
            amount: Amount::from(product.price).times(quantity.get()).unwrap(),
        })
        .collect();
    let total = items.iter().map(|item| item.amount.get()).sum();
    let paid = amount(total).minus(request.points).unwrap();
    Order {
        id: request.order_id,
        consumer_id: request.consumer_id.clone(),
        request_key: request.key,
        request_digest: request.digest,
        status,
        failure: None,
        delivery: DeliveryStatus::BeforeDelivery,
        items,
        items_amount: amount(total),
        discount: Amount::ZERO,
        points_used: request.points,
        paid_amount: paid,
        earned_points: amount(paid.get() / 40),
        coupon: None,
        payment: request.payment.clone(),
        saga_id: request.saga_id,
        created_at: START,
    }
}

pub async fn an_order_of_every_payment_is_read_as_it_was_placed(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 10_000).await;
    let method = |text: &str| Some(PaymentMethod::new(text).unwrap());
    for (payment, status) in [
        (Payment::Wallet, OrderStatus::Paid),
        (Payment::Provider(None), OrderStatus::Pending),
        (Payment::Provider(method("x")), OrderStatus::Pending),
        (
            Payment::Provider(method(&"~".repeat(255))),
            OrderStatus::Pending,
        ),
        (
            Payment::Provider(method("'\"`\\%_;--")),
            OrderStatus::Pending,
        ),
    ] {
        let request = fixture.purchase("a", &[(&product, 2)]);
        let request = PurchaseRequest { payment, ..request };
        let order = expected(&request, &[&product], status);
        comes_back(&fixture, &request, order).await;
    }
    fixture.assert_exact(&[]).await;
}

pub async fn an_order_with_points_and_a_coupon_is_read_as_it_was_placed(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    fixture.earn("a", 900).await;
    fixture.charge("a", 10_000).await;
    let (issue, usage) = (
        fixture.coupon(issue_kind(9)).await,
        fixture.coupon(use_kind(9, 9)).await,
    );
    for coupon in [&issue, &usage, &usage] {
        let copy = fixture.copy(coupon, "a").await;
        let request = with_copy(fixture.purchase("a", &[(&product, 3)]), &copy);
        let request = match coupon.id == issue.id {
            true => with_points(request, 300),
            false => by_provider(with_points(request, 300)),
        };
        let status = match request.payment {
            Payment::Wallet => OrderStatus::Paid,
            Payment::Provider(_) => OrderStatus::Pending,
        };
        let order = Order {
            discount: amount(500),
            paid_amount: amount(2_200),
            earned_points: amount(55),
            coupon: Some((copy.id, coupon.id)),
            ..expected(&request, &[&product], status)
        };
        comes_back(&fixture, &request, order).await;
    }
    assert_eq!(fixture.has("a").await, (7_800, 0));
    fixture.assert_exact(&[&issue, &usage]).await;
}

pub async fn an_order_at_the_ends_of_every_range_is_read_as_it_was_placed(fixture: Fixture) {
    let dear = Product {
        price: Money::MAXIMUM,
        stock: Stock::new(Stock::MAXIMUM.into()).unwrap(),
        seller_id: seller(&"x".repeat(64)),
        ..fixture.new_product()
    };
    let dear = fixture.store_product(dear).await;
    let free = fixture.product(0, 1).await;
    for (key, digest, name) in [
        (KeyScope([0; 32]), RequestDigest([0xff; 32]), "x".repeat(64)),
        (
            KeyScope([0xff; 32]),
            RequestDigest([0; 32]),
            "AZaz09._@:-".to_owned(),
        ),
    ] {
        let lines = [(&dear, i64::from(Quantity::MAXIMUM)), (&free, 1)];
        let lines = &lines[..1 + usize::from(key == KeyScope([0; 32]))];
        let request = PurchaseRequest {
            key,
            digest,
            ..by_provider(fixture.purchase(&name, lines))
        };
        let products: Vec<_> = lines.iter().map(|(product, _)| *product).collect();
        let order = expected(&request, &products, OrderStatus::Pending);
        comes_back(&fixture, &request, order).await;
    }
    // An order of nothing that costs anything needs no provider.
    let free = fixture.product(0, 1).await;
    let request = by_provider(fixture.purchase("a", &[(&free, 1)]));
    let order = expected(&request, &[&free], OrderStatus::Paid);
    let saga = comes_back(&fixture, &request, order).await;
    assert_eq!(saga.outcome, Some(SagaOutcome::Completed));
    fixture.assert_exact(&[]).await;
}

pub async fn the_hundred_lines_of_an_order_keep_their_order(fixture: Fixture) {
    let mut products = Vec::new();
    for number in 0..100 {
        let product = Product {
            seller_id: seller(&format!("seller-{}", number % 3)),
            ..fixture.new_product()
        };
        products.push(fixture.store_product(product).await);
    }
    // Neither rising nor falling ids.
    products.sort_by_key(|product| product.id.as_bytes()[5].reverse_bits());
    fixture.charge("a", 1_000_000_000).await;
    let products: Vec<_> = products.iter().collect();
    let lines: Vec<_> = (1..)
        .zip(&products)
        .map(|(at, one)| (*one, at % 7 + 1))
        .collect();
    let request = fixture.purchase("a", &lines);
    let order = expected(&request, &products, OrderStatus::Paid);
    comes_back(&fixture, &request, order.clone()).await;
    // And when it changes.
    fixture.change(&order, fixture.refund()).await.unwrap();
    let refunded = Order {
        status: OrderStatus::Refunded,
        ..order
    };
    assert_eq!(fixture.order(&refunded).await, refunded);
    for product in products {
        assert_eq!(fixture.left(product).await, 100);
    }
    fixture.assert_exact(&[]).await;
}

pub async fn the_saga_and_trace_of_an_order_at_once_are_read_as_they_were_written(
    fixture: Fixture,
) {
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 10_000).await;
    let now = START.plus_micros(7);
    fixture.clock.set(now);
    let order = fixture.buy("a", &product).await;
    let (saga, trace) = fixture.store.saga(order.saga_id).await.unwrap().unwrap();
    let expected = Saga {
        id: order.saga_id,
        order_id: order.id,
        kind: SagaKind::Purchase,
        direction: SagaDirection::Forward,
        phase: SagaPhase::Done,
        outcome: Some(SagaOutcome::Completed),
        step: SagaStep::Complete,
        tries: 0,
        epoch: 1,
        due_at: now,
        last_error: None,
        traced: 1,
        began_at: now,
    };
    assert_eq!(saga, expected);
    let expected = SagaTrace {
        saga_id: saga.id,
        sequence: 0,
        at: now,
        direction: SagaDirection::Forward,
        step: SagaStep::Complete,
        event: TraceEvent::Succeeded,
        detail: None,
    };
    assert_eq!(trace, [expected]);
    fixture.assert_exact(&[]).await;
}

/// What happens to a saga until it is abandoned, each at another time.
fn adventures() -> Vec<(SagaEvent, bool)> {
    let (by, reason) = (
        caller("AZaz09._@:-"),
        Reason::new("\u{1f39f}".repeat(500)).unwrap(),
    );
    let mut adventures = vec![(SagaEvent::Succeeded, false)];
    adventures.extend((0..9).map(|_| (unanswered(), false)));
    adventures.extend([
        (declined(), false),
        (
            SagaEvent::Retry {
                by: by.clone(),
                reason: None,
            },
            true,
        ),
    ]);
    adventures.extend((0..10).map(|_| (SagaEvent::Declined("\n'\"\u{1f39f}".repeat(99)), false)));
    adventures.extend([
        (
            SagaEvent::Retry {
                by: by.clone(),
                reason: Some(reason.clone()),
            },
            true,
        ),
        (unanswered(), false),
        (SagaEvent::Succeeded, false),
    ]);
    adventures
}

pub async fn a_saga_is_read_as_the_domain_says_after_everything_that_happens(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    let (order, begun) = fixture.begin("a", &product).await;
    let patience = SagaPatience::default();
    let call = (SagaKind::Purchase, SagaStep::Authorise);
    let (mut expected, mut trace) = Saga::begin(begun.id, order.id, call, START, &patience);
    assert_eq!(begun, expected);
    for (micros, (event, by_operator)) in (1..).zip(adventures()) {
        let now = START.plus_micros(micros);
        fixture.clock.set(now);
        let (next, traced, _) = expected.next(event.clone(), now, &patience).unwrap();
        let told = match by_operator {
            true => fixture.operator(&expected, event).await,
            false => fixture.told(&expected, event).await,
        };
        told.unwrap();
        expected = next;
        trace.push(traced);
        let read = fixture.store.saga(begun.id).await.unwrap();
        assert_eq!(read, Some((expected.clone(), trace.clone())));
    }
    assert_eq!(expected.outcome, Some(SagaOutcome::Completed));
    assert_eq!(fixture.order(&order).await.status, OrderStatus::Paid);
    fixture.assert_exact(&[]).await;
}

pub async fn orders_and_sagas_come_in_pages_in_the_order_of_ids(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 10_000).await;
    fixture.charge("b", 10_000).await;
    let mut requests: Vec<_> = ["a", "b", "a", "a", "b"]
        .map(|name| fixture.purchase(name, &[(&product, 1)]))
        .into();
    requests.push(by_provider(fixture.purchase("a", &[(&product, 1)])));
    let (mut orders, mut sagas) = (Vec::new(), Vec::new());
    // Not written in the order of their ids.
    for request in requests.iter().rev() {
        let (order, saga) = placed(fixture.place(request).await);
        orders.insert(0, order);
        sagas.insert(0, saga);
    }
    let store = &fixture.store;
    for name in [None, Some("a"), Some("b"), Some("A")] {
        let own = orders
            .iter()
            .filter(|order| name.is_none_or(|name| order.consumer_id.as_str() == name));
        let own: Vec<_> = own.cloned().collect();
        for limit in 1..=7 {
            let mut after: Option<OrderId> = None;
            for expected in own.chunks(limit) {
                let limit = limit.try_into().unwrap();
                let page = store.orders(name.map(consumer), Page { after, limit });
                assert_eq!(page.await.unwrap(), expected);
                after = expected.last().map(|order| order.id);
            }
            let page = store.orders(name.map(consumer), Page { after, limit: 1 });
            assert_eq!(page.await.unwrap(), []);
        }
    }
    for (phase, expected) in [
        (None, &sagas[..]),
        (Some(SagaPhase::Done), &sagas[..5]),
        (Some(SagaPhase::Running), &sagas[5..]),
        (Some(SagaPhase::Parked), &[]),
        (Some(SagaPhase::Stuck), &[]),
    ] {
        for limit in 1..=7 {
            let mut after: Option<SagaId> = None;
            for expected in expected.chunks(limit) {
                let limit = limit.try_into().unwrap();
                let page = store.sagas(phase, Page { after, limit }).await.unwrap();
                assert_eq!(page, expected);
                after = expected.last().map(|saga| saga.id);
            }
            let page = store.sagas(phase, Page { after, limit: 1 }).await.unwrap();
            assert_eq!(page, []);
        }
    }
    fixture.assert_exact(&[]).await;
}

pub async fn what_was_never_placed_is_not_found(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 10_000).await;
    let order = fixture.buy("a", &product).await;
    let store = &fixture.store;
    // What is a saga's id is not an order's.
    let swapped = OrderId::from_uuid(*order.saga_id.as_uuid());
    assert_eq!(store.order(swapped).await.unwrap(), None);
    let swapped = SagaId::from_uuid(*order.id.as_uuid());
    assert_eq!(store.saga(swapped).await.unwrap(), None);
    assert_eq!(store.product(fixture.new_product().id).await.unwrap(), None);
    fixture.assert_exact(&[]).await;
}
