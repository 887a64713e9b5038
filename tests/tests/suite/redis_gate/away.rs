//! Redis hangs or is dead: an error, soon; then errors at once; and once it is back it is used again.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use domain::ports::GateError;
use tokio::time::{Instant, timeout};

use super::*;

/// The rule is 200 ms; a machine that does ten other things may take longer, a client that stalls takes
/// nine seconds.
const SOON: Duration = Duration::from_secs(3);

/// What the future has to say without waiting for anything.
async fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(said) => Poll::Ready(Some(said)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn ask_for(gate: &RedisGate, name: &str) -> Result<Option<Vec<Admission>>, GateError> {
    gate.admit(EVENT, GENERATION, &[arrival(name)]).await
}

async fn fails_soon_and_then_at_once(gate: &RedisGate) {
    // One that was under way may still be answered.
    let begun = Instant::now();
    let error = firstcome_tests::until("an error", async || ask_for(gate, "b").await.err());
    let error = timeout(SOON, error).await;
    error.unwrap_or_else(|_| panic!("no error after {:?}", begun.elapsed()));
    for _ in 0..10 {
        let said = at_once(ask_for(gate, "b")).await;
        said.expect("an answer without waiting").unwrap_err();
        at_once(gate.is_open(EVENT, GENERATION))
            .await
            .unwrap()
            .unwrap_err();
        tokio::task::yield_now().await;
    }
}

async fn answers_again(gate: &RedisGate) -> Option<Vec<Admission>> {
    firstcome_tests::until("an answer", async || ask_for(gate, "a").await.ok()).await
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_redis_that_hangs_is_known_to_be_away_and_used_again_once_it_answers() {
    let redis = Redis::start();
    open(&gate_at(&redis.url()).await, EVENT, &["a"]).await;
    let gate = hasty_gate_at(&redis.url()).await;
    for _ in 0..2 {
        assert_eq!(answers_again(&gate).await.unwrap(), [HOLDER]);
        redis.pause();
        fails_soon_and_then_at_once(&gate).await;
        redis.resume();
    }
    assert_eq!(answers_again(&gate).await.unwrap(), [HOLDER]);
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_redis_that_dies_is_known_to_be_away_and_used_again_once_it_is_back() {
    let redis = Redis::start();
    open(&gate_at(&redis.url()).await, EVENT, &["a"]).await;
    let gate = hasty_gate_at(&redis.url()).await;
    for _ in 0..2 {
        redis.kill();
        fails_soon_and_then_at_once(&gate).await;
        redis.restart();
        assert_eq!(answers_again(&gate).await, None, "it has lost everything");
    }
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_node_starts_while_redis_is_away_and_uses_it_once_it_is_there() {
    let redis = Redis::start();
    redis.kill();
    let gate = timeout(SOON, hasty_gate_at(&redis.url())).await.unwrap();
    fails_soon_and_then_at_once(&gate).await;
    redis.restart();
    assert_eq!(answers_again(&gate).await, None);
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn callers_that_go_away_leave_nothing_behind() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    for n in 0..300 {
        let gone = format!("gone{n}");
        assert!(at_once(ask_for(&gate, &gone)).await.is_none());
        if n % 10 == 0 {
            assert_eq!(admit(&gate, &["a"]).await.unwrap(), [HOLDER]);
        }
    }
    assert!(gate.is_open(EVENT, GENERATION).await.unwrap());
    assert_eq!(gate.count(EVENT).await.unwrap().holders, 1);
}
