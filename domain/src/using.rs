//! May this copy be used on this order, now? The decision that orders and external holds share.
//!
//! The first of these that holds is the answer:
//!
//! | | answer |
//! |---|---|
//! | a single-use copy has been used | `AlreadyUsedCoupon` |
//! | the event is over, the coupon has expired | `ResourceExpired` |
//! | paused | `CouponPaused` |
//! | the copy is withdrawn, all uses are final | `CouponNotUsable` |
//! | the order is too small | `MinimumOrderNotMet` |
//! | (an order: more points than there is to pay) | |
//! | a single-use copy has an open hold | `CopyHeld` |
//! | the cap is reached only with open holds, or others wait before this one | `CouponHeld` |
//!
//! A full cap first expires what has lapsed. `CouponNotUsable` is final and may be remembered; the
//! other two are not: it may be otherwise in a moment. For `CouponHeld` a consumer may queue.

use crate::{
    Amount, Coupon, CouponKind, DiscountPolicy, Hold, HoldState, IssuedCoupon, IssuedCouponState,
    MinimumOrderNotMet, Timestamp,
};

/// A copy and all that decides about its use, read under the coupon's lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseReading {
    /// The copy.
    pub copy: IssuedCoupon,
    /// Its coupon.
    pub coupon: Coupon,
    /// What it takes off.
    pub policy: DiscountPolicy,
    /// Every hold of a single-use copy that is written down as OPEN or CONFIRMED (another copy's
    /// don't matter, and may be many), and some of the coupon's that have lapsed (all of them, or as
    /// many as a store wants to settle at a time), each once.
    pub holds: Vec<Hold>,
}

/// Why a copy can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UseRefusal {
    /// This single-use copy has been used.
    #[error("the coupon has been used")]
    AlreadyUsedCoupon,
    /// The event is over, or the coupon has expired.
    #[error("the event is over, or the coupon has expired")]
    ResourceExpired,
    /// Paused by an admin.
    #[error("the coupon is paused")]
    CouponPaused,
    /// All uses are final, or the copy is withdrawn.
    #[error("all uses are taken, or the copy is withdrawn")]
    CouponNotUsable,
    /// The order is smaller than the policy asks for.
    #[error(transparent)]
    MinimumOrderNotMet(#[from] MinimumOrderNotMet),
    /// This single-use copy has an open hold.
    #[error("the issued coupon is held for the moment")]
    CopyHeld,
    /// What is left of the coupon is taken for the moment, by holds that are not final.
    #[error("the coupon is held for the moment")]
    CouponHeld,
}

impl Coupon {
    /// A copy of it can be used once only.
    #[must_use]
    pub const fn is_single_use(&self) -> bool {
        match self.kind {
            CouponKind::Issue {
                redundant_usable, ..
            } => !redundant_usable,
            CouponKind::Use { .. } => true,
        }
    }

    /// How many uses are free, counting open holds as taken; none for a coupon whose uses are not
    /// capped.
    #[must_use]
    pub fn free_uses(&self) -> Option<u64> {
        match self.kind {
            CouponKind::Issue { .. } => None,
            CouponKind::Use { maximum_usage, .. } => {
                let taken = self.counters.held.saturating_add(self.counters.used);
                Some(u64::from(maximum_usage.get()).saturating_sub(taken))
            }
        }
    }

    /// Its unused copies are to be withdrawn: a USE_COUPON whose uses are all final, at this epoch
    /// still. A store asks under the coupon's lock, for every batch.
    #[must_use]
    pub fn is_to_be_withdrawn(&self, epoch: crate::Epoch) -> bool {
        matches!(self.kind, CouponKind::Use { .. }) && self.is_exhausted() && self.epoch == epoch
    }

    /// How many copies are neither used nor withdrawn, once all uses are final.
    #[must_use]
    pub const fn unused_copies(&self) -> u64 {
        let gone = self.counters.used.saturating_add(self.counters.withdrawn);
        self.counters.issued.saturating_sub(gone)
    }

