//! An admin puts a coupon on offer.

use std::sync::Arc;

use domain::{
    Counters, Coupon, CouponId, CouponKind, CouponName, DiscountPolicyId, Epoch, EventId,
    InvalidExpiry, Timestamp,
    ports::{Catalogue, IdGenerator, KeyedRequest, StoreError},
};

use crate::{
    KeyError, KeyedRequests, LedgerClock, Written,
    keyed_requests::{Begun, created},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct NewCoupon {
    /// Its name.
    pub name: CouponName,
    /// Its event.
    pub event_id: EventId,
    /// What it takes off an order.
    pub discount_policy_id: DiscountPolicyId,
    /// Its kind, with its cap.
    pub kind: CouponKind,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Why there is no new coupon.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateCouponError {
    /// There is no such event.
    #[error("there is no such event")]
    EventNotFound,
    /// There is no such discount policy.
    #[error("there is no such discount policy")]
    DiscountPolicyNotFound,
    /// `expires_at` does not fit the event.
    #[error(transparent)]
    Expiry(#[from] InvalidExpiry),
    /// Another coupon has this name.
    #[error("another coupon has this name")]
    NameTaken,
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct CreateCoupon {
    catalogue: Arc<dyn Catalogue>,
    keyed: Arc<KeyedRequests>,
    ids: Arc<dyn IdGenerator>,
    clock: Arc<LedgerClock>,
}

impl CreateCoupon {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        catalogue: Arc<dyn Catalogue>,
        keyed: Arc<KeyedRequests>,
        ids: Arc<dyn IdGenerator>,
        clock: Arc<LedgerClock>,
    ) -> Self {
        Self {
            catalogue,
            keyed,
            ids,
            clock,
        }
    }

    /// The coupon, stored durably, with nothing issued. Events and policies are never changed nor
    /// deleted, so what is checked here still holds when the coupon is written.
    ///
    /// # Errors
    /// [`CreateCouponError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(
        &self,
        new: NewCoupon,
        key: Option<KeyedRequest<Coupon>>,
    ) -> Result<Written<Coupon>, CreateCouponError> {
        let _in_flight = match self
            .keyed
            .begin::<_, CreateCouponError>(key.as_ref())
            .await?
        {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let event = self.catalogue.event(new.event_id).await?;
        let event = event.ok_or(CreateCouponError::EventNotFound)?;
        let policy = self
            .catalogue
            .discount_policy(new.discount_policy_id)
            .await?;
        policy.ok_or(CreateCouponError::DiscountPolicyNotFound)?;
        Coupon::check_expiry(new.expires_at, event.window, self.clock.now())?;
        let coupon = Coupon {
            id: CouponId::from_uuid(self.ids.next_id()),
            name: new.name,
            event_id: event.id,
            event_window: event.window,
            discount_policy_id: new.discount_policy_id,
            kind: new.kind,
            expires_at: new.expires_at,
            paused: false,
            epoch: Epoch(0),
            counters: Counters::default(),
        };
        let creation = self.catalogue.create_coupon(coupon, key).await?;
        created(creation, key.as_ref(), CreateCouponError::NameTaken)
    }
}

#[cfg(test)]
mod tests;
