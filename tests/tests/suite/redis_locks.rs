//! Locks in Redis: the rules that every store's locks hold, and what Redis's own losses mean.

use std::sync::Arc;

use adapter_redis::{RedisConfig, RedisConnection, RedisLocks};
use domain::ports::LockManager;
use firstcome_tests::servers::Redis;
use firstcome_tests::{conformance_suite, until};
use uuid::Uuid;

conformance_suite!(
    locks of redis,
    firstcome_tests::Locks::redis,
    cfg_attr(without_redis, ignore = "needs Redis")
);
conformance_suite!(
    locks of redis_cluster,
    firstcome_tests::Locks::redis_cluster,
    cfg_attr(without_redis, ignore = "needs Redis")
);

const LEASE: i64 = 60_000_000;

async fn locks_at(redis: &Redis) -> Arc<RedisLocks> {
    let config = RedisConfig::at(&redis.url()).unwrap();
    Arc::new(RedisLocks::new(
        RedisConnection::open(&config).await.unwrap(),
    ))
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread")]
async fn whoever_held_a_lock_that_redis_has_lost_is_told_so_and_generations_still_rise() {
    let redis = Redis::start();
    let locks = locks_at(&redis).await;
    let [one, two] = [(); 2].map(|()| Uuid::new_v4());
    let acquire = async |owner| {
        until("a lock", async || {
            locks.acquire("a", owner, LEASE).await.ok().flatten()
        })
        .await
    };
    let first = acquire(one).await;
    redis.flushall();
    let second = acquire(two).await;
    assert!(second.generation > first.generation);
    let renewed = until("an answer", async || locks.renew(&first, LEASE).await.ok());
    assert!(!renewed.await);
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nobody_gets_a_lock_and_no_holder_is_told_that_it_has_one() {
    let redis = Redis::start();
    let locks = locks_at(&redis).await;
    let owner = Uuid::new_v4();
    let acquired = until("a lock", async || {
        locks.acquire("a", owner, LEASE).await.ok().flatten()
    });
    let lease = acquired.await;
    redis.kill();
    assert!(locks.renew(&lease, LEASE).await.is_err());
    assert!(locks.acquire("b", owner, LEASE).await.is_err());
    assert!(locks.release(&lease).await.is_err());
    redis.restart();
    let renewed = until("an answer", async || locks.renew(&lease, LEASE).await.ok());
    assert!(!renewed.await);
}
