//! What is created under a name of its own, as one, for the rules that hold for each of the kinds.

use std::fmt::Debug;

use domain::ports::{Creation, KeyedRequest};
use domain::{
    Coupon, CouponId, CouponName, DiscountPolicy, DiscountPolicyId, DiscountPolicyName, Event,
    EventId, EventName, Page, Product, ProductId, ProductName,
};
use uuid::Uuid;

use crate::Fixture;
use crate::given::{created, everything, issue_kind};

/// What an admin creates, an event, a discount policy, a coupon; and what a seller does, a product.
pub(super) trait Kind: Clone + Debug + PartialEq {
    type Id: Copy + Debug + Ord;

    /// For a key of its own, in rules that run for each kind on one store.
    const KEY: u8;

    /// A valid one, not stored.
    async fn fresh(fixture: &Fixture) -> Self;
    async fn create(self, fixture: &Fixture, key: Option<KeyedRequest<Self>>) -> Creation<Self>;
    async fn read(id: Self::Id, fixture: &Fixture) -> Option<Self>;
    async fn page(page: Page<Self::Id>, fixture: &Fixture) -> Vec<Self>;

    fn id(&self) -> Self::Id;
    fn id_of(uuid: Uuid) -> Self::Id;
    fn with_id(self, id: Self::Id) -> Self;
    fn with_name(self, name: &str) -> Self;

    async fn stored(self, fixture: &Fixture) -> Self {
        created(self.create(fixture, None).await)
    }

    async fn all(fixture: &Fixture) -> Vec<Self> {
        Self::page(everything(), fixture).await
    }
}

/// Calls an async function for each kind, on one store.
macro_rules! for_each_kind {
    ($rule:ident($fixture:expr)) => {
        $rule::<domain::Product>($fixture).await;
        $rule::<domain::Event>($fixture).await;
        $rule::<domain::DiscountPolicy>($fixture).await;
        $rule::<domain::Coupon>($fixture).await;
    };
}
pub(super) use for_each_kind;

macro_rules! identity {
    ($key:literal, $id:ident, $name:ident) => {
        type Id = $id;

        const KEY: u8 = $key;

        fn id(&self) -> $id {
            self.id
        }

        fn id_of(uuid: Uuid) -> $id {
            $id::from_uuid(uuid)
        }

        fn with_id(self, id: $id) -> Self {
            Self { id, ..self }
        }

        fn with_name(self, name: &str) -> Self {
            let name = $name::new(name).unwrap();
            Self { name, ..self }
        }
    };
}

impl Kind for Event {
    identity!(1, EventId, EventName);

    async fn fresh(fixture: &Fixture) -> Self {
        fixture.new_event()
    }

    async fn create(self, fixture: &Fixture, key: Option<KeyedRequest<Self>>) -> Creation<Self> {
        fixture.store.create_event(self, key).await.unwrap()
    }

    async fn read(id: EventId, fixture: &Fixture) -> Option<Self> {
        fixture.store.event(id).await.unwrap()
    }

    async fn page(page: Page<EventId>, fixture: &Fixture) -> Vec<Self> {
        fixture.store.events(page).await.unwrap()
    }
}

impl Kind for DiscountPolicy {
    identity!(2, DiscountPolicyId, DiscountPolicyName);

    async fn fresh(fixture: &Fixture) -> Self {
        fixture.new_policy()
    }

    async fn create(self, fixture: &Fixture, key: Option<KeyedRequest<Self>>) -> Creation<Self> {
        let creation = fixture.store.create_discount_policy(self, key).await;
        creation.unwrap()
    }

    async fn read(id: DiscountPolicyId, fixture: &Fixture) -> Option<Self> {
        fixture.store.discount_policy(id).await.unwrap()
    }

    async fn page(page: Page<DiscountPolicyId>, fixture: &Fixture) -> Vec<Self> {
        fixture.store.discount_policies(page).await.unwrap()
    }
}

impl Kind for Coupon {
    identity!(3, CouponId, CouponName);

    /// Of an event and a policy of its own, which are stored.
    async fn fresh(fixture: &Fixture) -> Self {
        let (event, policy) = (fixture.event().await, fixture.policy().await);
        fixture.new_coupon(&event, &policy, issue_kind(10))
    }

    async fn create(self, fixture: &Fixture, key: Option<KeyedRequest<Self>>) -> Creation<Self> {
        fixture.store.create_coupon(self, key).await.unwrap()
    }

    async fn read(id: CouponId, fixture: &Fixture) -> Option<Self> {
        fixture.store.coupon(id).await.unwrap()
    }

    async fn page(page: Page<CouponId>, fixture: &Fixture) -> Vec<Self> {
        fixture.store.coupons(None, page).await.unwrap()
    }
}

impl Kind for Product {
    identity!(4, ProductId, ProductName);

    /// All of one seller.
    async fn fresh(fixture: &Fixture) -> Self {
        fixture.new_product()
    }

    async fn create(self, fixture: &Fixture, key: Option<KeyedRequest<Self>>) -> Creation<Self> {
        fixture.store.create_product(self, key).await.unwrap()
    }

    async fn read(id: ProductId, fixture: &Fixture) -> Option<Self> {
        fixture.store.product(id).await.unwrap()
    }

    async fn page(page: Page<ProductId>, fixture: &Fixture) -> Vec<Self> {
        fixture.store.products(page).await.unwrap()
    }
}
