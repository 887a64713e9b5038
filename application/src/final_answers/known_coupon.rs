//! What a node may remember about a coupon, and when that is enough to refuse without asking.
//!
//! A [`KnownCoupon`] holds facts that stay true at its epoch. Its rank only rises:
//!
//! | stage | known at an epoch | refuses |
//! |---|---|---|
//! | open | the event's window, the expiry | before the event, after the expiry |
//! | closed | … and that it is paused or exhausted | the same: who has a copy must get that answer |
//! | closed, holders known | … and who has a copy | … and everybody who has none |
//!
//! A refusal from memory is the one that the ledger would give, or it is not given.

use std::sync::Arc;

use domain::{ConsumerId, Coupon, CouponId, Epoch, IssueRefusal, IssueRequest, IssuedCouponId};

use super::HolderSet;
use crate::LedgerTime;

/// Why a coupon is closed at its epoch, and to whom.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The refusal for everybody who has no copy.
    pub because: IssueRefusal,
    /// Who has a copy; `None` until it is known.
    pub holders: Option<Arc<HolderSet>>,
}

/// What is known about a coupon at one epoch.
#[derive(Clone, Debug)]
pub struct KnownCoupon {
    /// The coupon as it was read; its counters may be old.
    pub coupon: Coupon,
    /// Set once the coupon is paused or exhausted at this epoch.
    pub closed: Option<Closed>,
}

impl KnownCoupon {
    /// What reading `coupon` from the ledger tells.
    #[must_use]
    pub fn learned(coupon: Coupon) -> Self {
        let closed = coupon.closed_because().map(|because| Closed {
            because,
            holders: None,
        });
        Self { coupon, closed }
    }

    /// More is known the higher it is; a lower rank never replaces a higher one.
    #[must_use]
    pub fn rank(&self) -> (Epoch, u8) {
        let stage = match &self.closed {
            None => 0,
            Some(Closed { holders: None, .. }) => 1,
            Some(Closed {
                holders: Some(_), ..
            }) => 2,
        };
        (self.coupon.epoch, stage)
    }

    /// This coupon with its holders: whoever has a copy at its epoch, and perhaps others.
    #[must_use]
    pub fn with_holders(&self, holders: HolderSet) -> Self {
        let mut known = self.clone();
        if let Some(closed) = &mut known.closed {
            closed.holders = Some(Arc::new(holders));
        }
        known
    }

    /// The refusal that the ledger would give to this consumer, where that is certain; `None`
    /// means: ask the ledger. `may_be_replay` is true for a request with an idempotency key, which
    /// may have been answered before.
    #[must_use]
    pub fn refusal(
        &self,
        consumer: &ConsumerId,
        may_be_replay: bool,
        now: LedgerTime,
    ) -> Option<IssueRefusal> {
        let opens_at = self.coupon.event_window.starts_at();
        if now.latest < opens_at {
            // Before the event there is no copy, hence no replay.
            return Some(IssueRefusal::EventNotOpen { opens_at });
        }
        if now.earliest < opens_at {
            return None;
        }
        let has_no_copy = || {
            let holders = self
                .closed
                .as_ref()
                .and_then(|closed| closed.holders.as_ref());
            holders.is_some_and(|holders| !holders.may_contain(consumer))
        };
        if self.coupon.is_expired(now.latest) {
            let certain = self.coupon.is_expired(now.earliest) && (!may_be_replay || has_no_copy());
            return certain.then_some(IssueRefusal::ResourceExpired);
        }
        let closed = self.closed.as_ref()?;
        (now.is_fresh && has_no_copy()).then_some(closed.because)
    }

    /// The refusal that the ledger would give to this request, whose consumer has the copy `held` of
    /// the coupon `of`, where that is certain; `None` means: ask the ledger.
    ///
    /// A copy of another coupon of the event never makes it certain: paused and exhausted come first,
    /// and a moment ago this coupon may have become either.
    #[must_use]
    pub fn refusal_of_holder(
        &self,
        request: &IssueRequest,
        (held, of): (IssuedCouponId, CouponId),
        now: LedgerTime,
    ) -> Option<IssueRefusal> {
        let may_be_the_same_request =
            request.request_key.is_some() || held == request.issued_coupon_id;
        let is_on = self.coupon.event_window.starts_at() <= now.earliest
            && !self.coupon.is_expired(now.latest);
        (of == request.coupon_id && is_on && !may_be_the_same_request).then_some(
            IssueRefusal::SingleCouponAvailablePerEvent {
                issued_coupon_id: held,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, copy_id, coupon, issue_kind, who};
    use domain::{RequestKey, Timestamp};
    use rstest::rstest;
    use uuid::Uuid;

    fn exactly(micros: i64) -> LedgerTime {
        LedgerTime {
            earliest: at(micros),
            latest: at(micros),
            is_fresh: true,
        }
    }

    fn known(exhausted: bool, paused: bool, holders: bool) -> KnownCoupon {
        let mut coupon = coupon(issue_kind(1));
        coupon.counters.issued = u64::from(exhausted);
        coupon.paused = paused;
        let known = KnownCoupon::learned(coupon);
        if holders {
            known.with_holders([who("holder")].into_iter().collect())
        } else {
            known
        }
    }

    const NOT_OPEN: IssueRefusal = IssueRefusal::EventNotOpen {
        opens_at: Timestamp::from_micros(100),
    };
    const EXPIRED: IssueRefusal = IssueRefusal::ResourceExpired;

    #[rstest]
    #[case::open(known(false, false, false), 150, None, None)]
    #[case::before(known(true, false, true), 99, Some(NOT_OPEN), Some(NOT_OPEN))]
    #[case::expired(known(false, false, false), 190, Some(EXPIRED), Some(EXPIRED))]
    #[case::holders_unknown(known(true, false, false), 150, None, None)]
    #[case::exhausted(
        known(true, false, true),
        150,
        Some(IssueRefusal::CouponNotIssuable),
        None
    )]
    #[case::paused(known(false, true, true), 150, Some(IssueRefusal::CouponPaused), None)]
    #[case::both(known(true, true, true), 150, Some(IssueRefusal::CouponPaused), None)]
    fn memory_refuses_only_what_the_ledger_would(
        #[case] known: KnownCoupon,
        #[case] now: i64,
        #[case] stranger: Option<IssueRefusal>,
        #[case] holder: Option<IssueRefusal>,
    ) {
        assert_eq!(
            known.refusal(&who("stranger"), false, exactly(now)),
            stranger
        );
        assert_eq!(known.refusal(&who("holder"), false, exactly(now)), holder);
    }

