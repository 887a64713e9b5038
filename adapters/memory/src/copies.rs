//! The copies, found by id, by consumer and by coupon, always in the order of their ids.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::ports::StoreError;
use domain::{ConsumerId, CouponId, IssuedCoupon, IssuedCouponId, Page};

use crate::table::{limit_of, range_of};

/// The page that has them all: 2^32 - 1 copies of one consumer or coupon are more than memory holds.
pub(crate) const ALL: Page<IssuedCouponId> = Page {
    after: None,
    limit: u32::MAX,
};

type Ids = BTreeSet<IssuedCouponId>;

#[derive(Default)]
pub(crate) struct Copies {
    rows: BTreeMap<IssuedCouponId, IssuedCoupon>,
    of_consumers: HashMap<ConsumerId, Ids>,
    of_coupons: HashMap<CouponId, Ids>,
}

impl Copies {
    /// Writes all of them; none, when one of their ids is not new.
    pub(crate) fn insert(&mut self, copies: Vec<IssuedCoupon>) -> Result<(), StoreError> {
        let ids: Ids = copies.iter().map(|copy| copy.id).collect();
        if ids.len() < copies.len() || ids.iter().any(|id| self.rows.contains_key(id)) {
            return Err(StoreError::corrupt("two copies with one id"));
        }
        for copy in copies {
            let consumer = copy.consumer_id.clone();
            self.of_consumers
                .entry(consumer)
                .or_default()
                .insert(copy.id);
            self.of_coupons
                .entry(copy.coupon_id)
                .or_default()
                .insert(copy.id);
            self.rows.insert(copy.id, copy);
        }
        Ok(())
    }

    /// Writes over the copy with this id, whose consumer and coupon are the same.
    pub(crate) fn put(&mut self, copy: IssuedCoupon) {
        self.rows.insert(copy.id, copy);
    }

    pub(crate) fn get(&self, id: IssuedCouponId) -> Option<&IssuedCoupon> {
        self.rows.get(&id)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &IssuedCoupon> {
        self.rows.values()
    }

    /// The consumer's copies that come after the page's id, up to its limit.
    pub(crate) fn of_consumer(
        &self,
        consumer: &ConsumerId,
        page: Page<IssuedCouponId>,
    ) -> impl Iterator<Item = &IssuedCoupon> {
        self.rows_of(self.of_consumers.get(consumer), page)
    }

    /// The coupon's copies that come after the page's id, up to its limit.
    pub(crate) fn of_coupon(
        &self,
        coupon: CouponId,
        page: Page<IssuedCouponId>,
    ) -> impl Iterator<Item = &IssuedCoupon> {
        self.rows_of(self.of_coupons.get(&coupon), page)
    }

    fn rows_of<'a>(
        &'a self,
        ids: Option<&'a Ids>,
        page: Page<IssuedCouponId>,
    ) -> impl Iterator<Item = &'a IssuedCoupon> {
        ids.into_iter()
            .flat_map(move |ids| ids.range(range_of(page)))
            .take(limit_of(page))
            .filter_map(|id| self.rows.get(id))
    }
}
