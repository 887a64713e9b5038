//! Keeps a node's memory true: twice a second, what has changed, and the holders of what is closed.

use std::{sync::Arc, time::Instant};

use domain::{
    Epoch, Page,
    ports::{CouponLedger, StoreError},
};
use parking_lot::Mutex;

use crate::{FinalAnswers, KnownCoupon, LedgerClock, final_answers::Holders};

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
    /// Any [`StoreError`]; the next step makes up for it. One coupon's failure keeps no other from
    /// its turn.
    pub async fn step(&self) -> Result<(), StoreError> {
        let mut done = self.learn_changes().await;
        let now = self.clock.now();
        for known in self.answers.without_holders() {
            if known.coupon.is_expired(now) {
                continue;
            }
            if let Err(error) = self.load_holders(&known).await {
                done = Err(error);
            }
        }
        self.answers.forget_expired(now.plus_micros(-AFTERMATH));
        done
    }

    async fn learn_changes(&self) -> Result<(), StoreError> {
        loop {
            let since = *self.seen.lock();
            let asked = Instant::now();
            let changes = self.ledger.changes(Some(since), CHANGES).await?;
            let read = changes.coupons.len();
            // Also those that nobody has asked for here: a read that began before this change may
            // still be on its way, and must not be kept.
            let changed = changes.coupons.into_iter().map(KnownCoupon::learned);
            self.answers.learn_all(changed);
            *self.seen.lock() = changes.epoch;
            if read < usize::try_from(CHANGES).unwrap_or(usize::MAX) {
                // Only now is this node as new as the ledger was when it was asked.
                self.clock.align(changes.now, asked);
                return Ok(());
            }
        }
    }

    /// Reads a closed coupon's holders page by page, and between the pages what has changed: a
    /// million holders must not keep a raised cap waiting.
    async fn load_holders(&self, known: &KnownCoupon) -> Result<(), StoreError> {
        let mut holders_read = Holders::default();
        let mut after = None;
        loop {
            let page = Page {
                after,
                limit: HOLDERS,
            };
            let holders = self.ledger.holders(known.coupon.id, page).await?;
            let Some((last, _)) = holders.last() else {
                self.answers
                    .learn(known.with_holders(holders_read.into_set()));
                return Ok(());
            };
            after = Some(*last);
            holders
                .iter()
                .for_each(|(_, consumer)| holders_read.add(consumer));
            self.learn_changes().await?;
            let present = self.answers.get(known.coupon.id);
            if present.is_none_or(|present| present.rank() > known.rank()) {
                // Closed no longer, or forgotten: nobody needs them.
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
