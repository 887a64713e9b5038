//! What tests begin with: events, policies, coupons, requests, each valid and unlike the others.

mod purchases;

use domain::ports::Creation;
use domain::{
    Cap, ConsumerId, Counters, Coupon, CouponId, CouponKind, CouponName, Discount, DiscountPolicy,
    DiscountPolicyId, DiscountPolicyName, Epoch, Event, EventId, EventName, IssueOutcome,
    IssueRefusal, IssueRequest, IssueScope, IssuedCoupon, IssuedCouponId, Money, Page,
    PerConsumerLimit, RequestKey, Timestamp, Window,
};

use crate::Fixture;

pub use purchases::{
    amount, by_provider, caller, declined, hold_name, not_placed, placed, seller, unanswered,
    unkeyed, with_copy, with_points,
};

/// When the events begin, and where a fixture's clock stands at first.
pub const START: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);
/// When the events are over: an hour later. Coupons expire at the same time.
pub const END: Timestamp = START.plus_micros(3_600_000_000);
/// [`START`], as the API says it.
pub const START_TEXT: &str = "2027-01-15T08:00:00Z";
/// [`END`], as the API says it.
pub const END_TEXT: &str = "2027-01-15T09:00:00Z";

/// The ledger's first page, of all that there is.
pub const fn everything<Id>() -> Page<Id> {
    Page {
        after: None,
        limit: u32::MAX,
    }
}

/// An ISSUE_COUPON.
pub fn issue_kind(cap: i64) -> CouponKind {
    CouponKind::Issue {
        maximum_issued: Cap::new(cap).unwrap(),
        redundant_usable: false,
    }
}

/// A USE_COUPON.
pub fn use_kind(cap: i64, limit: i64) -> CouponKind {
    CouponKind::Use {
        maximum_usage: Cap::new(cap).unwrap(),
        per_consumer_limit: PerConsumerLimit::new(limit).unwrap(),
    }
}

/// A consumer.
pub fn consumer(name: impl Into<String>) -> ConsumerId {
    ConsumerId::new(name).unwrap()
}

/// The window between two instants.
pub fn window(starts_at: Timestamp, ends_at: Timestamp) -> Window {
    Window::new(starts_at, ends_at).unwrap()
}

/// What was created.
pub fn created<T: std::fmt::Debug>(creation: Creation<T>) -> T {
    match creation {
        Creation::Created(created, _) => created,
        other => panic!("not created: {other:?}"),
    }
}

/// The copy that was issued just now.
pub fn issued(outcome: &IssueOutcome) -> IssuedCoupon {
    match outcome {
        IssueOutcome::Issued(copy) => copy.clone(),
        other => panic!("not issued: {other:?}"),
    }
}

/// All copies that were issued, whatever else was answered.
pub fn all_issued(outcomes: &[IssueOutcome]) -> Vec<IssuedCoupon> {
    let issued = |outcome: &IssueOutcome| match outcome {
        IssueOutcome::Issued(copy) => Some(copy.clone()),
        IssueOutcome::Replayed(_) | IssueOutcome::Refused(_) => None,
    };
    outcomes.iter().filter_map(issued).collect()
}

/// Why nothing was issued.
pub fn refused(outcome: &IssueOutcome) -> IssueRefusal {
    match outcome {
        IssueOutcome::Refused(refusal) => *refusal,
        other => panic!("not refused: {other:?}"),
    }
}

/// The same request with a key.
pub fn keyed(request: IssueRequest, key: u8) -> IssueRequest {
    IssueRequest {
        request_key: Some(RequestKey([key; 16])),
        ..request
    }
}

impl Fixture {
    /// An event `[START, END)`, not stored.
    pub fn new_event(&self) -> Event {
        Event {
            id: EventId::from_uuid(self.id()),
            name: EventName::new(format!("event {}", self.number())).unwrap(),
            window: window(START, END),
        }
    }

    /// A discount policy, not stored.
    pub fn new_policy(&self) -> DiscountPolicy {
        DiscountPolicy {
            id: DiscountPolicyId::from_uuid(self.id()),
            name: DiscountPolicyName::new(format!("policy {}", self.number())).unwrap(),
            discount: Discount::Fixed {
                amount: Money::new(500).unwrap(),
            },
            minimum_order_amount: None,
        }
    }

    /// A coupon of this event, which expires when the event ends; not stored.
    pub fn new_coupon(&self, event: &Event, policy: &DiscountPolicy, kind: CouponKind) -> Coupon {
        Coupon {
            id: CouponId::from_uuid(self.id()),
            name: CouponName::new(format!("coupon {}", self.number())).unwrap(),
            event_id: event.id,
            event_window: event.window,
            discount_policy_id: policy.id,
            kind,
            expires_at: event.window.ends_at(),
            paused: false,
            epoch: Epoch(0),
            counters: Counters::default(),
        }
    }

    /// An event `[START, END)`, stored.
    pub async fn event(&self) -> Event {
        self.store_event(self.new_event()).await
    }

    /// A discount policy, stored.
    pub async fn policy(&self) -> DiscountPolicy {
        let creation = self
            .store
            .create_discount_policy(self.new_policy(), None)
            .await;
        created(creation.unwrap())
    }

    /// A coupon of an event of its own, stored.
    pub async fn coupon(&self, kind: CouponKind) -> Coupon {
        let event = self.event().await;
        self.coupon_of(&event, kind).await
    }

    /// A coupon of this event, stored.
    pub async fn coupon_of(&self, event: &Event, kind: CouponKind) -> Coupon {
        let policy = self.policy().await;
        self.store_coupon(self.new_coupon(event, &policy, kind))
            .await
    }

    /// Stores the event.
    pub async fn store_event(&self, event: Event) -> Event {
        created(self.store.create_event(event, None).await.unwrap())
    }

    /// Stores the coupon.
    pub async fn store_coupon(&self, coupon: Coupon) -> Coupon {
        created(self.store.create_coupon(coupon, None).await.unwrap())
    }

    /// The coupon as the store has it.
    pub async fn read(&self, coupon: &Coupon) -> Coupon {
        self.store.coupon(coupon.id).await.unwrap().unwrap()
    }

    /// A consumer's request for a copy, with a new id.
    pub fn request(&self, coupon: &Coupon, name: &str) -> IssueRequest {
        IssueRequest {
            issued_coupon_id: IssuedCouponId::from_uuid(self.id()),
            coupon_id: coupon.id,
            consumer_id: consumer(name),
            request_key: None,
        }
    }

    /// The answers to one batch in the scope of this coupon.
    pub async fn issue(&self, coupon: &Coupon, requests: Vec<IssueRequest>) -> Vec<IssueOutcome> {
        let batch = self.store.issue(IssueScope::of(coupon), requests).await;
        batch.unwrap().outcomes
    }

    /// The answer to a request that is alone in its batch.
    pub async fn issue_one(&self, coupon: &Coupon, request: IssueRequest) -> IssueOutcome {
        self.issue(coupon, vec![request]).await.remove(0)
    }

    /// What this consumer is answered who asks for the first time.
    pub async fn ask(&self, coupon: &Coupon, name: &str) -> IssueOutcome {
        self.issue_one(coupon, self.request(coupon, name)).await
    }
}
