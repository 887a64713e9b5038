//! Who gets a copy: the decision about one batch of requests, taken under the ledger's lock.
//!
//! A store reads the coupons and the consumers' copies of one [`IssueScope`], asks [`Issuing`] about
//! each request in order of arrival, then writes what [`Issuing::finish`] returns, all in one
//! transaction. Every store shares this code, so none can have rules of its own.
//!
//! The first of these that holds is the answer:
//!
//! | | answer |
//! |---|---|
//! | no such coupon | `CouponNotFound` |
//! | a copy with this id is there (the same try again, after an unknown commit) | `Issued` |
//! | a copy of this coupon under the request's own key | `Replayed` |
//! | the event has not begun | `EventNotOpen` |
//! | the event is over, the coupon has expired | `ResourceExpired` |
//! | the consumer's own copies of this coupon are as many as allowed | `Single…` or `CouponLimit…` |
//! | paused | `CouponPaused` |
//! | exhausted | `CouponNotIssuable` or `CouponNotUsable` |
//! | a copy of another ISSUE_COUPON of this event | `SingleCouponAvailablePerEvent` |
//! | otherwise | `Issued` |

use std::collections::HashMap;

use crate::{
    ConsumerId, Coupon, CouponId, CouponKind, EventId, IssuedCoupon, IssuedCouponId,
    IssuedCouponState, RequestKey, Timestamp,
};

/// What a consumer's copies are counted in, and what one batch is about: ISSUE_COUPONs share their
/// event (one copy per event), a USE_COUPON stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssueScope {
    /// All ISSUE_COUPONs of an event.
    Event(EventId),
    /// One USE_COUPON.
    Coupon(CouponId),
}

impl IssueScope {
    /// The scope that a coupon's copies are counted in.
    #[must_use]
    pub const fn of(coupon: &Coupon) -> Self {
        match coupon.kind {
            CouponKind::Issue { .. } => Self::Event(coupon.event_id),
            CouponKind::Use { .. } => Self::Coupon(coupon.id),
        }
    }

    /// The 16 bytes that stand for the scope in a store's unique key.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        match self {
            Self::Event(id) => id.as_bytes(),
            Self::Coupon(id) => id.as_bytes(),
        }
    }
}

/// A consumer asks for a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRequest {
    /// The id that the copy will have; made before the first try.
    pub issued_coupon_id: IssuedCouponId,
    /// The coupon asked for.
    pub coupon_id: CouponId,
    /// Who asks.
    pub consumer_id: ConsumerId,
    /// The idempotency key that it was asked under.
    pub request_key: Option<RequestKey>,
}

/// Why no copy is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefusal {
    /// There is no such coupon.
    #[error("there is no such coupon")]
    CouponNotFound,
    /// The event has not begun.
    #[error("the event has not begun")]
    EventNotOpen {
        /// When it begins.
        opens_at: Timestamp,
    },
    /// The event is over, or the coupon has expired.
    #[error("the event is over, or the coupon has expired")]
    ResourceExpired,
    /// The consumer has a copy of this event's ISSUE_COUPONs.
    #[error("one coupon per consumer in this event")]
    SingleCouponAvailablePerEvent {
        /// The copy that the consumer has.
        issued_coupon_id: IssuedCouponId,
    },
    /// The consumer has as many copies of this USE_COUPON as allowed.
    #[error("no more copies of this coupon for this consumer")]
    CouponLimitPerConsumer {
        /// The newest of the copies that the consumer has.
        issued_coupon_id: IssuedCouponId,
    },
    /// Paused by an admin.
    #[error("the coupon is paused")]
    CouponPaused,
    /// All copies are issued: final at this epoch.
    #[error("all copies are issued")]
    CouponNotIssuable,
    /// All uses are final: final at this epoch.
    #[error("all uses are taken")]
    CouponNotUsable,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueOutcome {
    /// The consumer has this copy now. True once the batch is durable, not before.
    Issued(IssuedCoupon),
    /// The same request was answered with this copy before.
    Replayed(IssuedCoupon),
    /// No copy.
    Refused(IssueRefusal),
}

/// The decision about one batch. See the module's header.
#[derive(Debug)]
pub struct Issuing {
    scope: IssueScope,
    now: Timestamp,
    coupons: HashMap<CouponId, Coupon>,
    copies: HashMap<ConsumerId, Vec<IssuedCoupon>>,
    issued: Vec<IssuedCoupon>,
}

