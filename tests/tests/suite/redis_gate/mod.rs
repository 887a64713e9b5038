//! The gate in Redis, where Redis itself is what goes wrong: it hangs, dies, comes back empty or with what
//! it had once. What every gate must do stands in the conformance suite.

mod away;
mod cluster;
mod kept;
mod lost;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use adapter_redis::{RedisConfig, RedisConnection, RedisGate};
use domain::ports::{Admission, AdmissionGate, Arrival, Decided};
use domain::{Cap, ConsumerId, CouponId, EventId, IssuedCouponId, Timestamp};
use firstcome_tests::servers::Redis;
use redis::{Client, Cmd, FromRedisValue};
use uuid::Uuid;

/// Where it does not matter how long Redis takes: no machine is that slow.
const NO_HURRY: Duration = Duration::from_secs(20);
const COUPON: CouponId = CouponId::from_uuid(Uuid::from_u128(7));
const COPY: IssuedCouponId = IssuedCouponId::from_uuid(Uuid::from_u128(8));
const GENERATION: Uuid = Uuid::from_u128(9);
const OTHER_GENERATION: Uuid = Uuid::from_u128(10);

fn event(n: u128) -> EventId {
    EventId::from_uuid(Uuid::from_u128(n))
}

const EVENT: EventId = EventId::from_uuid(Uuid::from_u128(1));

fn consumer(name: &str) -> ConsumerId {
    ConsumerId::new(name).unwrap()
}

fn arrival(name: &str) -> Arrival {
    Arrival {
        coupon_id: COUPON,
        cap: Cap::new(1).unwrap(),
        consumer_id: consumer(name),
    }
}

fn holder(name: &str) -> Decided {
    Decided::Holder(consumer(name), COUPON, COPY)
}

fn free(name: &str) -> Decided {
    Decided::Free(consumer(name), COUPON)
}

/// An hour from now, by Redis's clock, which is this machine's.
fn until() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_micros()).unwrap();
    Timestamp::from_micros(now).plus_micros(3_600_000_000)
}

async fn gate_at(url: &str) -> RedisGate {
    let mut config = RedisConfig::at(url).unwrap();
    config.patience = NO_HURRY;
    RedisGate::new(RedisConnection::open(&config).await.unwrap())
}

/// One that waits no longer than in production.
async fn hasty_gate_at(url: &str) -> RedisGate {
    let config = RedisConfig::at(url).unwrap();
    RedisGate::new(RedisConnection::open(&config).await.unwrap())
}

/// Opens the event's gate, with these consumers' copies in it.
async fn open(gate: &RedisGate, event: EventId, holders: &[&str]) {
    let holders: Vec<_> = holders.iter().map(|name| holder(name)).collect();
    gate.clear(event).await.unwrap();
    gate.fill(event, &holders).await.unwrap();
    gate.open(event, GENERATION, until()).await.unwrap();
}

async fn admit(gate: &RedisGate, names: &[&str]) -> Option<Vec<Admission>> {
    let arrivals: Vec<_> = names.iter().map(|name| arrival(name)).collect();
    gate.admit(EVENT, GENERATION, &arrivals).await.unwrap()
}

const HOLDER: Admission = Admission::Holder(COPY, COUPON);

/// What the server says to a command, a word of it each.
fn ask<T: FromRedisValue>(redis: &Redis, words: &[&str]) -> T {
    let mut command = Cmd::new();
    command.arg(words);
    let client = Client::open(redis.url()).unwrap();
    command
        .query(&mut client.get_connection().unwrap())
        .unwrap()
}

fn keys(redis: &Redis) -> Vec<String> {
    ask(redis, &["KEYS", "*"])
}
