//! What stands when the curtain rises: a consumer with money, points and two copies, two products.
//!
//! All ids are fixed: every process knows them.

use domain::ports::{KeyScope, Keyed, KeyedRequest, Placed, RequestDigest};
use domain::{
    Amount, Charge, ConsumerId, Counters, Coupon, CouponId, CouponName, DeliveryStatus, Discount,
    DiscountPolicy, DiscountPolicyId, DiscountPolicyName, EntryId, Epoch, Event, EventId,
    EventName, HoldId, IssueRequest, IssueScope, IssuedCouponId, Money, OrderCommand, OrderId,
    Payment, Product, ProductId, ProductName, PurchaseRequest, Quantity, SagaId, SagaPatience,
    SellerId, Stock,
};
use uuid::Uuid;

use super::variant::With;
use crate::Store;
use crate::given::{START, consumer, created, issue_kind, issued, use_kind, window};

/// What the consumer has of money.
pub const BALANCE: i64 = 10_000;
/// And of points.
pub const POINTS: i64 = 1_000;
/// What is in stock of the two products.
pub const STOCK: [u32; 2] = [60, 5];
/// What is ordered of them.
pub const ORDERED: [u32; 2] = [2, 1];
/// What the order takes of points.
pub const POINTS_USED: i64 = 100;
/// What a coupon takes off.
pub const DISCOUNT: i64 = 500;
/// What the order comes to without either.
pub const ITEMS: i64 = 2 * 1_000 + 333;
/// What the seller has.
pub const SELLERS: i64 = 38_000;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | number)
}

/// The consumer.
pub fn mina() -> ConsumerId {
    consumer("mina")
}

/// The seller.
pub fn seller() -> SellerId {
    SellerId::new("seller").unwrap()
}

/// The products.
pub fn products() -> [ProductId; 2] {
    [id(1), id(2)].map(ProductId::from_uuid)
}

/// The coupons: an ISSUE_COUPON and a USE_COUPON.
pub fn coupons() -> [CouponId; 2] {
    [id(3), id(4)].map(CouponId::from_uuid)
}

/// The consumer's copies of them.
pub fn copies() -> [IssuedCouponId; 2] {
    [id(5), id(6)].map(IssuedCouponId::from_uuid)
}

/// The copy that is used.
pub fn copy(with: With) -> Option<IssuedCouponId> {
    let [issue, r#use] = copies();
    match with {
        With::NoCoupon => None,
        With::IssueCoupon => Some(issue),
        With::UseCoupon => Some(r#use),
    }
}

/// Sets the stage.
pub async fn set(store: &dyn Store) {
    for ((product, stock), price) in products()
        .into_iter()
        .zip([100, STOCK[1]])
        .zip([1_000, 333])
    {
        let product = Product {
            id: product,
            seller_id: seller(),
            name: ProductName::new(format!("for {price}")).unwrap(),
            description: None,
            price: Money::new(price).unwrap(),
            stock: Stock::new(stock.into()).unwrap(),
            created_at: START,
        };
        created(store.create_product(product, None).await.unwrap());
    }
    let charge = Charge {
        id: EntryId::from_uuid(id(7)),
        consumer_id: mina(),
        amount: Amount::new(40_000 + BALANCE).unwrap(),
    };
    let key = KeyedRequest {
        scope: KeyScope([7; 32]),
        digest: RequestDigest([7; 32]),
        answer: |_, _| Vec::new(),
    };
    store.charge(charge, key).await.unwrap();
    earn_points(store).await;
    give_copies(store).await;
}

/// Points come from an order that was confirmed.
async fn earn_points(store: &dyn Store) {
    let request = PurchaseRequest {
        order_id: OrderId::from_uuid(id(8)),
        saga_id: SagaId::from_uuid(id(9)),
        hold_id: HoldId::from_uuid(id(10)),
        consumer_id: mina(),
        key: KeyScope([8; 32]),
        digest: RequestDigest([8; 32]),
        items: vec![(products()[0], Quantity::new(40).unwrap())],
        points: Amount::ZERO,
        issued_coupon_id: None,
        payment: Payment::Wallet,
        yields: false,
        patience: SagaPatience::default(),
    };
    let order = request.order_id;
    let placed = store.place(request).await.unwrap();
    assert!(matches!(placed, Placed::Now(..)), "{placed:?}");
    for command in [
        OrderCommand::Deliver(DeliveryStatus::InDelivery),
        OrderCommand::Deliver(DeliveryStatus::CompleteDelivery),
        OrderCommand::Confirm,
    ] {
        let changed = store.change_order(order, command, None).await.unwrap();
        assert!(matches!(changed, Keyed::Done(..)), "{changed:?}");
    }
}

async fn give_copies(store: &dyn Store) {
    const DAYS_30: i64 = 30 * 24 * 3_600_000_000;
    let policy = DiscountPolicy {
        id: DiscountPolicyId::from_uuid(id(11)),
        name: DiscountPolicyName::new("a policy").unwrap(),
        discount: Discount::Fixed {
            amount: Money::new(DISCOUNT).unwrap(),
        },
        minimum_order_amount: None,
    };
    created(
        store
            .create_discount_policy(policy.clone(), None)
            .await
            .unwrap(),
    );
    let event = Event {
        id: EventId::from_uuid(id(12)),
        name: EventName::new("an event").unwrap(),
        window: window(START, START.plus_micros(DAYS_30)),
    };
    created(store.create_event(event.clone(), None).await.unwrap());
    let kinds = [("issue", issue_kind(2)), ("use", use_kind(2, 1))];
    for ((coupon_id, copy), (name, kind)) in coupons().into_iter().zip(copies()).zip(kinds) {
        let coupon = Coupon {
            id: coupon_id,
            name: CouponName::new(name).unwrap(),
            event_id: event.id,
            event_window: event.window,
            discount_policy_id: policy.id,
            kind,
            expires_at: event.window.ends_at(),
            paused: false,
            epoch: Epoch(0),
            counters: Counters::default(),
        };
        let coupon = created(store.create_coupon(coupon, None).await.unwrap());
        let request = IssueRequest {
            issued_coupon_id: copy,
            coupon_id: coupon.id,
            consumer_id: mina(),
            request_key: None,
        };
        let batch = store.issue(IssueScope::of(&coupon), vec![request]).await;
        issued(&batch.unwrap().outcomes[0]);
    }
}
