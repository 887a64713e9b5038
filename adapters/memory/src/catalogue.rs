//! The port of the catalogue.

use async_trait::async_trait;
use domain::ports::{Catalogue, CouponChanged, Creation, KeyedRequest, StoreError};
use domain::{
    Coupon, CouponChange, CouponId, DiscountPolicy, DiscountPolicyId, Event, EventId, Page,
};

use crate::MemoryStore;
use crate::answered_requests::render;
use crate::table::Row;

impl MemoryStore {
    /// Stores a new row of any kind, under a key or without.
    pub(crate) fn create<R: Row>(
        &self,
        row: R,
        key: Option<KeyedRequest<R>>,
    ) -> Result<Creation<R>, StoreError> {
        let (mut tables, now) = self.lock();
        if let Some(answered) = tables.answered_before(key.as_ref()) {
            return Ok(Creation::Answered(answered));
        }
        if R::table(&mut tables).has_name(&row.name()) {
            return Ok(Creation::NameTaken);
        }
        if R::table(&mut tables).get(row.id()).is_some() {
            return Err(StoreError::corrupt("two rows with one id"));
        }
        let row = row.prepared(&mut tables, now)?;
        let rendered = render(key, &row, now);
        R::table(&mut tables).put(row.clone());
        row.begin(&mut tables, now);
        tables.keep(rendered);
        Ok(Creation::Created(row, now))
    }

    fn change(&self, id: CouponId, change: &CouponChange) -> CouponChanged {
        let (mut tables, now) = self.lock();
        let Some(coupon) = tables.coupons.get(id).cloned() else {
            return CouponChanged::NotFound;
        };
        match coupon.changed(change) {
            Err(refusal) => CouponChanged::Refused(refusal),
            Ok(None) => CouponChanged::Changed(coupon, now),
            Ok(Some(changed)) => {
                let epoch = tables.draw_epoch();
                let changed = Coupon { epoch, ..changed };
                tables.coupons.put(changed.clone());
                CouponChanged::Changed(changed, now)
            }
        }
    }
}

#[async_trait]
impl Catalogue for MemoryStore {
    async fn create_event(
        &self,
        event: Event,
        key: Option<KeyedRequest<Event>>,
    ) -> Result<Creation<Event>, StoreError> {
        self.create(event, key)
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        Ok(self.lock().0.events.get(id).cloned())
    }

    async fn events(&self, page: Page<EventId>) -> Result<Vec<Event>, StoreError> {
        Ok(self.lock().0.events.page(page, |_| true))
    }

    async fn create_discount_policy(
        &self,
        policy: DiscountPolicy,
        key: Option<KeyedRequest<DiscountPolicy>>,
    ) -> Result<Creation<DiscountPolicy>, StoreError> {
        self.create(policy, key)
    }

    async fn discount_policy(
        &self,
        id: DiscountPolicyId,
    ) -> Result<Option<DiscountPolicy>, StoreError> {
        Ok(self.lock().0.discount_policies.get(id).cloned())
    }

    async fn discount_policies(
        &self,
        page: Page<DiscountPolicyId>,
    ) -> Result<Vec<DiscountPolicy>, StoreError> {
        Ok(self.lock().0.discount_policies.page(page, |_| true))
    }

    async fn create_coupon(
        &self,
        coupon: Coupon,
        key: Option<KeyedRequest<Coupon>>,
    ) -> Result<Creation<Coupon>, StoreError> {
        self.create(coupon, key)
    }

    async fn coupon(&self, id: CouponId) -> Result<Option<Coupon>, StoreError> {
        Ok(self.lock().0.coupons.get(id).cloned())
    }

    async fn coupons(
        &self,
        event: Option<EventId>,
        page: Page<CouponId>,
    ) -> Result<Vec<Coupon>, StoreError> {
        let wanted = |coupon: &Coupon| event.is_none_or(|event| coupon.event_id == event);
        Ok(self.lock().0.coupons.page(page, wanted))
    }

    async fn change_coupon(
        &self,
        id: CouponId,
        change: CouponChange,
    ) -> Result<CouponChanged, StoreError> {
        Ok(self.change(id, &change))
    }
}
