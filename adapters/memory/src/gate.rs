//! The gate in memory: what every gate must do, said plainly. The gate of several nodes in one
//! process.
//!
//! It never fails by itself; it may be made to [lose](MemoryGate::lose) all it keeps, or to be
//! [what it was once](MemoryGate::restore), as any gate may.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use domain::ports::{
    Admission, AdmissionGate, Arrival, Clock, Decided, GateCount, GateError, LongUndecided,
};
use domain::{ConsumerId, CouponId, EventId, IssuedCouponId, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use uuid::Uuid;

use self::inside::Inside;

mod inside;

/// See the module's header.
pub struct MemoryGate {
    clock: Arc<dyn Clock>,
    events: Mutex<HashMap<EventId, Inside>>,
}

/// All that a gate kept at some time.
pub struct Dump(HashMap<EventId, Inside>);

impl MemoryGate {
    /// A gate that is closed to every event, and whose time is `clock`'s.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let events = Mutex::default();
        Self { clock, events }
    }

    /// All that it keeps now.
    pub fn dump(&self) -> Dump {
        Dump(self.events.lock().clone())
    }

    /// It is what it was then.
    pub fn restore(&self, dump: Dump) {
        *self.events.lock() = dump.0;
    }

    /// Keeps nothing any more.
    pub fn lose(&self) {
        self.events.lock().clear();
    }

    /// All that is kept, after what is over has gone, and the time.
    fn lock(&self) -> (MutexGuard<'_, HashMap<EventId, Inside>>, Timestamp) {
        let mut events = self.events.lock();
        let now = self.clock.now();
        events.retain(|_, inside| !inside.is_over(now));
        (events, now)
    }
}

#[async_trait]
impl AdmissionGate for MemoryGate {
    async fn admit(
        &self,
        event: EventId,
        generation: Uuid,
        arrivals: &[Arrival],
    ) -> Result<Option<Vec<Admission>>, GateError> {
        let (mut events, now) = self.lock();
        let inside = events.get_mut(&event);
        let admissions = inside
            .filter(|inside| inside.is_open(generation))
            .map(|inside| {
                let arrivals = arrivals.iter();
                arrivals.map(|arrival| inside.admit(arrival, now)).collect()
            });
        Ok(admissions)
    }

    async fn settle(
        &self,
        event: EventId,
        generation: Uuid,
        decided: &[Decided],
    ) -> Result<(), GateError> {
        let (mut events, _) = self.lock();
        let inside = events.get_mut(&event);
        if let Some(inside) = inside.filter(|inside| inside.is_open(generation)) {
            inside.write(decided);
        }
        Ok(())
    }

    async fn is_open(&self, event: EventId, generation: Uuid) -> Result<bool, GateError> {
        let (events, _) = self.lock();
        let inside = events.get(&event);
        Ok(inside.is_some_and(|inside| inside.is_open(generation)))
    }

    async fn clear(&self, event: EventId) -> Result<(), GateError> {
        let (mut events, _) = self.lock();
        events.remove(&event);
        Ok(())
    }

    async fn fill(&self, event: EventId, decided: &[Decided]) -> Result<(), GateError> {
        let (mut events, _) = self.lock();
        events.entry(event).or_default().write(decided);
        Ok(())
    }

    async fn open(
        &self,
        event: EventId,
        generation: Uuid,
        until: Timestamp,
    ) -> Result<(), GateError> {
        let (mut events, _) = self.lock();
        events.entry(event).or_default().open(generation, until);
        Ok(())
    }

    async fn long_undecided(
        &self,
        event: EventId,
        micros: i64,
        limit: u32,
    ) -> Result<Vec<LongUndecided>, GateError> {
        let (events, now) = self.lock();
        let inside = events.get(&event);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(inside.map_or_else(Vec::new, |inside| {
            inside.undecided_before(now.plus_micros(micros.saturating_neg()), limit)
        }))
    }

    async fn count(&self, event: EventId) -> Result<GateCount, GateError> {
        let (events, _) = self.lock();
        Ok(events
            .get(&event)
            .map_or_else(GateCount::default, Inside::count))
    }
}
