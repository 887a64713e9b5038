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

use crate::{ConsumerId, Coupon, CouponStatus, Epoch, IssueRefusal, Timestamp};

/// Who has a copy of a closed coupon: a compact set that may say yes wrongly (then the ledger is
/// asked), never no wrongly.
pub trait Holders: Send + Sync + std::fmt::Debug {
    /// Might this consumer have a copy?
    fn may_contain(&self, consumer: &ConsumerId) -> bool;
}

/// Why a coupon is closed at its epoch, and to whom.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The refusal for everybody who has no copy.
    pub because: IssueRefusal,
    /// Who has a copy; `None` until it is known.
    pub holders: Option<std::sync::Arc<dyn Holders>>,
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

    /// The refusal that the ledger would give to this consumer at `now`, where that is certain;
    /// `None` means: ask the ledger. `may_be_replay` is true for a request with an idempotency key,
    /// which may have been answered before.
    #[must_use]
    pub fn refusal(
        &self,
        consumer: &ConsumerId,
        may_be_replay: bool,
        now: Timestamp,
    ) -> Option<IssueRefusal> {
        let has_no_copy = self
            .closed
            .as_ref()
            .and_then(|closed| closed.holders.as_ref())
            .is_some_and(|holders| !holders.may_contain(consumer));
        match self.coupon.status(now) {
            // Before the event there is no copy, hence no replay.
            CouponStatus::Scheduled => Some(IssueRefusal::EventNotOpen {
                opens_at: self.coupon.event_window.starts_at(),
            }),
            CouponStatus::Expired if !may_be_replay || has_no_copy => {
                Some(IssueRefusal::ResourceExpired)
            }
            CouponStatus::Expired => None,
            CouponStatus::Open | CouponStatus::Paused | CouponStatus::Exhausted => {
                let closed = self.closed.as_ref()?;
                has_no_copy.then_some(closed.because)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::tests::{at, coupon, issue_kind};
    use rstest::rstest;
    use std::sync::Arc;

    #[derive(Debug)]
    struct Only(&'static str);

    impl Holders for Only {
        fn may_contain(&self, consumer: &ConsumerId) -> bool {
            consumer.as_str() == self.0
        }
    }

    fn who(name: &str) -> ConsumerId {
        ConsumerId::new(name).unwrap()
    }

    fn known(exhausted: bool, paused: bool, holders: bool) -> KnownCoupon {
        let mut coupon = coupon(issue_kind(1));
        coupon.counters.issued = u64::from(exhausted);
        coupon.paused = paused;
        let mut known = KnownCoupon::learned(coupon);
        if let Some(closed) = known.closed.as_mut().filter(|_| holders) {
            closed.holders = Some(Arc::new(Only("holder")));
        }
        known
    }

    const NOT_OPEN: IssueRefusal = IssueRefusal::EventNotOpen {
        opens_at: Timestamp::from_micros(100),
    };

    #[rstest]
    #[case::open(known(false, false, false), 150, None, None)]
    #[case::before_the_event(known(true, false, true), 99, Some(NOT_OPEN), Some(NOT_OPEN))]
    #[case::expired(
        known(false, false, false),
        190,
        Some(IssueRefusal::ResourceExpired),
        Some(IssueRefusal::ResourceExpired)
    )]
    #[case::holders_unknown(known(true, false, false), 150, None, None)]
    #[case::exhausted(
        known(true, false, true),
        150,
        Some(IssueRefusal::CouponNotIssuable),
        None
    )]
    #[case::paused(known(false, true, true), 150, Some(IssueRefusal::CouponPaused), None)]
    #[case::paused_and_exhausted(
        known(true, true, true),
        150,
        Some(IssueRefusal::CouponPaused),
        None
    )]
    fn memory_refuses_only_what_the_ledger_would(
        #[case] known: KnownCoupon,
        #[case] now: i64,
        #[case] stranger: Option<IssueRefusal>,
        #[case] holder: Option<IssueRefusal>,
    ) {
        assert_eq!(known.refusal(&who("stranger"), false, at(now)), stranger);
        assert_eq!(known.refusal(&who("holder"), false, at(now)), holder);
    }

    #[test]
    fn a_possible_replay_of_an_expired_coupon_goes_to_the_ledger() {
        assert_eq!(
            known(false, false, false).refusal(&who("x"), true, at(190)),
            None
        );
        assert_eq!(
            known(true, false, true).refusal(&who("holder"), true, at(190)),
            None
        );
        assert_eq!(
            known(true, false, true).refusal(&who("x"), true, at(190)),
            Some(IssueRefusal::ResourceExpired)
        );
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