impl Issuing {
    /// Begins a batch at `now`, the ledger's time read under its lock, with the coupons that are
    /// asked for and the copies that the asking consumers have in `scope`. Coupons of another scope
    /// are as good as absent.
    #[must_use]
    pub fn new(
        scope: IssueScope,
        now: Timestamp,
        coupons: impl IntoIterator<Item = Coupon>,
        copies: impl IntoIterator<Item = IssuedCoupon>,
    ) -> Self {
        let mut own: HashMap<ConsumerId, Vec<IssuedCoupon>> = HashMap::new();
        for copy in copies {
            own.entry(copy.consumer_id.clone()).or_default().push(copy);
        }
        Self {
            scope,
            now,
            coupons: coupons
                .into_iter()
                .filter(|coupon| IssueScope::of(coupon) == scope)
                .map(|coupon| (coupon.id, coupon))
                .collect(),
            copies: own,
            issued: Vec::new(),
        }
    }

    /// Decides one request, after all those before it.
    pub fn decide(&mut self, request: &IssueRequest) -> IssueOutcome {
        let Some(coupon) = self.coupons.get_mut(&request.coupon_id) else {
            return IssueOutcome::Refused(IssueRefusal::CouponNotFound);
        };
        let own = self
            .copies
            .get(&request.consumer_id)
            .map_or(&[][..], Vec::as_slice);
        if let Some(copy) = own.iter().find(|copy| copy.id == request.issued_coupon_id) {
            return IssueOutcome::Issued(copy.clone());
        }
        if let Some(copy) = replay(own, request) {
            return IssueOutcome::Replayed(copy.clone());
        }
        if let Some(refusal) = refusal(coupon, own, self.now) {
            return IssueOutcome::Refused(refusal);
        }
        let copy = IssuedCoupon {
            id: request.issued_coupon_id,
            coupon_id: coupon.id,
            event_id: coupon.event_id,
            consumer_id: request.consumer_id.clone(),
            ordinal: own
                .iter()
                .map(|copy| copy.ordinal.saturating_add(1))
                .max()
                .unwrap_or(0),
            state: IssuedCouponState::Active,
            used: 0,
            issued_at: self.now,
            expires_at: coupon.expires_at,
            request_key: request.request_key,
        };
        coupon.counters.issued = coupon.counters.issued.saturating_add(1);
        self.copies
            .entry(request.consumer_id.clone())
            .or_default()
            .push(copy.clone());
        self.issued.push(copy.clone());
        IssueOutcome::Issued(copy)
    }

    /// What to write: the new copies, in order of arrival, and every coupon of the batch as it is
    /// after them.
    #[must_use]
    pub fn finish(self) -> (Vec<IssuedCoupon>, Vec<Coupon>) {
        debug_assert!(
            self.coupons
                .values()
                .all(|c| IssueScope::of(c) == self.scope)
        );
        (self.issued, self.coupons.into_values().collect())
    }
}

fn replay<'a>(own: &'a [IssuedCoupon], request: &IssueRequest) -> Option<&'a IssuedCoupon> {
    let key = request.request_key?;
    own.iter()
        .find(|copy| copy.coupon_id == request.coupon_id && copy.request_key == Some(key))
}

fn refusal(coupon: &Coupon, own: &[IssuedCoupon], now: Timestamp) -> Option<IssueRefusal> {
    let opens_at = coupon.event_window.starts_at();
    if now < opens_at {
        return Some(IssueRefusal::EventNotOpen { opens_at });
    }
    if coupon.is_expired(now) {
        return Some(IssueRefusal::ResourceExpired);
    }
    let active = || {
        own.iter()
            .filter(|copy| copy.state == IssuedCouponState::Active)
    };
    let single = |copy: &IssuedCoupon| IssueRefusal::SingleCouponAvailablePerEvent {
        issued_coupon_id: copy.id,
    };
    match coupon.kind {
        CouponKind::Issue { .. } => {
            if let Some(copy) = own.iter().find(|copy| copy.coupon_id == coupon.id) {
                return Some(single(copy));
            }
        }
        CouponKind::Use {
            per_consumer_limit, ..
        } => {
            let limit = usize::try_from(per_consumer_limit.get()).unwrap_or(usize::MAX);
            if active().count() >= limit
                && let Some(newest) = active().max_by_key(|copy| copy.ordinal)
            {
                return Some(IssueRefusal::CouponLimitPerConsumer {
                    issued_coupon_id: newest.id,
                });
            }
        }
    }
    coupon.closed_because().or_else(|| match coupon.kind {
        CouponKind::Issue { .. } => own.first().map(single),
        CouponKind::Use { .. } => None,
    })
}

impl Coupon {
    /// Why nobody who has no copy gets one, whatever the time; it stays so at this epoch.
    #[must_use]
    pub fn closed_because(&self) -> Option<IssueRefusal> {
        if self.paused {
            Some(IssueRefusal::CouponPaused)
        } else if self.is_exhausted() {
            Some(match self.kind {
                CouponKind::Issue { .. } => IssueRefusal::CouponNotIssuable,
                CouponKind::Use { .. } => IssueRefusal::CouponNotUsable,
            })
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests;
