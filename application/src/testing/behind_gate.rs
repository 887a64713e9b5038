//! A node's side of a gate that is a mock.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use domain::ports::*;
use domain::*;
use mockall::mock;
use uuid::Uuid;

use super::{at, coupon, issue_kind};
use crate::{FinalAnswers, KnownCoupon, LedgerClock, NodeGate};

/// The ledger's generation.
pub(crate) const GENERATION: Uuid = Uuid::from_u128(77);

mock! {
    pub(crate) Admissions {}

    #[async_trait]
    impl AdmissionGate for Admissions {
        async fn admit(&self, event: EventId, generation: Uuid, arrivals: &[Arrival]) -> Result<Option<Vec<Admission>>, GateError>;
        async fn settle(&self, event: EventId, generation: Uuid, decided: &[Decided]) -> Result<(), GateError>;
        async fn is_open(&self, event: EventId, generation: Uuid) -> Result<bool, GateError>;
        async fn clear(&self, event: EventId) -> Result<(), GateError>;
        async fn fill(&self, event: EventId, decided: &[Decided]) -> Result<(), GateError>;
        async fn open(&self, event: EventId, generation: Uuid, until: Timestamp) -> Result<(), GateError>;
        async fn long_undecided(&self, event: EventId, micros: i64, limit: u32) -> Result<Vec<LongUndecided>, GateError>;
        async fn count(&self, event: EventId) -> Result<GateCount, GateError>;
    }
}

mock! {
    pub(crate) Generations {}

    #[async_trait]
    impl GateGenerations for Generations {
        async fn gate_generation(&self) -> Result<Uuid, StoreError>;
        async fn renew_gate_generation(&self) -> Result<Uuid, StoreError>;
    }
}

mock! {
    pub(crate) Locks {}

    #[async_trait]
    impl LockManager for Locks {
        async fn acquire(&self, name: &'static str, owner: Uuid, micros: i64) -> Result<Option<Lease>, StoreError>;
        async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError>;
        async fn release(&self, lease: &Lease) -> Result<(), StoreError>;
    }
}

/// A node that knows one coupon, whose event is on, and a gate before it.
pub(crate) struct Given {
    pub(crate) answers: Arc<FinalAnswers>,
    pub(crate) gate: Arc<NodeGate>,
}

impl Given {
    /// It knows the generation, too.
    pub(crate) async fn behind(gate: impl AdmissionGate + 'static) -> Self {
        let given = Self::with(gate, always(GENERATION));
        given.gate.learn_generation().await.unwrap();
        given
    }

    /// It has yet to learn the generation.
    pub(crate) fn with(
        gate: impl AdmissionGate + 'static,
        generations: impl GateGenerations + 'static,
    ) -> Self {
        let answers = Arc::new(FinalAnswers::default());
        answers.learn(KnownCoupon::learned(Self::coupon()));
        let clock = Arc::new(LedgerClock::new(at(150), Instant::now()));
        let gate = NodeGate::new(
            Arc::new(gate),
            Arc::new(generations),
            Arc::clone(&answers),
            clock,
        );
        Self { answers, gate }
    }

    /// Three copies; its event is on for an hour from 100 on.
    pub(crate) fn coupon() -> Coupon {
        let mut coupon = coupon(issue_kind(3));
        let hour = at(3_600_000_000);
        coupon.event_window = Window::new(at(100), hour).unwrap();
        coupon.expires_at = hour;
        coupon
    }

    /// The event of the coupon.
    pub(crate) fn event() -> Event {
        let coupon = Self::coupon();
        Event {
            id: coupon.event_id,
            name: EventName::new("e").unwrap(),
            window: coupon.event_window,
        }
    }
}

fn always(generation: Uuid) -> MockGenerations {
    let mut generations = MockGenerations::new();
    generations
        .expect_gate_generation()
        .returning(move || Ok(generation));
    generations
}
