//! Locks in Redis: the rules that every store's locks hold, and what Redis's own losses mean.

use std::sync::Arc;

use adapter_redis::{RedisConfig, RedisConnection, RedisLocks};
use domain::ports::LockManager;
use firstcome_tests::servers::Redis;
use firstcome_tests::until;
use uuid::Uuid;

macro_rules! on {
    ($servers:ident: $($rule:ident,)+) => {
        mod $servers {
            use firstcome_tests::{Locks, conformance};

            $(#[cfg_attr(without_redis, ignore = "needs Redis")]
            #[tokio::test(flavor = "multi_thread")]
            async fn $rule() {
                let locks = Locks::$servers().await;
                conformance::bounded(conformance::$rule(locks)).await;
            })+
        }
    };
}

on! { redis:
    a_lock_has_one_owner_until_its_lease_is_over,
    the_same_owner_again_gets_the_same_lease_prolonged,
    a_renewed_lease_lasts_from_then_on,
    a_lease_that_has_run_out_is_lost_though_nobody_took_it,
    a_lock_that_is_given_back_is_free_at_once,
    a_lock_that_was_never_held_can_not_be_renewed,
}

on! { redis_cluster:
    a_lock_has_one_owner_until_its_lease_is_over,
    the_same_owner_again_gets_the_same_lease_prolonged,
    a_renewed_lease_lasts_from_then_on,
    a_lease_that_has_run_out_is_lost_though_nobody_took_it,
    a_lock_that_is_given_back_is_free_at_once,
    a_lock_that_was_never_held_can_not_be_renewed,
}

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
