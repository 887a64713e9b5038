//! An admin raises a coupon's cap, pauses it or resumes it.

use std::sync::Arc;

use domain::{
    ChangeRefusal, Coupon, CouponChange, CouponId, Timestamp,
    ports::{Catalogue, CouponChanged, StoreError},
};

use crate::{FinalAnswers, KnownCoupon};

/// Why nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChangeCouponError {
    /// There is no such coupon.
    #[error("there is no such coupon")]
    NotFound,
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] ChangeRefusal),
    /// No answer; after `Unknown` it may be changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ChangeCoupon {
    catalogue: Arc<dyn Catalogue>,
    answers: Arc<FinalAnswers>,
}

impl ChangeCoupon {
    /// Wires the use case.
    #[must_use]
    pub fn new(catalogue: Arc<dyn Catalogue>, answers: Arc<FinalAnswers>) -> Self {
        Self { catalogue, answers }
    }

    /// The coupon as it is now, durably, and the ledger's time. This node acts on it at once, the
    /// others within a second.
    ///
    /// # Errors
    /// [`ChangeCouponError`].
    pub async fn execute(
        &self,
        id: CouponId,
        change: CouponChange,
    ) -> Result<(Coupon, Timestamp), ChangeCouponError> {
        match self.catalogue.change_coupon(id, change).await? {
            CouponChanged::Changed(coupon, now) => {
                self.answers.learn(KnownCoupon::learned(coupon.clone()));
                Ok((coupon, now))
            }
            CouponChanged::NotFound => Err(ChangeCouponError::NotFound),
            CouponChanged::Refused(refusal) => Err(refusal.into()),
        }
    }
}
