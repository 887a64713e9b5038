//! Settles the places in the gates that nobody has settled, and counts what the gates know against
//! the ledger.
//!
//! A node that dies between the ledger's answer and the gate's leaves undecided places; so does a
//! batch whose outcome is unknown. They only keep others waiting for their turn, and not for long.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    ConsumerId, CouponId, CouponKind, Event, EventId, IssueScope, IssuedCouponId, Page, Timestamp,
    ports::{Catalogue, CouponLedger, Decided, Job, JobError, Worked},
};
use parking_lot::Mutex;
use tracing::{info, warn};

use crate::{NodeGate, gates_to_fill::Why};

/// How many events are looked at in one step.
const EVENTS: u32 = 100;
/// How many coupons are read at once.
const COUPONS: u32 = 100;
/// How many places are settled at once.
const PLACES: u32 = 500;
/// How often, for one event in one step.
const ROUNDS: u32 = 20;
/// What is undecided for longer is in no lane any more, in microseconds: 10 s.
const LONG: i64 = 10_000_000;
/// After so many looks at the same difference, the gate is filled once more.
const LOOKS: u32 = 12;

/// The job. Several nodes may do it at once: whatever it writes is what the ledger says.
pub struct ReconcileGate {
    gate: Arc<NodeGate>,
    catalogue: Arc<dyn Catalogue>,
    ledger: Arc<dyn CouponLedger>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// All events up to this one are over.
    over: Option<EventId>,
    /// The last event that was looked at.
    after: Option<EventId>,
    seen: HashMap<EventId, Seen>,
}

#[derive(Clone, Copy, Default)]
struct Seen {
    difference: Difference,
    /// How often in a row.
    looks: u32,
}

/// How far an event's gate is from the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Difference {
    /// Copies of which it knows nothing, not even that a place is undecided.
    missing: u64,
    /// Copies that it knows and that do not exist.
    ghosts: u64,
}

impl ReconcileGate {
    /// Wires the job.
    #[must_use]
    pub fn new(
        gate: Arc<NodeGate>,
        catalogue: Arc<dyn Catalogue>,
        ledger: Arc<dyn CouponLedger>,
    ) -> Self {
        Self {
            gate,
            catalogue,
            ledger,
            state: Mutex::default(),
        }
    }

    /// The next events that are on offer, and whether there are more. What is over is not read again:
    /// ids rise with time, so it comes first.
    async fn on_offer(&self) -> Result<(Vec<Event>, bool), JobError> {
        let page = {
            let state = self.state.lock();
            Page {
                after: state.after.or(state.over),
                limit: EVENTS,
            }
        };
        let events = self.catalogue.events(page).await?;
        let now = self.gate.now();
        let more = events.len() >= usize::try_from(EVENTS).unwrap_or(usize::MAX);
        let mut state = self.state.lock();
        if state.after.is_none() || state.after == state.over {
            let over = events.iter().take_while(|event| is_over(event, now));
            state.over = over.last().map_or(state.over, |event| Some(event.id));
        }
        state.after = events.last().filter(|_| more).map(|event| event.id);
        for event in events.iter().filter(|event| is_over(event, now)) {
            state.seen.remove(&event.id);
        }
        drop(state);
        let is_on = |event: &Event| event.window.starts_at() <= now && !is_over(event, now);
        Ok((events.into_iter().filter(is_on).collect(), more))
    }

    /// Settles the places of an event that are undecided for long; how many it found.
    async fn settle_long_undecided(&self, event: EventId) -> Result<u32, JobError> {
        let mut found = 0_u32;
        for _ in 0..ROUNDS {
            let some = self.settle_some(event).await?;
            found = found.saturating_add(some);
            if some < PLACES {
                break;
            }
        }
        Ok(found)
    }

    async fn settle_some(&self, event: EventId) -> Result<u32, JobError> {
        let places = self.gate.port().long_undecided(event, LONG, PLACES).await?;
        let consumers: Vec<ConsumerId> = places
            .iter()
            .map(|place| place.consumer_id.clone())
            .collect();
        let found = u32::try_from(places.len()).unwrap_or(u32::MAX);
        if found == 0 {
            return Ok(0);
        }
        let scope = IssueScope::Event(event);
        let copies = self.ledger.copies_among(scope, consumers).await?;
        let held: HashMap<ConsumerId, (CouponId, IssuedCouponId)> = copies
            .into_iter()
            .map(|copy| (copy.consumer_id, (copy.coupon_id, copy.id)))
            .collect();
        let decided: Vec<Decided> = places
            .into_iter()
            .map(|place| match held.get(&place.consumer_id) {
                Some((coupon, copy)) => Decided::Holder(place.consumer_id, *coupon, *copy),
                None => Decided::Free(place.consumer_id, place.coupon_id),
            })
            .collect();
        self.gate.settle(event, &decided).await;
        Ok(found)
    }

