//! The gate: batches of arrivals as lanes make them, four at a time on the one connection that a node
//! has, each of an event of its own (an event has one lane, and a lane one batch under way). Held
//! against the least that a script per consumer can do, on the same server, with as many consumers in
//! one round trip; and against that script as it is mostly used, a round trip for each consumer. All
//! consumers are new, and in each round all keys are.

use std::time::{Duration, Instant};

use adapter_redis::{RedisConfig, RedisConnection, RedisGate};
use domain::{
    Cap, ConsumerId, CouponId, EventId, IssuedCouponId,
    ports::{Admission, AdmissionGate, Arrival, Clock, Decided},
};
use firstcome::SystemClock;
use firstcome_tests::servers::Redis;
use redis::{Cmd, Pipeline, Script, aio::MultiplexedConnection};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::report::{Goal, Row};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Events, and so batches under way at a time.
const EVENTS: usize = 4;
/// What a lane takes at once.
const BATCH: usize = 1_000;
/// Who waits for a round trip of its own.
const CALLERS: usize = 64;

const LEAST: &str = "local has = redis.call('HGET', KEYS[1], ARGV[1]) \
     if not has then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end \
     return has";

/// The rows of the table.
pub async fn rows() -> Vec<Row> {
    let redis = Redis::start();
    let mut config = RedisConfig::at(&redis.url()).unwrap();
    // What is measured is how many, not how soon.
    config.patience = Duration::from_secs(10);
    let ours = Ours(RedisConnection::open(&config).await.unwrap());
    let by_hand = ByHand::to(&redis).await;
    let (mut pipelined, mut each) = (
        Row::new("gate decisions", "EVALSHA, pipelined"),
        Row::new("gate decisions", "EVALSHA, one by one"),
    );
    let mut written_down = Row::new("… and what became of them", "EVALSHA, pipelined");
    for _ in 0..ROUNDS {
        let decisions = ours.per_second(false).await;
        redis.flushall();
        let settled = ours.per_second(true).await;
        redis.flushall();
        let limit = by_hand.per_second(EVENTS, BATCH).await;
        redis.flushall();
        pipelined.add(decisions, limit);
        written_down.add(settled, limit);
        each.add(decisions, by_hand.per_second(CALLERS, 1).await);
        redis.flushall();
    }
    vec![pipelined.goal(Goal::AtLeast(0.8)), written_down, each]
}

/// Counts what so many tasks do in a round, all over one connection.
async fn per_second(tasks: JoinSet<usize>, begun: Instant) -> f64 {
    let done: usize = tasks.join_all().await.into_iter().sum();
    f64::from(u32::try_from(done).unwrap()) / begun.elapsed().as_secs_f64()
}

/// The gate, as a node has it.
struct Ours(RedisConnection);

impl Ours {
    /// Decisions per second, without or with what became of them written down.
    async fn per_second(&self, with_settling: bool) -> f64 {
        let mut gates = Vec::new();
        for _ in 0..EVENTS {
            let gate = RedisGate::new(self.0.clone());
            let (event, generation) = (EventId::from_uuid(Uuid::now_v7()), Uuid::new_v4());
            let until = SystemClock.now().plus_micros(3_600_000_000);
            gate.open(event, generation, until).await.unwrap();
            gates.push((gate, event, generation));
        }
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for (gate, event, generation) in gates {
            tasks.spawn(async move {
                let coupon = CouponId::from_uuid(Uuid::now_v7());
                let mut decided = 0;
                while begun.elapsed() < ROUND {
                    let arrivals = arrivals(coupon);
                    let admitted = gate.admit(event, generation, &arrivals).await.unwrap();
                    let admitted = admitted.expect("the gate is open");
                    assert!(admitted.iter().all(|said| *said == Admission::Admitted));
                    decided += admitted.len();
                    if with_settling {
                        let settled = holders(arrivals);
                        gate.settle(event, generation, &settled).await.unwrap();
                    }
                }
                decided
            });
        }
        per_second(tasks, begun).await
    }
}

fn arrivals(coupon_id: CouponId) -> Vec<Arrival> {
    let arrival = |_| Arrival {
        coupon_id,
        cap: Cap::new(1_000_000_000).unwrap(),
        consumer_id: ConsumerId::new(Uuid::new_v4().to_string()).unwrap(),
    };
    (0..BATCH).map(arrival).collect()
}

fn holders(arrivals: Vec<Arrival>) -> Vec<Decided> {
    let holder = |arrival: Arrival| {
        let copy = IssuedCouponId::from_uuid(Uuid::now_v7());
        Decided::Holder(arrival.consumer_id, arrival.coupon_id, copy)
    };
    arrivals.into_iter().map(holder).collect()
}

/// A script per consumer.
struct ByHand {
    connection: MultiplexedConnection,
    hash: String,
}

impl ByHand {
    async fn to(redis: &Redis) -> Self {
        let client = redis::Client::open(redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let script = Script::new(LEAST);
        script
            .prepare_invoke()
            .load_async(&mut connection)
            .await
            .unwrap();
        Self {
            connection,
            hash: script.get_hash().to_owned(),
        }
    }

    /// Scripts per second, so many tasks at a time, so many in each round trip.
    async fn per_second(&self, tasks_at_a_time: usize, batch: usize) -> f64 {
        let (begun, mut tasks) = (Instant::now(), JoinSet::new());
        for _ in 0..tasks_at_a_time {
            let (mut connection, hash) = (self.connection.clone(), self.hash.clone());
            tasks.spawn(async move {
                let key = Uuid::now_v7().to_string();
                let mut run = 0;
                while begun.elapsed() < ROUND {
                    let mut pipeline = Pipeline::with_capacity(batch);
                    for _ in 0..batch {
                        pipeline.add_command(call(&hash, &key));
                    }
                    let had: Vec<Option<Vec<u8>>> =
                        pipeline.query_async(&mut connection).await.unwrap();
                    assert!(had.iter().all(Option::is_none));
                    run += had.len();
                }
                run
            });
        }
        per_second(tasks, begun).await
    }
}

/// Of a consumer who is new, with a value as long as the gate's.
fn call(hash: &str, key: &str) -> Cmd {
    let mut call = redis::cmd("EVALSHA");
    call.arg(hash).arg(1).arg(key);
    call.arg(Uuid::new_v4().to_string());
    call.arg(Uuid::new_v4().as_bytes());
    call
}
