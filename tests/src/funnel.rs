//! Nodes with the whole funnel in one process: memory, a gate that they share, the ledger. Nothing runs by
//! itself: what a node does in the background is done when a test says so.

use std::sync::Arc;

use adapter_memory::{MemoryGate, MemoryStore};
use application::{
    FillGate, FinalAnswers, IssueCoupon, IssueCouponError, IssueCouponRequest, KeysInFlight,
    LaneLimits, Lanes, NodeGate, ReconcileGate, RefreshFinalAnswers,
};
use domain::ports::{GateGenerations, IdGenerator, Job};
use domain::{Coupon, IssuedCoupon};
use firstcome::UuidV7;

use crate::Fixture;
use crate::given::consumer;

/// A ledger, and the gate in front of it.
pub struct Funnel {
    /// The ledger.
    pub fixture: Fixture,
    /// The gate; its time is the ledger's.
    pub gate: Arc<MemoryGate>,
    /// What the ledger wants its gates to be filled from.
    pub generations: Arc<MemoryStore>,
}

/// One node.
pub struct Node {
    issue: IssueCoupon,
    gate: Arc<NodeGate>,
    fill: FillGate,
    reconcile: ReconcileGate,
    refresh: RefreshFinalAnswers,
}

impl Funnel {
    /// Before this ledger.
    pub fn before(fixture: Fixture) -> Self {
        Self {
            gate: Arc::new(MemoryGate::new(fixture.clock.clone())),
            generations: Arc::new(MemoryStore::new(fixture.clock.clone())),
            fixture,
        }
    }

    /// A node that has just been started.
    pub async fn node(&self) -> Node {
        let store = &self.fixture.store;
        let answers = Arc::new(FinalAnswers::default());
        let refresh = RefreshFinalAnswers::begin(store.clone(), answers.clone());
        let refresh = refresh.await.unwrap();
        let gate = NodeGate::new(
            self.gate.clone(),
            self.generations.clone(),
            answers.clone(),
            refresh.clock(),
        );
        gate.learn_generation().await.unwrap();
        let lanes = Lanes::new(
            store.clone(),
            answers.clone(),
            Some(gate.clone()),
            LaneLimits::default(),
        );
        let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
        let owner = ids.next_id();
        let in_flight = Arc::new(KeysInFlight::default());
        Node {
            issue: IssueCoupon::new(
                answers,
                lanes,
                store.clone(),
                refresh.clock(),
                ids,
                in_flight,
            ),
            fill: FillGate::new(
                gate.clone(),
                store.clone(),
                store.clone(),
                store.clone(),
                owner,
            ),
            reconcile: ReconcileGate::new(gate.clone(), store.clone(), store.clone()),
            gate,
            refresh,
        }
    }

    /// The ledger is another than its gates were filled from.
    pub async fn renew_generation(&self) {
        self.generations.renew_gate_generation().await.unwrap();
    }
}

impl Node {
    /// Asks for a copy.
    ///
    /// # Errors
    /// Whatever the consumer is told.
    pub async fn ask(&self, coupon: &Coupon, name: &str) -> Result<IssuedCoupon, IssueCouponError> {
        let request = IssueCouponRequest {
            coupon_id: coupon.id,
            consumer_id: consumer(name),
            key: None,
        };
        self.issue.execute(request).await
    }

    /// Fills the gates that were found to need it; how many.
    pub async fn fill(&self) -> u64 {
        self.fill.step().await.unwrap()
    }

    /// Settles what was left undecided, and counts; how many it settled.
    pub async fn reconcile(&self) -> u64 {
        self.reconcile.step().await.unwrap().done
    }

    /// Learns what a node asks for twice a second.
    pub async fn refresh(&self) {
        self.refresh.step().await.unwrap();
        self.gate.learn_generation().await.unwrap();
    }
}
