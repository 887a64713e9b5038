//! What decisions about purchases and holds are made from: rows, as they are under the lock.

use domain::ports::StoreError;
use domain::{
    ConsumerId, Coupon, Hold, IssuedCoupon, IssuedCouponId, Order, OrderReading, PurchaseReading,
    PurchaseRequest, Timestamp, UseReading, Wallet,
};

use crate::store::Tables;

impl Tables {
    /// All that decides whether the copy may be used; none when there is no such copy.
    pub(crate) fn use_reading(
        &self,
        copy: IssuedCouponId,
        now: Timestamp,
    ) -> Result<Option<UseReading>, StoreError> {
        let Some(copy) = self.copies.get(copy).cloned() else {
            return Ok(None);
        };
        let coupon = self.coupon_of(&copy)?;
        let policy = self.discount_policies.get(coupon.discount_policy_id);
        let policy = policy.ok_or_else(|| StoreError::corrupt("a coupon without its policy"))?;
        // The copy's own that have lapsed are among the coupon's.
        let own = self.holds.of_copy(copy.id);
        let own = own.filter(|hold| hold.is_live() && !hold.has_lapsed(now));
        let lapsed = self.holds.lapsed_of_coupon(coupon.id, now);
        Ok(Some(UseReading {
            holds: own.chain(lapsed).cloned().collect(),
            policy: policy.clone(),
            coupon,
            copy,
        }))
    }

    pub(crate) fn purchase_reading(
        &self,
        request: &PurchaseRequest,
        now: Timestamp,
    ) -> Result<PurchaseReading, StoreError> {
        let items = request.items.iter();
        let coupon = match request.issued_coupon_id {
            Some(copy) => self.use_reading(copy, now)?,
            None => None,
        };
        Ok(PurchaseReading {
            products: items
                .filter_map(|(id, _)| self.products.get(*id))
                .cloned()
                .collect(),
            coupon,
            wallet: self.wallet(&request.consumer_id),
        })
    }

    pub(crate) fn order_reading(&self, order: Order) -> Result<OrderReading, StoreError> {
        let hold = self.holds.of_saga(order.saga_id);
        let items = order.items.iter();
        Ok(OrderReading {
            sagas: self.sagas.of_order(order.id).cloned().collect(),
            using: hold.map(|hold| self.using(hold)).transpose()?,
            products: items
                .filter_map(|item| self.products.get(item.product_id))
                .cloned()
                .collect(),
            wallet: self.wallet(&order.consumer_id),
            order,
        })
    }

    /// A hold with its copy and its coupon.
    pub(crate) fn using(&self, hold: &Hold) -> Result<(Hold, IssuedCoupon, Coupon), StoreError> {
        let copy = self.copies.get(hold.issued_coupon_id);
        let copy = copy.ok_or_else(|| StoreError::corrupt("a hold without its copy"))?;
        Ok((hold.clone(), copy.clone(), self.coupon_of(copy)?))
    }

    /// The consumer's wallet; an empty one, where there is none.
    pub(crate) fn wallet(&self, consumer: &ConsumerId) -> Wallet {
        let wallet = self.wallets.get(consumer).cloned();
        wallet.unwrap_or_else(|| Wallet::empty(consumer.clone()))
    }

    fn coupon_of(&self, copy: &IssuedCoupon) -> Result<Coupon, StoreError> {
        let coupon = self.coupons.get(copy.coupon_id).cloned();
        coupon.ok_or_else(|| StoreError::corrupt("a copy without its coupon"))
    }
}
