//! A kind of coupon on offer: its cap, its counters, its status, and how an admin may change it.
//!
//! | what was | change | what becomes |
//! |---|---|---|
//! | cap n | cap > n | the cap is raised, the epoch rises |
//! | cap n | cap <= n | refused: `CapNotRaised`, nothing changes |
//! | running | paused | paused, the epoch rises |
//! | paused | running | running, the epoch rises |
//! | paused / running | the same | nothing, the epoch stays |

use crate::{
    Cap, CouponId, CouponName, DiscountPolicyId, EventId, PerConsumerLimit, Timestamp, Window,
};

/// A number that rises whenever a final answer about a coupon stops being true: cap raised, paused,
/// resumed. All coupons of a ledger draw from one sequence, in commit order, so "what has changed
/// since" is one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// The two kinds, with what belongs to each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponKind {
    /// ISSUE_COUPON: the first `maximum_issued` consumers get one.
    Issue {
        /// How many are given out.
        maximum_issued: Cap,
        /// May a copy be used more than once?
        redundant_usable: bool,
    },
    /// USE_COUPON: everybody may get one, the first `maximum_usage` uses count.
    Use {
        /// How many uses count.
        maximum_usage: Cap,
        /// How many copies a consumer may have at a time.
        per_consumer_limit: PerConsumerLimit,
    },
}

/// What has happened to a coupon, as the ledger counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Copies ever issued, the withdrawn ones included.
    pub issued: u64,
    /// Holds that are OPEN.
    pub held: u64,
    /// Holds that are CONFIRMED.
    pub used: u64,
    /// Copies withdrawn.
    pub withdrawn: u64,
}

/// What a coupon looks like to somebody who has none yet. In the order in which a request to issue
/// would be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CouponStatus {
    /// The event has not begun.
    Scheduled,
    /// The event is over, or the coupon has expired.
    Expired,
    /// An admin has paused it.
    Paused,
    /// The cap is reached by final facts alone.
    Exhausted,
    /// It can be had.
    Open,
}

/// A coupon on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    /// Its id.
    pub id: CouponId,
    /// Its name, unique among coupons.
    pub name: CouponName,
    /// Its event.
    pub event_id: EventId,
    /// Its event's window.
    pub event_window: Window,
    /// What it takes off an order.
    pub discount_policy_id: DiscountPolicyId,
    /// Its kind, with its cap.
    pub kind: CouponKind,
    /// The first instant at which it is expired; no later than its event's end.
    pub expires_at: Timestamp,
    /// Paused by an admin: issues nothing, opens no hold.
    pub paused: bool,
    /// See [`Epoch`].
    pub epoch: Epoch,
    /// What has happened to it.
    pub counters: Counters,
}

/// A coupon that would outlive its event, or that could never be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidExpiry {
    /// Later than the end of its event.
    #[error("must not be later than the end of the event")]
    AfterEvent,
    /// Not later than the start of its event: it could never be issued.
    #[error("must be later than the start of the event")]
    BeforeEvent,
    /// Not later than now: it could never be issued.
    #[error("must be in the future")]
    Past,
}

/// What an admin wants changed; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CouponChange {
    /// The new cap of an ISSUE_COUPON.
    pub maximum_issued: Option<Cap>,
    /// The new cap of a USE_COUPON.
    pub maximum_usage: Option<Cap>,
    /// Pause (true) or resume (false).
    pub paused: Option<bool>,
}

/// Why a change is refused; nothing of it is done then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefusal {
    /// `maximumIssued` belongs to an ISSUE_COUPON only.
    #[error("a USE_COUPON has no maximumIssued")]
    NoMaximumIssued,
    /// `maximumUsage` belongs to a USE_COUPON only.
    #[error("an ISSUE_COUPON has no maximumUsage")]
    NoMaximumUsage,
    /// The new cap is not above the present one.
    #[error("the cap is {present} already; a cap can only be raised")]
    CapNotRaised {
        /// The cap as it is.
        present: u32,
    },
}

impl Coupon {
    /// Checks a new coupon's expiry against its event's window.
    ///
    /// # Errors
    /// [`InvalidExpiry`] when the coupon would outlive the event or could never be issued.
    pub fn check_expiry(
        expires_at: Timestamp,
        event_window: Window,
        now: Timestamp,
    ) -> Result<(), InvalidExpiry> {
        if expires_at > event_window.ends_at() {
            Err(InvalidExpiry::AfterEvent)
        } else if expires_at <= event_window.starts_at() {
            Err(InvalidExpiry::BeforeEvent)
        } else if expires_at <= now {
            Err(InvalidExpiry::Past)
        } else {
            Ok(())
        }
    }

    /// The cap is reached by final facts alone; it stays so at this epoch.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        match self.kind {
            CouponKind::Issue { maximum_issued, .. } => {
                self.counters.issued >= u64::from(maximum_issued.get())
            }
            CouponKind::Use { maximum_usage, .. } => {
                self.counters.used >= u64::from(maximum_usage.get())
            }
        }
    }

    /// The event is over or the coupon has expired at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at || now >= self.event_window.ends_at()
    }

    /// What the coupon looks like at `now` to somebody who has none yet.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> CouponStatus {
        if now < self.event_window.starts_at() {
            CouponStatus::Scheduled
        } else if self.is_expired(now) {
            CouponStatus::Expired
        } else if self.paused {
            CouponStatus::Paused
        } else if self.is_exhausted() {
            CouponStatus::Exhausted
        } else {
            CouponStatus::Open
        }
    }

    /// This coupon after `change`, the epoch not yet risen; `None` when nothing changes. The ledger
    /// draws the next epoch for a coupon that has changed.
    ///
    /// # Errors
    /// [`ChangeRefusal`]; then nothing of the change is done.
    pub fn changed(&self, change: &CouponChange) -> Result<Option<Self>, ChangeRefusal> {
        let mut changed = self.clone();
        match &mut changed.kind {
            CouponKind::Issue { maximum_issued, .. } => {
                if change.maximum_usage.is_some() {
                    return Err(ChangeRefusal::NoMaximumUsage);
                }
                raise(maximum_issued, change.maximum_issued)?;
            }
            CouponKind::Use { maximum_usage, .. } => {
                if change.maximum_issued.is_some() {
                    return Err(ChangeRefusal::NoMaximumIssued);
                }
                raise(maximum_usage, change.maximum_usage)?;
            }
        }
        changed.paused = change.paused.unwrap_or(self.paused);
        Ok((changed != *self).then_some(changed))
    }
}

fn raise(cap: &mut Cap, to: Option<Cap>) -> Result<(), ChangeRefusal> {
    match to {
        Some(raised) if raised <= *cap => Err(ChangeRefusal::CapNotRaised { present: cap.get() }),
        Some(raised) => {
            *cap = raised;
            Ok(())
        }
        None => Ok(()),
    }
}

#[cfg(test)]
pub(crate) mod tests;
