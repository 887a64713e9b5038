//! Fills the gates that were found closed on this node.
//!
//! Nothing depends on what is filled being complete: a fact that is missing costs a question to the
//! ledger, no more. So whatever fails here is dropped, and noted again by the next batch that finds
//! its gate closed.

use std::sync::Arc;

use domain::{
    CouponKind, EventId, Page,
    ports::{Catalogue, CouponLedger, Decided, JobError, Lease, LockManager},
};
use uuid::Uuid;

use crate::{NodeGate, gates_to_fill::Why};

/// How many holders are read and put in at once.
const HOLDERS: u32 = 1_000;
/// How many coupons are read at once.
const COUPONS: u32 = 100;
/// How long the lock is held without a sign of life, in microseconds: 5 s.
const LEASE: i64 = 5_000_000;
/// How long a gate outlives its event, in microseconds: an hour. After it memory refuses everybody.
const AFTERMATH: i64 = 3_600_000_000;
const LOCK: &str = "fill_gate";

/// Fills gates, one node at a time. Unlike a job it runs on every node: only who has found a gate
/// closed knows of it.
pub struct FillGate {
    gate: Arc<NodeGate>,
    catalogue: Arc<dyn Catalogue>,
    ledger: Arc<dyn CouponLedger>,
    locks: Arc<dyn LockManager>,
    owner: Uuid,
}

impl FillGate {
    /// Wires it; `owner` is this node, to the lock.
    #[must_use]
    pub fn new(
        gate: Arc<NodeGate>,
        catalogue: Arc<dyn Catalogue>,
        ledger: Arc<dyn CouponLedger>,
        locks: Arc<dyn LockManager>,
        owner: Uuid,
    ) -> Self {
        Self {
            gate,
            catalogue,
            ledger,
            locks,
            owner,
        }
    }

    /// Returns once there is a gate to fill.
    pub async fn noted(&self) {
        self.gate.to_fill().noted().await;
    }

    /// Fills all gates that are noted, unless another node is at it; says how many it has filled.
    ///
    /// # Errors
    /// Whatever has kept it from filling one of them; the others had their turn.
    pub async fn step(&self) -> Result<u64, JobError> {
        let noted = self.gate.to_fill().take();
        if noted.is_empty() {
            return Ok(0);
        }
        let Some(lease) = self.locks.acquire(LOCK, self.owner, LEASE).await? else {
            return Ok(0);
        };
        let (mut filled, mut failed) = (0, None);
        for (event, why) in noted {
            match self.fill(event, why, &lease).await {
                Ok(done) => filled += u64::from(done),
                Err(error) => failed = Some(error),
            }
        }
        self.locks.release(&lease).await?;
        failed.map_or(Ok(filled), Err)
    }

    /// Fills one; false when that is not to be done any more, or the lock is lost.
    async fn fill(&self, event: EventId, why: Why, lease: &Lease) -> Result<bool, JobError> {
        let gate = self.gate.port();
        // Asked anew: an old one would close what others have opened.
        let generation = self.gate.learn_generation().await?;
        let is_open = gate.is_open(event, generation).await?;
        if is_open && why == Why::Closed {
            return Ok(false);
        }
        let Some(until) = self.until(event).await? else {
            return Ok(false);
        };
        let stays_open = is_open && why == Why::Missing;
        if !stays_open {
            gate.clear(event).await?;
        }
        if !self.put_in_holders(event, lease).await? {
            return Ok(false);
        }
        // A ledger that was restored meanwhile may not have what was read before.
        if !stays_open && self.gate.learn_generation().await? == generation {
            gate.open(event, generation, until).await?;
        }
        Ok(true)
    }

    /// Until when the event's gate stays; none when that is over.
    async fn until(&self, event: EventId) -> Result<Option<domain::Timestamp>, JobError> {
        let event = self.catalogue.event(event).await?;
        let until = event.map(|event| event.window.ends_at().plus_micros(AFTERMATH));
        Ok(until.filter(|until| self.gate.now() < *until))
    }

    /// False when the lock is lost on the way.
    async fn put_in_holders(&self, event: EventId, lease: &Lease) -> Result<bool, JobError> {
        let mut after = None;
        loop {
            let page = Page {
                after,
                limit: COUPONS,
            };
            let coupons = self.catalogue.coupons(Some(event), page).await?;
            let Some(last) = coupons.last() else {
                return Ok(true);
            };
            after = Some(last.id);
            for coupon in &coupons {
                let is_issue = matches!(coupon.kind, CouponKind::Issue { .. });
                if is_issue && !self.put_in_holders_of(coupon, lease).await? {
                    return Ok(false);
                }
            }
        }
    }

    async fn put_in_holders_of(
        &self,
        coupon: &domain::Coupon,
        lease: &Lease,
    ) -> Result<bool, JobError> {
        let mut after = None;
        loop {
            let page = Page {
                after,
                limit: HOLDERS,
            };
            let holders = self.ledger.holders(coupon.id, page).await?;
            let Some((last, _)) = holders.last() else {
                return Ok(true);
            };
            after = Some(*last);
            if !self.locks.renew(lease, LEASE).await? {
                return Ok(false);
            }
            let facts: Vec<_> = holders
                .into_iter()
                .map(|(copy, consumer)| Decided::Holder(consumer, coupon.id, copy))
                .collect();
            self.gate.port().fill(coupon.event_id, &facts).await?;
        }
    }
}

#[cfg(test)]
mod tests;
