//! Deliveries go forward, one status after the other; an order that is confirmed credits its sellers
//! and its consumer, once.

use domain::{DeliveryStatus, Order, OrderCommand, OrderRefusal, OrderStatus, Product, SagaEvent};

use crate::Fixture;
use crate::given::{START, by_provider, placed, seller, use_kind, with_copy, with_points};

use DeliveryStatus::{BeforeDelivery, CompleteDelivery, InDelivery};

async fn deliver(
    fixture: &Fixture,
    order: &Order,
    status: DeliveryStatus,
) -> Result<Order, OrderRefusal> {
    fixture.change(order, OrderCommand::Deliver(status)).await
}

async fn bought(fixture: &Fixture) -> Order {
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 1_000).await;
    fixture.buy("a", &product).await
}

pub async fn a_delivery_goes_forward_one_status_after_the_other(fixture: Fixture) {
    let order = bought(&fixture).await;
    let refused = Err(OrderRefusal::InvalidDelivery);
    assert_eq!(deliver(&fixture, &order, BeforeDelivery).await, refused);
    assert_eq!(deliver(&fixture, &order, CompleteDelivery).await, refused);
    for (status, back) in [(InDelivery, BeforeDelivery), (CompleteDelivery, InDelivery)] {
        let expected = Order {
            delivery: status,
            ..order.clone()
        };
        // Again is the same.
        for _ in 0..2 {
            let delivered = deliver(&fixture, &order, status).await;
            assert_eq!(delivered, Ok(expected.clone()));
            assert_eq!(fixture.order(&order).await, expected);
        }
        assert_eq!(deliver(&fixture, &order, back).await, refused);
        assert_eq!(deliver(&fixture, &order, BeforeDelivery).await, refused);
        assert_eq!(fixture.order(&order).await, expected);
    }
    fixture.assert_exact(&[]).await;
}

pub async fn an_order_is_confirmed_once_it_was_delivered(fixture: Fixture) {
    let order = bought(&fixture).await;
    let refused = Err(OrderRefusal::ConfirmNotAvailable);
    for status in [InDelivery, CompleteDelivery] {
        let early = fixture.change(&order, OrderCommand::Confirm).await;
        assert_eq!(early, refused);
        deliver(&fixture, &order, status).await.unwrap();
    }
    let expected = Order {
        status: OrderStatus::Confirmed,
        delivery: CompleteDelivery,
        ..order.clone()
    };
    // Again is the same, and credits nobody twice.
    for _ in 0..3 {
        let confirmed = fixture.change(&order, OrderCommand::Confirm).await;
        assert_eq!(confirmed, Ok(expected.clone()));
        assert_eq!(fixture.order(&order).await, expected);
        let balance = fixture.store.seller_balance(seller("seller")).await;
        assert_eq!(balance.unwrap().get(), 950);
        assert_eq!(fixture.has("a").await, (0, 25));
        fixture.assert_exact(&[]).await;
    }
    // What is delivered stays so.
    assert_eq!(
        deliver(&fixture, &order, CompleteDelivery).await,
        Ok(expected)
    );
    let back = deliver(&fixture, &order, InDelivery).await;
    assert_eq!(back, Err(OrderRefusal::InvalidDelivery));
}

pub async fn an_unknown_order_can_not_be_changed(fixture: Fixture) {
    let unknown = Order {
        id: domain::OrderId::from_uuid(fixture.id()),
        ..bought(&fixture).await
    };
    for command in [
        OrderCommand::Deliver(InDelivery),
        OrderCommand::Confirm,
        fixture.refund(),
    ] {
        let refused = fixture.change(&unknown, command).await;
        assert_eq!(refused, Err(OrderRefusal::NotFound));
    }
    fixture.assert_exact(&[]).await;
}

pub async fn each_line_credits_its_seller_floored_and_points_come_from_what_is_paid(
    fixture: Fixture,
) {
    let mut products = Vec::new();
    for (owner, price) in [("a", 999), ("b", 19), ("a", 1), ("c", 0)] {
        let product = Product {
            seller_id: seller(owner),
            price: domain::Money::new(price).unwrap(),
            ..fixture.new_product()
        };
        products.push(fixture.store_product(product).await);
    }
    fixture.earn("buyer", 100).await;
    fixture.charge("buyer", 10_000).await;
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let copy = fixture.copy(&coupon, "buyer").await;
    let lines: Vec<_> = products.iter().zip([2, 3, 1, 5]).collect();
    let request = with_copy(fixture.purchase("buyer", &lines), &copy);
    let (order, _) = placed(fixture.place(&with_points(request, 100)).await);
    // 1,998 + 57 + 1 + 0, less 500, less 100.
    assert_eq!(order.items_amount.get(), 2_056);
    assert_eq!(
        (order.paid_amount.get(), order.earned_points.get()),
        (1_456, 36)
    );
    fixture.deliver(&order).await;
    fixture.change(&order, OrderCommand::Confirm).await.unwrap();
    // 95 % of 1,998 and of 1, each floored; of 57; of nothing.
    for (owner, share) in [("a", 1_898), ("b", 54), ("c", 0)] {
        let balance = fixture.store.seller_balance(seller(owner)).await;
        assert_eq!(balance.unwrap().get(), share, "{owner}");
    }
    assert_eq!(fixture.has("buyer").await, (10_000 - 1_456, 36));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn an_order_by_the_provider_is_delivered_as_soon_as_it_is_paid(fixture: Fixture) {
    let product = fixture.product(1_000, 9).await;
    let request = by_provider(fixture.purchase("a", &[(&product, 1)]));
    let (order, saga) = placed(fixture.place(&request).await);
    fixture.told(&saga, SagaEvent::Succeeded).await.unwrap();
    // Its capture need not have come.
    fixture.deliver(&order).await;
    fixture.change(&order, OrderCommand::Confirm).await.unwrap();
    let (order, _) = fixture.told_often(saga.id, 1, SagaEvent::Succeeded).await;
    assert_eq!(order.status, OrderStatus::Confirmed);
    assert_eq!(fixture.has("a").await, (0, 25));
    assert_eq!(order.created_at, START);
    fixture.assert_exact(&[]).await;
}
