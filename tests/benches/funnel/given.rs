//! What stands in a ledger before it is measured, put there through its ports.

use std::sync::Arc;

use domain::{
    Cap, ConsumerId, Counters, Coupon, CouponId, CouponKind, CouponName, Discount, DiscountPolicy,
    DiscountPolicyId, DiscountPolicyName, Epoch, Event, EventId, EventName, IssueOutcome,
    IssueRequest, IssueScope, IssuedCouponId, Money, PerConsumerLimit, Window,
    ports::{Catalogue, Clock, CouponLedger},
};
use firstcome::SystemClock;
use uuid::Uuid;

/// A ledger of coupons.
pub trait Ledger: Catalogue + CouponLedger {}

impl<T: Catalogue + CouponLedger> Ledger for T {}

/// The first N get one, of a number that no bench reaches.
pub fn issue_coupon() -> CouponKind {
    CouponKind::Issue {
        maximum_issued: cap(),
        redundant_usable: false,
    }
}

/// Everybody gets one, the first N uses count.
pub fn use_coupon(maximum_usage: i64) -> CouponKind {
    CouponKind::Use {
        maximum_usage: Cap::new(maximum_usage).unwrap(),
        per_consumer_limit: PerConsumerLimit::new(1).unwrap(),
    }
}

fn cap() -> Cap {
    Cap::new(1_000_000_000).unwrap()
}

/// A coupon of an event of its own, with a discount of 100, on offer for a day.
pub async fn coupon(ledger: &dyn Ledger, kind: CouponKind) -> Coupon {
    let now = SystemClock.now();
    let window = Window::new(now, now.plus_micros(86_400_000_000)).unwrap();
    let mut name = Uuid::new_v4().simple().to_string();
    name.truncate(20);
    let event = Event {
        id: EventId::from_uuid(Uuid::now_v7()),
        name: EventName::new(name.as_str()).unwrap(),
        window,
    };
    let policy = DiscountPolicy {
        id: DiscountPolicyId::from_uuid(Uuid::now_v7()),
        name: DiscountPolicyName::new(name.as_str()).unwrap(),
        discount: Discount::Fixed {
            amount: Money::new(100).unwrap(),
        },
        minimum_order_amount: None,
    };
    let coupon = Coupon {
        id: CouponId::from_uuid(Uuid::now_v7()),
        name: CouponName::new(name.as_str()).unwrap(),
        event_id: event.id,
        event_window: window,
        discount_policy_id: policy.id,
        kind,
        expires_at: window.ends_at(),
        paused: false,
        epoch: Epoch(0),
        counters: Counters::default(),
    };
    ledger.create_event(event, None).await.unwrap();
    ledger.create_discount_policy(policy, None).await.unwrap();
    ledger.create_coupon(coupon.clone(), None).await.unwrap();
    coupon
}

/// Requests of so many consumers who never came before.
pub fn requests(coupon: &Coupon, count: usize) -> Vec<IssueRequest> {
    let request = |_| IssueRequest {
        issued_coupon_id: IssuedCouponId::from_uuid(Uuid::now_v7()),
        coupon_id: coupon.id,
        consumer_id: ConsumerId::new(Uuid::new_v4().to_string()).unwrap(),
        request_key: None,
    };
    (0..count).map(request).collect()
}

/// Issues to as many, and says to whom and what.
pub async fn issue(
    ledger: &dyn Ledger,
    coupon: &Coupon,
    count: usize,
) -> Vec<(String, IssuedCouponId)> {
    let requests = requests(coupon, count);
    let copies = requests
        .iter()
        .map(|request| {
            let consumer = request.consumer_id.as_str().to_owned();
            (consumer, request.issued_coupon_id)
        })
        .collect();
    issue_to(ledger, coupon, requests).await;
    copies
}

/// Issues to all of them.
pub async fn issue_to(ledger: &dyn Ledger, coupon: &Coupon, requests: Vec<IssueRequest>) {
    let scope = IssueScope::of(coupon);
    let batch = ledger.issue(scope, requests).await.unwrap();
    let issued = |outcome| matches!(outcome, &IssueOutcome::Issued(_));
    assert!(batch.outcomes.iter().all(issued));
}

/// Any ledger, for several at once.
pub type AnyLedger = Arc<dyn Ledger>;
