//! The port of the catalogue.

use async_trait::async_trait;
use domain::ports::{Catalogue, CouponChanged, Creation, KeyedRequest, StoreError};
use domain::{
    Coupon, CouponChange, CouponId, DiscountPolicy, DiscountPolicyId, Event, EventId, Page,
};

use crate::MysqlStore;
use crate::coupons::{self, ChangeCoupon};
use crate::create::Create;
use crate::error::nothing_happened;
use crate::rows::{self, coupon_columns};

#[async_trait]
impl Catalogue for MysqlStore {
    async fn create_event(
        &self,
        event: Event,
        key: Option<KeyedRequest<Event>>,
    ) -> Result<Creation<Event>, StoreError> {
        self.write(Create { item: event, key }).await
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        sqlx::query("SELECT id, name, starts_at, ends_at FROM events WHERE id = ?")
            .bind(&id.as_bytes()[..])
            .try_map(|row| rows::event(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn events(&self, page: Page<EventId>) -> Result<Vec<Event>, StoreError> {
        const SELECT: &str = "SELECT id, name, starts_at, ends_at FROM events \
             WHERE id > ? ORDER BY id LIMIT ?";
        sqlx::query(SELECT)
            .bind(after(page.after.as_ref().map(EventId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::event(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn create_discount_policy(
        &self,
        policy: DiscountPolicy,
        key: Option<KeyedRequest<DiscountPolicy>>,
    ) -> Result<Creation<DiscountPolicy>, StoreError> {
        self.write(Create { item: policy, key }).await
    }

    async fn discount_policy(
        &self,
        id: DiscountPolicyId,
    ) -> Result<Option<DiscountPolicy>, StoreError> {
        const SELECT: &str = "SELECT id, name, kind, amount, rate, maximum, minimum_order_amount \
             FROM discount_policies WHERE id = ?";
        sqlx::query(SELECT)
            .bind(&id.as_bytes()[..])
            .try_map(|row| rows::discount_policy(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn discount_policies(
        &self,
        page: Page<DiscountPolicyId>,
    ) -> Result<Vec<DiscountPolicy>, StoreError> {
        const SELECT: &str = "SELECT id, name, kind, amount, rate, maximum, minimum_order_amount \
             FROM discount_policies WHERE id > ? ORDER BY id LIMIT ?";
        sqlx::query(SELECT)
            .bind(after(page.after.as_ref().map(DiscountPolicyId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::discount_policy(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn create_coupon(
        &self,
        coupon: Coupon,
        key: Option<KeyedRequest<Coupon>>,
    ) -> Result<Creation<Coupon>, StoreError> {
        self.write(Create { item: coupon, key }).await
    }

    async fn coupon(&self, id: CouponId) -> Result<Option<Coupon>, StoreError> {
        coupons::with_id(self.readers(), id)
            .await
            .map_err(nothing_happened)
    }

    async fn coupons(
        &self,
        event: Option<EventId>,
        page: Page<CouponId>,
    ) -> Result<Vec<Coupon>, StoreError> {
        const ALL: &str = concat!(
            "SELECT ",
            coupon_columns!(),
            " FROM coupons c WHERE c.id > ? ORDER BY c.id LIMIT ?"
        );
        const OF_EVENT: &str = concat!(
            "SELECT ",
            coupon_columns!(),
            " FROM coupons c WHERE c.event_id = ? AND c.id > ? ORDER BY c.id LIMIT ?"
        );
        let query = match &event {
            None => sqlx::query(ALL),
            Some(event) => sqlx::query(OF_EVENT).bind(&event.as_bytes()[..]),
        };
        query
            .bind(after(page.after.as_ref().map(CouponId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::coupon(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn change_coupon(
        &self,
        id: CouponId,
        change: CouponChange,
    ) -> Result<CouponChanged, StoreError> {
        self.write(ChangeCoupon { id, change }).await
    }
}

/// The bytes that a page's ids come after: those of no id, for the first page, come before all.
pub(crate) fn after(id: Option<&[u8; 16]>) -> &[u8] {
    id.map_or(&[], |id| &id[..])
}
