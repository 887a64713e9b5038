//! What this node knows for certain, so that it need not ask the ledger.

mod holder_set;
mod known_coupon;
mod ranked;

use std::sync::Arc;

use domain::{CouponId, Timestamp};

pub use holder_set::HolderSet;
pub(crate) use holder_set::Holders;
pub use known_coupon::{Closed, KnownCoupon};
use ranked::{Rank, Ranked};
use tokio::sync::Notify;

/// A node's memory of coupons. Reading costs nanoseconds and never waits for a writer; what is
/// written is kept only if it ranks above what is there, so an older epoch never replaces a newer,
/// whatever the order in which answers arrive.
#[derive(Debug, Default)]
pub struct FinalAnswers {
    known: Ranked<CouponId, KnownCoupon>,
    closed: Notify,
}

impl FinalAnswers {
    /// What is known about a coupon.
    #[must_use]
    pub fn get(&self, id: CouponId) -> Option<Arc<KnownCoupon>> {
        self.known.get(&id)
    }

    /// Takes in what was read, unless as much or more is known already.
    pub fn learn(&self, known: KnownCoupon) {
        let closed = known.closed.is_some();
        if self.known.offer(known.coupon.id, known) && closed {
            self.closed.notify_one();
        }
    }

    /// The same of many, in one replacement of what is known.
    pub fn learn_all(&self, known: impl IntoIterator<Item = KnownCoupon>) {
        let known = known.into_iter().map(|known| (known.coupon.id, known));
        let learned = self.known.offer_all(known);
        if learned.iter().any(|known| known.closed.is_some()) {
            self.closed.notify_one();
        }
    }

    /// Returns when a coupon was closed since the last call: its holders are to be loaded.
    pub async fn closing(&self) {
        self.closed.notified().await;
    }

    /// Closed coupons whose holders are not known yet.
    #[must_use]
    pub fn without_holders(&self) -> Vec<Arc<KnownCoupon>> {
        self.known.select(|known| {
            known
                .closed
                .as_ref()
                .is_some_and(|closed| closed.holders.is_none())
        })
    }

    /// Forgets coupons that are expired at `now`: what is asked about them once in a while is read
    /// anew.
    pub fn forget_expired(&self, now: Timestamp) {
        self.known.retain(|known| !known.coupon.is_expired(now));
    }
}

impl Rank for KnownCoupon {
    type Rank = (domain::Epoch, u8);

    fn rank(&self) -> Self::Rank {
        KnownCoupon::rank(self)
    }
}
