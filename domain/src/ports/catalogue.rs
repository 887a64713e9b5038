//! Events, discount policies and coupons: written by admins, read by all.

use async_trait::async_trait;

use super::{Answered, KeyedRequest, StoreError};
use crate::{
    ChangeRefusal, Coupon, CouponChange, CouponId, DiscountPolicy, DiscountPolicyId, Event,
    EventId, Page, Timestamp,
};

/// What came of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation<T> {
    /// It is stored, durably, at this time of the ledger; and so is the key's answer, if one came.
    Created(T, Timestamp),
    /// The key is known; nothing was written. The caller compares the digests.
    Answered(Answered),
    /// Another one has this name; nothing was written.
    NameTaken,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CouponChanged {
    /// The coupon as it is now, durably, and the ledger's time. Its epoch has risen if anything
    /// changed.
    Changed(Coupon, Timestamp),
    /// There is no such coupon.
    NotFound,
    /// Refused; nothing was changed.
    Refused(ChangeRefusal),
}

/// The catalogue. Names are compared byte by byte. Writes are durable when they return.
///
/// # Errors
/// Every method answers any [`StoreError`]; it says what became of the write.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// Stores an event. *Must* look at the key first, then at the name.
    async fn create_event(
        &self,
        event: Event,
        key: Option<KeyedRequest<Event>>,
    ) -> Result<Creation<Event>, StoreError>;

    /// The event with this id.
    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError>;

    /// Events in the order of their ids.
    async fn events(&self, page: Page<EventId>) -> Result<Vec<Event>, StoreError>;

    /// Stores a discount policy. *Must* look at the key first, then at the name.
    async fn create_discount_policy(
        &self,
        policy: DiscountPolicy,
        key: Option<KeyedRequest<DiscountPolicy>>,
    ) -> Result<Creation<DiscountPolicy>, StoreError>;

    /// The discount policy with this id.
    async fn discount_policy(
        &self,
        id: DiscountPolicyId,
    ) -> Result<Option<DiscountPolicy>, StoreError>;

    /// Discount policies in the order of their ids.
    async fn discount_policies(
        &self,
        page: Page<DiscountPolicyId>,
    ) -> Result<Vec<DiscountPolicy>, StoreError>;

    /// Stores a coupon, whose event and policy exist, under the next epoch and with all counters at
    /// zero, whatever it says itself. *Must* look at the key first, then at the name.
    async fn create_coupon(
        &self,
        coupon: Coupon,
        key: Option<KeyedRequest<Coupon>>,
    ) -> Result<Creation<Coupon>, StoreError>;

    /// The coupon with this id, with its counters.
    async fn coupon(&self, id: CouponId) -> Result<Option<Coupon>, StoreError>;

    /// Coupons in the order of their ids; those of one event, when given.
    async fn coupons(
        &self,
        event: Option<EventId>,
        page: Page<CouponId>,
    ) -> Result<Vec<Coupon>, StoreError>;

    /// Changes a coupon under its lock, by [`Coupon::changed`], and draws the next epoch for it
    /// when anything changes.
    async fn change_coupon(
        &self,
        id: CouponId,
        change: CouponChange,
    ) -> Result<CouponChanged, StoreError>;
}