    /// Copies are never taken back, and the gate hears of them after the ledger. So what it knew
    /// before the ledger was read and the ledger did not have is a ghost; what the ledger had and the
    /// gate knows nothing of afterwards is missing.
    async fn difference(&self, event: EventId) -> Result<Difference, JobError> {
        let before = self.gate.port().count(event).await?;
        let issued = self.issued(event).await?;
        let after = self.gate.port().count(event).await?;
        Ok(Difference {
            missing: issued
                .saturating_sub(after.holders)
                .saturating_sub(after.undecided),
            ghosts: before.holders.saturating_sub(issued),
        })
    }

    /// How many copies of an event's ISSUE_COUPONs there are.
    async fn issued(&self, event: EventId) -> Result<u64, JobError> {
        let (mut issued, mut after) = (0_u64, None);
        loop {
            let page = Page {
                after,
                limit: COUPONS,
            };
            let coupons = self.catalogue.coupons(Some(event), page).await?;
            let Some(last) = coupons.last() else {
                return Ok(issued);
            };
            after = Some(last.id);
            for coupon in coupons {
                if matches!(coupon.kind, CouponKind::Issue { .. }) {
                    issued = issued.saturating_add(coupon.counters.issued);
                }
            }
        }
    }

    /// Says it once, and has the gate filled when a difference stays: while it changes, somebody is
    /// at work.
    fn look_at(&self, event: EventId, difference: Difference) {
        let mut state = self.state.lock();
        let seen = state.seen.entry(event).or_default();
        let is_new = seen.difference != difference;
        seen.looks = if is_new {
            0
        } else {
            seen.looks.wrapping_add(1)
        };
        seen.difference = difference;
        let looks = seen.looks;
        let sum = |of: fn(&Difference) -> u64| {
            let all = state.seen.values().map(|seen| of(&seen.difference));
            u32::try_from(all.fold(0, u64::saturating_add)).unwrap_or(u32::MAX)
        };
        let (missing, ghosts) = (sum(|d| d.missing), sum(|d| d.ghosts));
        drop(state);
        metrics::gauge!("firstcome_gate_difference", "kind" => "missing").set(missing);
        metrics::gauge!("firstcome_gate_difference", "kind" => "ghost").set(ghosts);
        let Difference { missing, ghosts } = difference;
        if ghosts > 0 {
            if is_new {
                warn!(event.id = %event, ghosts, "the gate knows copies that do not exist; it is filled anew");
            }
            if looks.is_multiple_of(LOOKS) {
                self.gate.to_fill().note(event, Why::Ghosts);
            }
        } else if missing > 0 {
            if is_new {
                info!(event.id = %event, missing, "the gate does not know all copies");
            }
            if looks % LOOKS == 1 {
                self.gate.to_fill().note(event, Why::Missing);
            }
        }
    }

    /// One event; how many of its places were undecided for long.
    async fn reconcile(&self, event: EventId) -> Result<u32, JobError> {
        let generation = self.gate.learn_generation().await?;
        if !self.gate.port().is_open(event, generation).await? {
            return Ok(0);
        }
        let settled = self.settle_long_undecided(event).await?;
        self.look_at(event, self.difference(event).await?);
        Ok(settled)
    }
}

#[async_trait]
impl Job for ReconcileGate {
    fn name(&self) -> &'static str {
        "reconcile_gate"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(5)
    }

    /// A page of events. One event's failure keeps no other from its turn.
    async fn step(&self) -> Result<Worked, JobError> {
        let (events, more) = self.on_offer().await?;
        let (mut done, mut failed) = (0, None);
        for event in events {
            match self.reconcile(event.id).await {
                Ok(settled) => done += u64::from(settled),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(Worked { done, more }), Err)
    }
}

fn is_over(event: &Event, now: Timestamp) -> bool {
    event.window.ends_at() <= now
}

#[cfg(test)]
mod tests;
