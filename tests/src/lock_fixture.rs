//! Locks to be tested: a store's, whose time is a clock that is set, or Redis's, which has its own.

use std::any::Any;
use std::sync::Arc;

use adapter_memory::ManualClock;
use adapter_redis::{RedisConfig, RedisConnection, RedisLocks};
use domain::ports::{Clock, LockManager};
use redis::aio::ConnectionLike;
use redis::cluster::ClusterClient;
use uuid::Uuid;

use crate::Fixture;
use crate::servers::{Redis, RedisCluster};

/// See the module's header.
pub struct Locks {
    /// The locks.
    pub manager: Arc<dyn LockManager>,
    /// How long a lease is, in microseconds.
    pub lease: i64,
    /// How exact the time is: what a rule does meanwhile takes less.
    pub moment: i64,
    /// Two locks that no test had before.
    pub names: [&'static str; 2],
    time: Time,
    _kept: Box<dyn Any + Send + Sync>,
}

#[expect(clippy::large_enum_variant, reason = "a test has one of it")]
enum Time {
    Clock(Arc<ManualClock>),
    Redis(redis::Client),
    Cluster(ClusterClient),
}

impl From<Fixture> for Locks {
    fn from(fixture: Fixture) -> Self {
        Self {
            manager: fixture.store.clone(),
            lease: 1_000,
            moment: 1,
            names: names(),
            time: Time::Clock(fixture.clock.clone()),
            _kept: Box::new(fixture),
        }
    }
}

impl Locks {
    /// Those of one Redis.
    pub async fn redis() -> Self {
        let redis = Redis::shared();
        let client = redis::Client::open(redis.url()).unwrap();
        Self::at(&redis.url(), Time::Redis(client)).await
    }

    /// Those of a Redis Cluster.
    pub async fn redis_cluster() -> Self {
        let cluster = RedisCluster::shared();
        let client = ClusterClient::new(cluster.urls()).unwrap();
        Self::at(&cluster.url(), Time::Cluster(client)).await
    }

    async fn at(url: &str, time: Time) -> Self {
        let mut config = RedisConfig::at(url).unwrap();
        config.patience = crate::patience::PATIENCE;
        let connection = RedisConnection::open(&config).await.unwrap();
        Self {
            manager: Arc::new(RedisLocks::new(connection)),
            lease: 240_000_000,
            moment: 120_000_000,
            names: names(),
            time,
            _kept: Box::new(()),
        }
    }

    /// Time passes.
    pub(crate) async fn pass(&self, micros: i64) {
        match &self.time {
            Time::Clock(clock) => clock.set(clock.now().plus_micros(micros)),
            Time::Redis(client) => {
                let connection = client.get_multiplexed_async_connection().await;
                self.age(connection.unwrap(), micros).await;
            }
            Time::Cluster(client) => {
                let connection = client.get_async_connection().await;
                self.age(connection.unwrap(), micros).await;
            }
        }
    }

    /// The locks run out so much sooner.
    async fn age(&self, mut redis: impl ConnectionLike, micros: i64) {
        const AGE: &str = "local left = redis.call('PTTL', KEYS[1]) - ARGV[1] \
             return redis.call('PEXPIRE', KEYS[1], left)";
        for name in self.names {
            let holder = format!("firstcome:lock:{{{name}}}:holder");
            let mut age = redis::cmd("EVAL");
            age.arg(AGE).arg(1).arg(holder).arg(micros / 1_000);
            let _is_held: bool = age.query_async(&mut redis).await.unwrap();
        }
    }
}

fn names() -> [&'static str; 2] {
    [(); 2].map(|()| &*Uuid::new_v4().to_string().leak())
}
