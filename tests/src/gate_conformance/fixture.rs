//! A gate to be tested, as two nodes have it, with one event whose gate is open.

use std::sync::Arc;

use adapter_memory::MemoryGate;
use adapter_redis::{RedisConfig, RedisConnection, RedisGate};
use domain::ports::{Admission, AdmissionGate, Arrival, Clock, Decided, GateCount};
use domain::{Cap, CouponId, EventId, IssuedCouponId, Timestamp};
use firstcome::SystemClock;
use uuid::Uuid;

use crate::given::consumer;
use crate::patience::PATIENCE;
use crate::servers::{Redis, RedisCluster};

/// How many more than there are copies have a place, where the cap is small.
pub(super) const SLACK: usize = 100;

/// See the module's header.
pub struct GateFixture {
    /// What one node asks.
    pub gate: Arc<dyn AdmissionGate>,
    /// What another one does.
    pub other: Arc<dyn AdmissionGate>,
    /// An event that no test had before.
    pub event: EventId,
    /// Two of its coupons.
    pub coupons: [CouponId; 2],
    /// The ledger's.
    pub generation: Uuid,
}

impl GateFixture {
    /// The gate in memory.
    pub async fn memory() -> Self {
        let gate = Arc::new(MemoryGate::new(Arc::new(SystemClock)));
        Self::of(gate.clone(), gate).await
    }

    /// The gate in Redis.
    pub async fn redis() -> Self {
        Self::at(&Redis::shared().url()).await
    }

    /// The gate in a Redis Cluster.
    pub async fn redis_cluster() -> Self {
        Self::at(&RedisCluster::shared().url()).await
    }

    async fn at(url: &str) -> Self {
        let mut config = RedisConfig::at(url).unwrap();
        config.patience = PATIENCE;
        let gate = RedisConnection::open(&config).await.unwrap();
        let other = RedisConnection::open(&config).await.unwrap();
        let [gate, other] = [gate, other].map(|redis| Arc::new(RedisGate::new(redis)));
        Self::of(gate, other).await
    }

    /// This gate, as two nodes have it.
    async fn of(gate: Arc<dyn AdmissionGate>, other: Arc<dyn AdmissionGate>) -> Self {
        let fixture = Self {
            gate,
            other,
            event: event(),
            coupons: [(); 2].map(|()| coupon()),
            generation: Uuid::new_v4(),
        };
        fixture.open(fixture.event).await;
        fixture
    }

    /// Opens an event's gate at the generation.
    pub(super) async fn open(&self, event: EventId) {
        let opened = self.gate.open(event, self.generation, in_an_hour());
        opened.await.unwrap();
    }

    /// What an open gate says.
    pub(super) async fn admit(&self, arrivals: &[Arrival]) -> Vec<Admission> {
        let admitted = self.gate.admit(self.event, self.generation, arrivals);
        admitted.await.unwrap().unwrap()
    }

    /// What it says of one.
    pub(super) async fn admit_one(&self, arrival: Arrival) -> Admission {
        let [admission] = self.admit(&[arrival]).await[..] else {
            panic!("one arrival, one answer");
        };
        admission
    }

    pub(super) async fn settle(&self, decided: &[Decided]) {
        let settled = self.gate.settle(self.event, self.generation, decided);
        settled.await.unwrap();
    }

    pub(super) async fn count(&self) -> GateCount {
        self.gate.count(self.event).await.unwrap()
    }

    pub(super) async fn is_open(&self) -> bool {
        let asked = self.gate.is_open(self.event, self.generation);
        asked.await.unwrap()
    }

    /// Somebody asks for the first coupon, whose cap is 1.
    pub(super) fn arrival(&self, name: impl Into<String>) -> Arrival {
        arrival(self.coupons[0], 1, name)
    }

    /// So many consumers ask for the first coupon.
    pub(super) fn crowd(&self, name: &str, size: usize) -> Vec<Arrival> {
        let names = (0..size).map(|n| format!("{name}-{n}"));
        names.map(|name| self.arrival(name)).collect()
    }

    /// The first coupon has no place left; the crowd has all.
    pub(super) async fn full(&self) {
        let crowd = self.crowd("crowd", 1 + SLACK);
        assert_eq!(
            self.admit(&crowd).await,
            vec![Admission::Admitted; 1 + SLACK]
        );
    }
}

pub(super) fn arrival(coupon_id: CouponId, cap: i64, name: impl Into<String>) -> Arrival {
    Arrival {
        coupon_id,
        cap: Cap::new(cap).unwrap(),
        consumer_id: consumer(name),
    }
}

/// It has a copy.
pub(super) fn holder(name: impl Into<String>, coupon: CouponId, copy: IssuedCouponId) -> Decided {
    Decided::Holder(consumer(name), coupon, copy)
}

/// It has none.
pub(super) fn free(name: impl Into<String>, coupon: CouponId) -> Decided {
    Decided::Free(consumer(name), coupon)
}

pub(super) fn event() -> EventId {
    EventId::from_uuid(Uuid::new_v4())
}

pub(super) fn coupon() -> CouponId {
    CouponId::from_uuid(Uuid::new_v4())
}

pub(super) fn copy() -> IssuedCouponId {
    IssuedCouponId::from_uuid(Uuid::new_v4())
}

pub(super) fn in_an_hour() -> Timestamp {
    SystemClock.now().plus_micros(3_600_000_000)
}