    #[rstest]
    #[case::around_the_start(99, 100)]
    #[case::around_the_end(189, 190)]
    fn where_the_time_is_uncertain_the_ledger_is_asked(#[case] earliest: i64, #[case] latest: i64) {
        let now = LedgerTime {
            earliest: at(earliest),
            latest: at(latest),
            is_fresh: true,
        };
        assert_eq!(
            known(true, false, true).refusal(&who("stranger"), false, now),
            None
        );
    }

    #[test]
    fn what_may_have_changed_is_not_answered_from_an_old_memory() {
        let old = LedgerTime {
            is_fresh: false,
            ..exactly(150)
        };
        let full = known(true, false, true);
        assert_eq!(full.refusal(&who("stranger"), false, old), None);
        let over = LedgerTime {
            is_fresh: false,
            ..exactly(190)
        };
        assert_eq!(full.refusal(&who("stranger"), false, over), Some(EXPIRED));
    }

    #[test]
    fn a_possible_replay_of_an_expired_coupon_goes_to_the_ledger() {
        let (unknown, full) = (known(false, false, false), known(true, false, true));
        assert_eq!(unknown.refusal(&who("x"), true, exactly(190)), None);
        assert_eq!(full.refusal(&who("holder"), true, exactly(190)), None);
        assert_eq!(full.refusal(&who("x"), true, exactly(190)), Some(EXPIRED));
    }

    fn asks(key: Option<RequestKey>) -> IssueRequest {
        IssueRequest {
            issued_coupon_id: copy_id(1),
            coupon_id: coupon(issue_kind(1)).id,
            consumer_id: who("holder"),
            request_key: key,
        }
    }

    #[rstest]
    #[case::just_begun(100, true)]
    #[case::last_moment(189, true)]
    #[case::not_begun(99, false)]
    #[case::expired(190, false)]
    fn who_has_a_copy_of_this_coupon_is_refused_with_it_while_it_is_on(
        #[case] now: i64,
        #[case] certain: bool,
        #[values(known(false, false, false), known(true, true, true))] known: KnownCoupon,
    ) {
        let request = asks(None);
        let held = (copy_id(7), request.coupon_id);
        let single = IssueRefusal::SingleCouponAvailablePerEvent {
            issued_coupon_id: copy_id(7),
        };
        assert_eq!(
            known.refusal_of_holder(&request, held, exactly(now)),
            certain.then_some(single)
        );
    }

    #[rstest]
    #[case::under_a_key(Some(RequestKey([1; 16])), 7, 1, exactly(150))]
    #[case::the_same_request_again(None, 1, 1, exactly(150))]
    #[case::another_coupon_of_the_event(None, 7, 99, exactly(150))]
    #[case::around_the_start(None, 7, 1, LedgerTime { earliest: at(99), ..exactly(100) })]
    #[case::around_the_end(None, 7, 1, LedgerTime { earliest: at(189), ..exactly(190) })]
    fn where_a_holders_answer_is_uncertain_the_ledger_is_asked(
        #[case] key: Option<RequestKey>,
        #[case] copy: u128,
        #[case] of: u128,
        #[case] now: LedgerTime,
    ) {
        let held = (copy_id(copy), CouponId::from_uuid(Uuid::from_u128(of)));
        let known = known(false, false, false);
        assert_eq!(known.refusal_of_holder(&asks(key), held, now), None);
    }

    #[test]
    fn a_newer_epoch_outranks_all_that_is_known_at_an_older_one() {
        let full = known(true, false, true);
        let mut raised = known(false, false, false);
        assert!(raised.rank() < full.rank());
        raised.coupon.epoch = Epoch(2);
        assert!(raised.rank() > full.rank());
    }
}
