//! The gate in front of the ledger. It never says yes, and what it says "no" with is a fact that the
//! ledger has made.

use std::{error::Error, sync::Arc};

use async_trait::async_trait;
use uuid::Uuid;

use super::StoreError;
use crate::{Cap, ConsumerId, CouponId, EventId, IssuedCouponId, Timestamp};

/// Somebody asks for a copy of an ISSUE_COUPON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The coupon.
    pub coupon_id: CouponId,
    /// Its cap, as the asking node knows it.
    pub cap: Cap,
    /// Who asks.
    pub consumer_id: ConsumerId,
}

/// What the gate says of an arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It has a place now: the ledger is to decide.
    Admitted,
    /// It has a place from before, and nothing is written of what became of it: a hint, the ledger is
    /// to decide.
    Undecided,
    /// The consumer has this copy in the event, of that coupon. A fact: the ledger has said so, and
    /// it never stops being true.
    Holder(IssuedCouponId, CouponId),
    /// As many have a place as the cap and the slack allow: a hint, the ledger is to decide.
    Full,
}

/// What the ledger has decided about an arrival, or what it has on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// The consumer has this copy of this coupon.
    Holder(ConsumerId, CouponId, IssuedCouponId),
    /// The consumer has none in the event: its place, if it has one, is free again.
    Free(ConsumerId, CouponId),
}

/// A place that nothing was written about for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongUndecided {
    /// Whose.
    pub consumer_id: ConsumerId,
    /// The coupon that it was for.
    pub coupon_id: CouponId,
}

/// How many the gate knows of, in one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GateCount {
    /// Consumers of whom it knows the copy.
    pub holders: u64,
    /// Consumers with a place that is undecided.
    pub undecided: u64,
}

/// The gate did not answer, or not in time; what was asked may have been done, which does no harm:
/// everything it keeps is keyed by consumer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the gate does not answer")]
pub struct GateError(#[source] pub Arc<dyn Error + Send + Sync>);

/// The gate of ISSUE_COUPONs, by event. No rule's correctness depends on it: it may lose what it
/// keeps, or be restored to what it was long ago. Everything of an event stands or falls together,
/// and goes an hour after the event's end at the latest.
///
/// # Errors
/// [`GateError`] from every method, well within 200 ms; at once while it is known to be away.
#[async_trait]
pub trait AdmissionGate: Send + Sync {
    /// One answer per arrival, in order, in one round trip. `None` when the event's gate is closed:
    /// never opened, lost, or filled from another generation than this.
    async fn admit(
        &self,
        event: EventId,
        generation: Uuid,
        arrivals: &[Arrival],
    ) -> Result<Option<Vec<Admission>>, GateError>;

    /// Writes down what the ledger has decided. Changes nothing where the gate is closed.
    async fn settle(
        &self,
        event: EventId,
        generation: Uuid,
        decided: &[Decided],
    ) -> Result<(), GateError>;

    /// Whether the event's gate is open at this generation.
    async fn is_open(&self, event: EventId, generation: Uuid) -> Result<bool, GateError>;

    /// Closes the event's gate and takes out all that is in it.
    async fn clear(&self, event: EventId) -> Result<(), GateError>;

    /// Puts in what the ledger has, open or not.
    async fn fill(&self, event: EventId, decided: &[Decided]) -> Result<(), GateError>;

    /// Opens the event's gate at this generation, and lets all of it go at `until`.
    async fn open(
        &self,
        event: EventId,
        generation: Uuid,
        until: Timestamp,
    ) -> Result<(), GateError>;

    /// Up to `limit` places that have been undecided for longer than `micros` microseconds.
    async fn long_undecided(
        &self,
        event: EventId,
        micros: i64,
        limit: u32,
    ) -> Result<Vec<LongUndecided>, GateError>;

    /// How many the gate knows of.
    async fn count(&self, event: EventId) -> Result<GateCount, GateError>;
}

/// What a gate must have been filled from to be believed.
///
/// # Errors
/// Any [`StoreError`].
#[async_trait]
pub trait GateGenerations: Send + Sync {
    /// The ledger's generation.
    async fn gate_generation(&self) -> Result<Uuid, StoreError>;

    /// Draws a new one, so that every gate is closed and filled anew: for who has restored the ledger
    /// from a backup.
    async fn renew_gate_generation(&self) -> Result<Uuid, StoreError>;
}
