//! Keeps a node's memory true: twice a second, what has changed, and the holders of what is closed.

use std::{sync::Arc, time::Instant};

use domain::{
    Epoch, Page,
    ports::{CouponLedger, StoreError},
};
use parking_lot::Mutex;

use crate::{FinalAnswers, HolderSet, KnownCoupon, LedgerClock};

/// How many changed coupons are read in one go.
const CHANGES: u32 = 1_000;
/// How many holders are read in one go.
const HOLDERS: u32 = 5_000;
/// How long an expired coupon is remembered, in microseconds: an hour. Those who still ask then must
/// not cost a question each.
const AFTERMATH: i64 = 3_600_000_000;

/// Brings [`FinalAnswers`] and [`LedgerClock`] up to date, one step at a time. Whoever runs it
/// steps every 500 ms, so that a raised cap opens everywhere within a second.
pub struct RefreshFinalAnswers {
    ledger: Arc<dyn CouponLedger>,
    answers: Arc<FinalAnswers>,
    clock: Arc<LedgerClock>,
    seen: Mutex<Epoch>,
}

impl RefreshFinalAnswers {
    /// Asks the ledger for its time and its newest epoch. Nothing may be learned before this: what
    /// is learned later is at least as new.
    ///
    /// # Errors
    /// Any [`StoreError`]: without the ledger a node can't start.
    pub async fn begin(
        ledger: Arc<dyn CouponLedger>,
        answers: Arc<FinalAnswers>,
    ) -> Result<Self, StoreError> {
        let asked = Instant::now();
        let changes = ledger.changes(None, 0).await?;
        let clock = Arc::new(LedgerClock::new(changes.now, asked));
        Ok(Self {
            ledger,
            answers,
            clock,
            seen: Mutex::new(changes.epoch),
        })
    }

    /// The clock that is kept aligned.
    #[must_use]
    pub fn clock(&self) -> Arc<LedgerClock> {
        Arc::clone(&self.clock)
    }

    /// One step: learns what has changed, loads the holders of what is closed and not expired (to
    /// refuse an expired one takes none), forgets what has been expired for an hour.
    ///
    /// # Errors
    /// Any [`StoreError`]; the next step makes up for it.
    pub async fn step(&self) -> Result<(), StoreError> {
        self.learn_changes().await?;
        let now = self.clock.now();
        for known in self.answers.without_holders() {
            if known.coupon.is_expired(now) {
                continue;
            }
            let holders = self.holders(&known).await?;
            self.answers.learn(known.with_holders(holders));
        }
        self.answers.forget_expired(now.plus_micros(-AFTERMATH));
        Ok(())
    }

    async fn learn_changes(&self) -> Result<(), StoreError> {
        loop {
            let since = *self.seen.lock();
            let asked = Instant::now();
            let changes = self.ledger.changes(Some(since), CHANGES).await?;
            self.clock.align(changes.now, asked);
            let read = changes.coupons.len();
            for coupon in changes.coupons {
                // Also those that nobody has asked for here: a read that began before this change
                // may still be on its way, and must not be kept.
                self.answers.learn(KnownCoupon::learned(coupon));
            }
            *self.seen.lock() = changes.epoch;
            if read < usize::try_from(CHANGES).unwrap_or(usize::MAX) {
                return Ok(());
            }
        }
    }

    async fn holders(&self, known: &KnownCoupon) -> Result<HolderSet, StoreError> {
        let mut set = HolderSet::default();
        let mut after = None;
        loop {
            let page = Page {
                after,
                limit: HOLDERS,
            };
            let holders = self.ledger.holders(known.coupon.id, page).await?;
            let Some((last, _)) = holders.last() else {
                return Ok(set);
            };
            after = Some(*last);
            set.extend(holders.into_iter().map(|(_, consumer)| consumer));
        }
    }
}

#[cfg(test)]
mod tests;
