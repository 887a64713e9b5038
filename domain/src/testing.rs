//! What the tests of purchases share: a consumer, sellers' products, a coupon with a copy, and
//! readings around them. Must hold no rule of its own; a test that wants another world changes a field.

mod rendered;

use uuid::Uuid;

use crate::coupon::tests::coupon;
use crate::ports::{KeyScope, RequestDigest};
use crate::{
    Amount, CallerId, ConsumerId, CouponKind, Discount, DiscountPolicy, DiscountPolicyName, Hold,
    HoldId, HoldName, HoldOwner, HoldRequest, HoldSeconds, HoldState, IssuedCoupon, IssuedCouponId,
    IssuedCouponState, Jitter, Money, OrderCommand, OrderId, OrderReading, Payment, Placement,
    Product, ProductId, ProductName, PurchaseReading, PurchaseRequest, Quantity, Reason, SagaEvent,
    SagaId, SagaPatience, SellerId, Settled, Stock, Timestamp, UseReading, Wallet, Writes,
};

pub(crate) use crate::coupon::tests::{at, issue_kind, use_kind};
pub(crate) use rendered::{entries, rendered, traced};

/// In the coupon's event, before it expires at 190.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(150);
/// The first instant at which the coupon is expired.
pub(crate) const EXPIRY: Timestamp = Timestamp::from_micros(190);

pub(crate) const PATIENCE: SagaPatience = SagaPatience {
    lease: 5_000_000,
    quick_tries: 3,
    most_tries: 10,
};

pub(crate) const fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn amount(n: i64) -> Amount {
    Amount::new(n).unwrap()
}

pub(crate) fn ann() -> ConsumerId {
    ConsumerId::new("ann").unwrap()
}

pub(crate) fn caller(name: &str) -> CallerId {
    CallerId::new(name).unwrap()
}

pub(crate) fn why(text: &str) -> Reason {
    Reason::new(text).unwrap()
}

/// A copy may be used more than once.
pub(crate) fn redundant_kind(cap: i64) -> CouponKind {
    match issue_kind(cap) {
        CouponKind::Issue { maximum_issued, .. } => CouponKind::Issue {
            maximum_issued,
            redundant_usable: true,
        },
        CouponKind::Use { .. } => unreachable!(),
    }
}

/// Product `n` of a seller of its own.
pub(crate) fn product(n: u128, price: i64, stock: i64) -> Product {
    Product {
        id: ProductId::from_uuid(uuid(n)),
        seller_id: SellerId::new(format!("seller-{n}")).unwrap(),
        name: ProductName::new(format!("product {n}")).unwrap(),
        description: None,
        price: Money::new(price).unwrap(),
        stock: Stock::new(stock).unwrap(),
        created_at: at(0),
    }
}

pub(crate) fn line(product: u128, quantity: i64) -> (ProductId, Quantity) {
    let quantity = Quantity::new(quantity).unwrap();
    (ProductId::from_uuid(uuid(product)), quantity)
}

/// Takes 100 off.
pub(crate) fn policy() -> DiscountPolicy {
    DiscountPolicy {
        id: coupon(issue_kind(1)).discount_policy_id,
        name: DiscountPolicyName::new("100 off").unwrap(),
        discount: Discount::Fixed {
            amount: Money::new(100).unwrap(),
        },
        minimum_order_amount: None,
    }
}

/// Ann's unused copy of the one coupon, nobody in its way.
pub(crate) fn using(kind: CouponKind) -> UseReading {
    let coupon = crate::Coupon {
        counters: crate::Counters {
            issued: 1,
            ..Default::default()
        },
        ..coupon(kind)
    };
    UseReading {
        copy: IssuedCoupon {
            id: IssuedCouponId::from_uuid(uuid(7)),
            coupon_id: coupon.id,
            event_id: coupon.event_id,
            consumer_id: ann(),
            ordinal: 0,
            state: IssuedCouponState::Active,
            used: 0,
            issued_at: at(101),
            expires_at: coupon.expires_at,
            request_key: None,
        },
        coupon,
        policy: policy(),
        holds: Vec::new(),
    }
}

/// A shop's hold of Ann's copy, open for a second from 150 on.
pub(crate) fn hold(n: u128, using: &UseReading) -> Hold {
    Hold {
        id: HoldId::from_uuid(uuid(n)),
        owner: HoldOwner::Caller {
            caller_id: caller("shop"),
            name: HoldName::new(format!("hold-{n}")).unwrap(),
            seconds: HoldSeconds::new(1).unwrap(),
            deadline: NOW.plus_micros(1_000_000),
        },
        coupon_id: using.coupon.id,
        issued_coupon_id: using.copy.id,
        single_use: using.coupon.is_single_use(),
        order_amount: amount(1_600),
        discount: amount(100),
        state: HoldState::Open,
        opened_at: NOW,
    }
}

/// The shop wants to hold Ann's copy for a second.
pub(crate) fn hold_request() -> HoldRequest {
    HoldRequest {
        id: HoldId::from_uuid(uuid(40)),
        caller_id: caller("shop"),
        name: HoldName::new("basket").unwrap(),
        issued_coupon_id: IssuedCouponId::from_uuid(uuid(7)),
        order_amount: amount(1_600),
        seconds: HoldSeconds::new(1).unwrap(),
        yields: false,
    }
}

