//! The rules, restated: DESIGN's "Rules of the business", in the order of precedence that the HTTP
//! contract gives to refusals. USE_COUPONs are never exhausted here, because nothing is used yet.

use domain::{
    Cap, ChangeRefusal, Coupon, CouponChange, CouponKind, IssueOutcome, IssueRefusal, IssueRequest,
    IssueScope, IssuedCoupon, IssuedCouponState,
};

use super::Model;

fn is_issue(coupon: &Coupon) -> bool {
    matches!(coupon.kind, CouponKind::Issue { .. })
}

/// What is decided together: one per event, or as many as the coupon itself allows.
pub(super) fn scope_of(coupon: &Coupon) -> IssueScope {
    if is_issue(coupon) {
        IssueScope::Event(coupon.event_id)
    } else {
        IssueScope::Coupon(coupon.id)
    }
}

impl Model {
    /// Who asks now in this scope is answered this; not yet done.
    pub(super) fn answer_to(&self, scope: IssueScope, asked: &IssueRequest) -> IssueOutcome {
        let known = self.coupon(asked.coupon_id);
        let Some(coupon) = known.filter(|coupon| scope_of(coupon) == scope) else {
            return IssueOutcome::Refused(IssueRefusal::CouponNotFound);
        };
        // Everything that this consumer was ever given of this coupon.
        let own: Vec<&IssuedCoupon> = self
            .copies
            .iter()
            .filter(|copy| copy.consumer_id == asked.consumer_id && copy.coupon_id == coupon.id)
            .collect();
        if let Some(same) = own.iter().find(|copy| copy.id == asked.issued_coupon_id) {
            return IssueOutcome::Issued((*same).clone());
        }
        if asked.request_key.is_some()
            && let Some(first) = own
                .iter()
                .find(|copy| copy.request_key == asked.request_key)
        {
            return IssueOutcome::Replayed((*first).clone());
        }
        match self.refusal(coupon, asked, &own) {
            Some(refusal) => IssueOutcome::Refused(refusal),
            None => IssueOutcome::Issued(IssuedCoupon {
                id: asked.issued_coupon_id,
                coupon_id: coupon.id,
                event_id: coupon.event_id,
                consumer_id: asked.consumer_id.clone(),
                // One per event is always the first there.
                ordinal: own.len().try_into().unwrap(),
                state: IssuedCouponState::Active,
                used: 0,
                issued_at: self.now,
                expires_at: coupon.expires_at,
                request_key: asked.request_key,
            }),
        }
    }

    fn refusal(
        &self,
        coupon: &Coupon,
        asked: &IssueRequest,
        own: &[&IssuedCoupon],
    ) -> Option<IssueRefusal> {
        let (opens_at, ends_at) = (
            coupon.event_window.starts_at(),
            coupon.event_window.ends_at(),
        );
        if self.now < opens_at {
            return Some(IssueRefusal::EventNotOpen { opens_at });
        }
        if self.now >= ends_at || self.now >= coupon.expires_at {
            return Some(IssueRefusal::ResourceExpired);
        }
        if let Some(newest) = own.last() {
            let issued_coupon_id = newest.id;
            match coupon.kind {
                CouponKind::Issue { .. } => {
                    return Some(IssueRefusal::SingleCouponAvailablePerEvent { issued_coupon_id });
                }
                CouponKind::Use {
                    per_consumer_limit, ..
                } => {
                    if Ok(per_consumer_limit.get()) == own.len().try_into() {
                        return Some(IssueRefusal::CouponLimitPerConsumer { issued_coupon_id });
                    }
                }
            }
        }
        if coupon.paused {
            return Some(IssueRefusal::CouponPaused);
        }
        let CouponKind::Issue { maximum_issued, .. } = coupon.kind else {
            return None;
        };
        let given = self
            .copies
            .iter()
            .filter(|copy| copy.coupon_id == coupon.id);
        if Ok(maximum_issued.get()) == given.count().try_into() {
            return Some(IssueRefusal::CouponNotIssuable);
        }
        self.copies
            .iter()
            .filter(|copy| copy.consumer_id == asked.consumer_id)
            .filter(|copy| copy.event_id == coupon.event_id)
            .find(|copy| self.coupon(copy.coupon_id).is_some_and(is_issue))
            .map(|copy| IssueRefusal::SingleCouponAvailablePerEvent {
                issued_coupon_id: copy.id,
            })
    }
}

/// The coupon after the change, its epoch not yet risen.
pub(super) fn changed(coupon: &Coupon, change: &CouponChange) -> Result<Coupon, ChangeRefusal> {
    let mut after = coupon.clone();
    let cap: &mut Cap = match &mut after.kind {
        CouponKind::Issue { .. } if change.maximum_usage.is_some() => {
            return Err(ChangeRefusal::NoMaximumUsage);
        }
        CouponKind::Use { .. } if change.maximum_issued.is_some() => {
            return Err(ChangeRefusal::NoMaximumIssued);
        }
        CouponKind::Issue {
            maximum_issued: cap,
            ..
        }
        | CouponKind::Use {
            maximum_usage: cap, ..
        } => cap,
    };
    if let Some(wanted) = change.maximum_issued.or(change.maximum_usage) {
        if wanted.get() <= cap.get() {
            return Err(ChangeRefusal::CapNotRaised { present: cap.get() });
        }
        *cap = wanted;
    }
    if let Some(paused) = change.paused {
        after.paused = paused;
    }
    Ok(after)
}
