//! What the unit tests here share: coupons, and mocks of the ports.

use async_trait::async_trait;
use domain::ports::*;
use domain::*;
use mockall::mock;
use uuid::Uuid;

mod behind_gate;
mod one_order;

pub(crate) use behind_gate::{GENERATION, Given, MockAdmissions, MockGenerations, MockLocks};
pub(crate) use one_order::{NOW, OneOrder, purchase};

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

/// A USE_COUPON of so many uses.
pub(crate) fn use_kind(cap: i64) -> CouponKind {
    CouponKind::Use {
        maximum_usage: Cap::new(cap).unwrap(),
        per_consumer_limit: PerConsumerLimit::new(1).unwrap(),
    }
}

/// The copy of this number that a consumer has of [`coupon`].
pub(crate) fn copy(number: u128, consumer: &str) -> IssuedCoupon {
    IssuedCoupon {
        id: copy_id(number),
        coupon_id: coupon(use_kind(1)).id,
        event_id: coupon(use_kind(1)).event_id,
        consumer_id: who(consumer),
        ordinal: 0,
        state: IssuedCouponState::Active,
        used: 0,
        issued_at: at(100),
        expires_at: at(190),
        request_key: None,
    }
}

pub(crate) fn copy_id(number: u128) -> IssuedCouponId {
    IssuedCouponId::from_uuid(Uuid::from_u128(number))
}

/// A key, and how it is answered: with the name of what was written.
pub(crate) fn keyed<T>(digest: u8, answer: AnswerOf<T>) -> KeyedRequest<T> {
    KeyedRequest {
        scope: KeyScope([1; 32]),
        digest: RequestDigest([digest; 32]),
        answer,
    }
}

/// Ids that rise.
pub(crate) fn rising_ids() -> MockIds {
    let next = std::sync::atomic::AtomicU64::new(1);
    let mut ids = MockIds::new();
    ids.expect_next_id().returning(move || {
        let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Uuid::from_u64_pair(number, number)
    });
    ids
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
        async fn copies_among(&self, scope: IssueScope, consumers: Vec<ConsumerId>) -> Result<Vec<IssuedCoupon>, StoreError>;
        async fn holders(&self, coupon: CouponId, page: Page<IssuedCouponId>) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError>;
        async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError>;
        async fn to_be_withdrawn(&self, limit: u32) -> Result<Vec<Coupon>, StoreError>;
        async fn withdraw(&self, coupon: CouponId, epoch: Epoch, limit: u32) -> Result<Withdrawn, StoreError>;
        async fn event_report(&self, event: EventId) -> Result<Option<Vec<CouponReport>>, StoreError>;
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
        async fn forget_answered(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError>;
    }
}

mock! {
    pub(crate) Ids {}

    impl IdGenerator for Ids {
        fn next_id(&self) -> Uuid;
    }
}

mock! {
    pub(crate) Purchases {}

    #[async_trait]
    impl PurchaseLedger for Purchases {
        async fn place(&self, request: PurchaseRequest) -> Result<Placed, StoreError>;
        async fn change_order(&self, id: OrderId, command: OrderCommand, key: Option<KeyedRequest<Order>>) -> Result<Keyed<Order, OrderRefusal>, StoreError>;
        async fn order(&self, id: OrderId) -> Result<Option<Order>, StoreError>;
        async fn orders(&self, consumer: Option<ConsumerId>, page: Page<OrderId>) -> Result<Vec<Order>, StoreError>;
        async fn take_over_sagas(&self, limit: u32, patience: SagaPatience) -> Result<Vec<Saga>, StoreError>;
        async fn saga(&self, id: SagaId) -> Result<Option<(Saga, Vec<SagaTrace>)>, StoreError>;
        async fn sagas(&self, phase: Option<SagaPhase>, page: Page<SagaId>) -> Result<Vec<Saga>, StoreError>;
        async fn audit_books(&self, grace: i64) -> Result<BooksAudit, StoreError>;
    }
}

mock! {
    pub(crate) Holds {}

    #[async_trait]
    impl HoldLedger for Holds {
        async fn open_hold(&self, request: HoldRequest, key: Option<KeyedRequest<OpenedHold>>) -> Result<Keyed<OpenedHold, OpenHoldRefusal>, StoreError>;
        async fn settle_hold(&self, caller: CallerId, name: HoldName, settlement: Settlement, key: Option<KeyedRequest<Hold>>) -> Result<Keyed<Hold, SettleRefusal>, StoreError>;
        async fn hold(&self, caller: CallerId, name: HoldName) -> Result<Option<(Hold, Timestamp)>, StoreError>;
        async fn expire_holds(&self, limit: u32) -> Result<u32, StoreError>;
    }
}

mock! {
    pub(crate) Purses {}

    #[async_trait]
    impl Wallets for Purses {
        async fn charge(&self, charge: Charge, key: KeyedRequest<Wallet>) -> Result<Keyed<Wallet, AmountOverflow>, StoreError>;
        async fn wallet(&self, consumer: ConsumerId) -> Result<Wallet, StoreError>;
        async fn seller_balance(&self, seller: SellerId) -> Result<Amount, StoreError>;
        async fn fold_seller_credits(&self, limit: u32) -> Result<u32, StoreError>;
    }
}

mock! {
    pub(crate) Goods {}

    #[async_trait]
    impl Products for Goods {
        async fn create_product(&self, product: Product, key: Option<KeyedRequest<Product>>) -> Result<Creation<Product>, StoreError>;
        async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError>;
        async fn products(&self, page: Page<ProductId>) -> Result<Vec<Product>, StoreError>;
        async fn change_product(&self, seller: SellerId, id: ProductId, change: ProductChange) -> Result<ProductChanged, StoreError>;
    }
}

mock! {
    pub(crate) Provider {}

    #[async_trait]
    impl Payments for Provider {
        async fn call(&self, call: &PaymentCall) -> Result<PaymentAnswer, PaymentError>;
        async fn query(&self, call: &PaymentCall) -> Result<Option<PaymentAnswer>, PaymentError>;
    }
}