    /// One hold fewer is OPEN.
    pub(crate) fn release(&mut self) {
        self.counters.held = self.counters.held.saturating_sub(1);
    }

    /// An OPEN hold is CONFIRMED.
    pub(crate) fn make_final(&mut self) {
        self.release();
        self.counters.used = self.counters.used.saturating_add(1);
    }
}

impl UseReading {
    /// What the coupon takes off an order of this amount.
    ///
    /// # Errors
    /// [`UseRefusal`], all of them but `CopyHeld` and `CouponHeld`.
    pub fn discount_on(&self, amount: Amount, now: Timestamp) -> Result<Amount, UseRefusal> {
        if self.coupon.is_single_use() && self.copy.used > 0 {
            return Err(UseRefusal::AlreadyUsedCoupon);
        }
        if self.coupon.is_expired(now) {
            return Err(UseRefusal::ResourceExpired);
        }
        if self.coupon.paused {
            return Err(UseRefusal::CouponPaused);
        }
        let no_use_is_left = match self.coupon.kind {
            CouponKind::Issue { .. } => false,
            CouponKind::Use { .. } => self.coupon.is_exhausted(),
        };
        if no_use_is_left || self.copy.state == IssuedCouponState::Withdrawn {
            return Err(UseRefusal::CouponNotUsable);
        }
        Ok(self.policy.discount_on(amount)?)
    }

    /// Puts `hold` on the coupon, which [`discount_on`](Self::discount_on) has allowed; `yields` when
    /// others wait before it, so that it may not have what they wait for. Returns the coupon as it
    /// is then and the holds to write down: those that have lapsed, and the new one.
    ///
    /// # Errors
    /// `CopyHeld`, `CouponHeld`.
    pub(crate) fn put(
        self,
        hold: Hold,
        yields: bool,
        now: Timestamp,
    ) -> Result<(Coupon, Vec<Hold>), UseRefusal> {
        let Self {
            mut coupon, holds, ..
        } = self;
        let (lapsed, live): (Vec<_>, Vec<_>) =
            holds.into_iter().partition(|hold| hold.has_lapsed(now));
        let in_the_way = |other: &Hold| other.issued_coupon_id == hold.issued_coupon_id;
        if hold.single_use && live.iter().filter(|other| other.is_live()).any(in_the_way) {
            return Err(UseRefusal::CopyHeld);
        }
        let mut written: Vec<_> = lapsed
            .into_iter()
            .map(|lapsed| {
                coupon.release();
                Hold {
                    state: HoldState::Expired,
                    ..lapsed
                }
            })
            .collect();
        if let Some(free) = coupon.free_uses()
            && (free == 0 || yields)
        {
            return Err(UseRefusal::CouponHeld);
        }
        coupon.counters.held = coupon.counters.held.saturating_add(1);
        written.push(hold);
        Ok((coupon, written))
    }
}

/// Gives a final use back: of an ISSUE_COUPON, before it expires; a USE_COUPON's never is. None when
/// it can't be given back.
pub(crate) fn return_use(
    hold: Hold,
    copy: IssuedCoupon,
    mut coupon: Coupon,
    now: Timestamp,
) -> Option<(Hold, IssuedCoupon, Coupon)> {
    let returns = match coupon.kind {
        CouponKind::Issue { .. } => !coupon.is_expired(now),
        CouponKind::Use { .. } => false,
    };
    if hold.state != HoldState::Confirmed || !returns {
        return None;
    }
    coupon.counters.used = coupon.counters.used.saturating_sub(1);
    let used = copy.used.saturating_sub(1);
    let hold = Hold {
        state: HoldState::Returned,
        ..hold
    };
    Some((hold, IssuedCoupon { used, ..copy }, coupon))
}

#[cfg(test)]
mod tests;