/// The hold with another state.
pub(crate) fn with_state(state: HoldState, hold: Hold) -> Hold {
    Hold { state, ..hold }
}

pub(crate) fn provider() -> Payment {
    Payment::Provider(None)
}

pub(crate) const SAGA: SagaId = SagaId::from_uuid(uuid(20));
pub(crate) const REFUND: SagaId = SagaId::from_uuid(uuid(21));

/// Ann orders two of product 1 and one of product 2, 1,600 in all; no points, no coupon.
pub(crate) fn request(payment: Payment) -> PurchaseRequest {
    PurchaseRequest {
        order_id: OrderId::from_uuid(uuid(10)),
        saga_id: SAGA,
        hold_id: HoldId::from_uuid(uuid(30)),
        consumer_id: ann(),
        key: KeyScope([1; 32]),
        digest: RequestDigest([2; 32]),
        items: vec![line(1, 2), line(2, 1)],
        points: Amount::ZERO,
        issued_coupon_id: None,
        payment,
        yields: false,
        patience: PATIENCE,
    }
}

/// Ann orders the same with her coupon and 50 points: 1,450 are to be paid.
pub(crate) fn request_with_all(payment: Payment) -> PurchaseRequest {
    PurchaseRequest {
        points: amount(50),
        issued_coupon_id: Some(IssuedCouponId::from_uuid(uuid(7))),
        ..request(payment)
    }
}

/// Enough of everything: 10 of product 1 at 300, 5 of product 2 at 1,000, and Ann has 10,000 and 500
/// points.
pub(crate) fn reading(coupon: Option<UseReading>) -> PurchaseReading {
    PurchaseReading {
        products: vec![product(2, 1_000, 5), product(1, 300, 10)],
        coupon,
        wallet: Wallet {
            consumer_id: ann(),
            balance: amount(10_000),
            points: amount(500),
        },
    }
}

/// Her order as it was placed with coupon and points, and all around it.
pub(crate) fn placed(payment: Payment, kind: CouponKind) -> OrderReading {
    let before = reading(Some(using(kind)));
    let placement = request_with_all(payment).place(before.clone(), NOW);
    let Placement {
        order,
        saga,
        writes,
    } = placement.unwrap();
    let before = OrderReading {
        order,
        sagas: vec![saga],
        using: before
            .coupon
            .map(|using| (writes.holds[0].clone(), using.copy, using.coupon)),
        products: before.products,
        wallet: before.wallet,
    };
    applied(before, writes)
}

/// What a store reads after it has written `writes`.
pub(crate) fn applied(mut reading: OrderReading, writes: Writes) -> OrderReading {
    if let Some(saga) = writes.saga {
        reading.sagas.retain(|other| other.id != saga.id);
        reading.sagas.push(saga);
    }
    if let Some((hold, copy, coupon)) = &mut reading.using {
        *hold = writes.holds.last().unwrap_or(hold).clone();
        *copy = writes.copy.unwrap_or(copy.clone());
        *coupon = writes.coupon.unwrap_or(coupon.clone());
    }
    for product in writes.products {
        reading.products.retain(|other| other.id != product.id);
        reading.products.push(product);
    }
    reading.order = writes.order.unwrap_or(reading.order);
    reading.wallet = writes.wallet.unwrap_or(reading.wallet);
    reading
}

/// The order after `command`, and what was written.
pub(crate) fn after(reading: OrderReading, command: OrderCommand) -> (OrderReading, Writes) {
    let writes = reading.clone().decide(command, NOW).unwrap();
    (applied(reading, writes.clone()), writes)
}

/// What has happened to a saga, by the worker that knows it as it is.
pub(crate) fn saga_event(reading: &OrderReading, id: SagaId, event: SagaEvent) -> OrderCommand {
    let saga = reading.sagas.iter().find(|saga| saga.id == id).unwrap();
    let by_operator = matches!(event, SagaEvent::Retry { .. } | SagaEvent::Abandon { .. });
    OrderCommand::Saga {
        saga_id: id,
        epoch: (!by_operator).then_some(saga.epoch),
        event,
        patience: PATIENCE,
    }
}

pub(crate) fn refund() -> OrderCommand {
    OrderCommand::Refund {
        saga_id: REFUND,
        patience: PATIENCE,
    }
}

pub(crate) fn declined() -> SagaEvent {
    SagaEvent::Declined("no funds".to_owned())
}

pub(crate) fn unanswered() -> SagaEvent {
    SagaEvent::Unanswered("timed out".to_owned(), Jitter::default())
}

pub(crate) fn retry() -> SagaEvent {
    SagaEvent::Retry {
        by: caller("root"),
        reason: Some(why("provider is back")),
    }
}

pub(crate) fn abandon(settled: Settled) -> SagaEvent {
    SagaEvent::Abandon {
        by: caller("root"),
        reason: why("called them"),
        settled,
    }
}

/// The order after so many of its saga's calls had no answer.
pub(crate) fn after_unanswered(mut reading: OrderReading, id: SagaId, times: u32) -> OrderReading {
    for _ in 0..times {
        let event = saga_event(&reading, id, unanswered());
        reading = after(reading, event).0;
    }
    reading
}
