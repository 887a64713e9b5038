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

use domain::{ConsumerId, Coupon, Epoch, IssueRefusal};

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, coupon, issue_kind, who};
    use domain::Timestamp;
    use rstest::rstest;

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

    #[test]
    fn a_newer_epoch_outranks_all_that_is_known_at_an_older_one() {
        let full = known(true, false, true);
        let mut raised = known(false, false, false);
        assert!(raised.rank() < full.rank());
        raised.coupon.epoch = Epoch(2);
        assert!(raised.rank() > full.rank());
    }
}
