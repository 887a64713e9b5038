//! What the unit tests here share: coupons, and mocks of the ports.

use async_trait::async_trait;
use domain::ports::*;
use domain::*;
use mockall::mock;
use uuid::Uuid;

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

pub(crate) fn who(name: &str) -> ConsumerId {
    ConsumerId::new(name).unwrap()
}

pub(crate) fn issue_kind(cap: i64) -> CouponKind {
    CouponKind::Issue {
        maximum_issued: Cap::new(cap).unwrap(),
        redundant_usable: false,
    }
}

/// A coupon of an event `[100, 200)`, expiring at 190.
pub(crate) fn coupon(kind: CouponKind) -> Coupon {
    Coupon {
        id: CouponId::from_uuid(Uuid::from_u128(1)),
        name: CouponName::new("c").unwrap(),
        event_id: EventId::from_uuid(Uuid::from_u128(2)),
        event_window: Window::new(at(100), at(200)).unwrap(),
        discount_policy_id: DiscountPolicyId::from_uuid(Uuid::from_u128(3)),
        kind,
        expires_at: at(190),
        paused: false,
        epoch: Epoch(1),
        counters: Counters::default(),
    }
}

mock! {
    pub(crate) Ledger {}

    #[async_trait]
    impl CouponLedger for Ledger {
        async fn issue(&self, scope: IssueScope, requests: Vec<IssueRequest>) -> Result<IssuedBatch, StoreError>;
        async fn issued_coupon(&self, id: IssuedCouponId) -> Result<Option<IssuedCoupon>, StoreError>;
        async fn issued_coupons(&self, consumer: ConsumerId, page: Page<IssuedCouponId>) -> Result<Vec<IssuedCoupon>, StoreError>;
        async fn holders(&self, coupon: CouponId, page: Page<IssuedCouponId>) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError>;
        async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError>;
        async fn audit(&self, coupon: CouponId) -> Result<Option<AuditReading>, StoreError>;
        async fn ready(&self) -> Result<(), StoreError>;
    }
}

mock! {
    pub(crate) Shelf {}

    #[async_trait]
    impl Catalogue for Shelf {
        async fn create_event(&self, event: Event, key: Option<KeyedRequest<Event>>) -> Result<Creation<Event>, StoreError>;
        async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError>;
        async fn events(&self, page: Page<EventId>) -> Result<Vec<Event>, StoreError>;
        async fn create_discount_policy(&self, policy: DiscountPolicy, key: Option<KeyedRequest<DiscountPolicy>>) -> Result<Creation<DiscountPolicy>, StoreError>;
        async fn discount_policy(&self, id: DiscountPolicyId) -> Result<Option<DiscountPolicy>, StoreError>;
        async fn discount_policies(&self, page: Page<DiscountPolicyId>) -> Result<Vec<DiscountPolicy>, StoreError>;
        async fn create_coupon(&self, coupon: Coupon, key: Option<KeyedRequest<Coupon>>) -> Result<Creation<Coupon>, StoreError>;
        async fn coupon(&self, id: CouponId) -> Result<Option<Coupon>, StoreError>;
        async fn coupons(&self, event: Option<EventId>, page: Page<CouponId>) -> Result<Vec<Coupon>, StoreError>;
        async fn change_coupon(&self, id: CouponId, change: CouponChange) -> Result<CouponChanged, StoreError>;
    }
}

mock! {
    pub(crate) Answers {}

    #[async_trait]
    impl AnsweredRequests for Answers {
        async fn answered(&self, scope: KeyScope) -> Result<Option<Answered>, StoreError>;
    }
}

mock! {
    pub(crate) Ids {}

    impl IdGenerator for Ids {
        fn next_id(&self) -> Uuid;
    }
}
