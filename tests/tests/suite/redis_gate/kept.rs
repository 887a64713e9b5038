//! What the gate keeps in Redis, and for how long.

use super::*;

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn every_key_goes_when_the_gate_is_to_go_also_one_that_was_written_anew() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    let until = until();
    gate.open(EVENT, GENERATION, until).await.unwrap();
    for _ in 0..2 {
        admit(&gate, &["a"]).await;
        let keys = keys(&redis);
        assert_eq!(keys.len(), 2);
        for key in &keys {
            let goes: i64 = ask(&redis, &["PEXPIRETIME", key]);
            assert_eq!(goes, until.as_micros() / 1_000, "{key}");
        }
        // Nobody is left in the set, so it is gone; the next one makes it anew.
        gate.settle(EVENT, GENERATION, &[free("a")]).await.unwrap();
        assert_eq!(super::keys(&redis).len(), 1);
    }
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn what_is_filled_in_and_never_opened_goes_as_well() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    gate.fill(EVENT, &[holder("a")]).await.unwrap();
    for key in keys(&redis) {
        let goes: i64 = ask(&redis, &["PTTL", &key]);
        assert!((1..=600_000).contains(&goes), "{key} goes in {goes} ms");
    }
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_gate_that_is_cleared_leaves_nothing_behind() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    admit(&gate, &["b"]).await;
    assert_eq!(keys(&redis).len(), 2);
    gate.clear(EVENT).await.unwrap();
    assert_eq!(keys(&redis), Vec::<String>::new());
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_batch_and_a_page_may_be_larger_than_what_a_script_takes_at_once() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &[]).await;
    let names: Vec<_> = (0..2_345).map(|n| format!("c{n}")).collect();
    let decided: Vec<_> = names.iter().map(|name| holder(name)).collect();
    gate.fill(EVENT, &decided).await.unwrap();
    let arrivals: Vec<_> = names.iter().map(|name| arrival(name)).collect();
    let known = gate.admit(EVENT, GENERATION, &arrivals).await.unwrap();
    assert_eq!(known.unwrap(), vec![HOLDER; arrivals.len()]);
    let count = gate.count(EVENT).await.unwrap();
    assert_eq!((count.holders, count.undecided), (2_345, 0));
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn redis_may_lose_its_scripts() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    let flush = || ask::<String>(&redis, &["SCRIPT", "FLUSH"]);
    flush();
    let said = admit(&gate, &["a", "b"]).await.unwrap();
    assert_eq!(said, [HOLDER, Admission::Admitted]);
    flush();
    gate.settle(EVENT, GENERATION, &[holder("b")])
        .await
        .unwrap();
    assert_eq!(admit(&gate, &["b"]).await.unwrap(), [HOLDER]);
}
