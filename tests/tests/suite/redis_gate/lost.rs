//! Redis loses what it has, or has again what it had once: the gate is closed, or says what is still true.

use super::*;

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn an_emptied_redis_is_a_closed_gate_in_which_nothing_is_written_down() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    redis.flushall();
    assert_eq!(admit(&gate, &["a", "b"]).await, None);
    assert!(!gate.is_open(EVENT, GENERATION).await.unwrap());
    gate.settle(EVENT, GENERATION, &[holder("a")])
        .await
        .unwrap();
    assert_eq!(keys(&redis), Vec::<String>::new());

    open(&gate, EVENT, &["a"]).await;
    assert_eq!(admit(&gate, &["a"]).await.unwrap(), [HOLDER]);
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn an_old_dump_of_another_generation_is_a_closed_gate() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["ghost"]).await;
    let dump = redis.dump();
    gate.clear(EVENT).await.unwrap();
    gate.open(EVENT, OTHER_GENERATION, until()).await.unwrap();

    redis.kill();
    redis.restart_from(&dump);
    let arrivals = [arrival("ghost")];
    let said = firstcome_tests::until("an answer", async || {
        gate.admit(EVENT, OTHER_GENERATION, &arrivals).await.ok()
    });
    assert_eq!(said.await, None);
    assert!(!gate.is_open(EVENT, OTHER_GENERATION).await.unwrap());
    let ghost = [holder("other-ghost")];
    gate.settle(EVENT, OTHER_GENERATION, &ghost).await.unwrap();
    assert_eq!(gate.count(EVENT).await.unwrap().holders, 1);
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn an_old_dump_of_the_same_generation_knows_less_and_nothing_wrong() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    admit(&gate, &["b"]).await;
    let dump = redis.dump();
    let decided = [holder("b"), holder("c")];
    gate.settle(EVENT, GENERATION, &decided).await.unwrap();

    redis.kill();
    redis.restart_from(&dump);
    let said = firstcome_tests::until("an answer", async || {
        let arrivals = ["a", "b", "c"].map(arrival);
        gate.admit(EVENT, GENERATION, &arrivals).await.ok()
    });
    assert_eq!(
        said.await.unwrap(),
        [HOLDER, Admission::Undecided, Admission::Admitted]
    );
    let places = gate.long_undecided(EVENT, 0, 10).await.unwrap();
    assert_eq!(places.len(), 2, "they can be reconciled");
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn where_one_key_is_lost_alone_the_gate_is_closed() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    for lost in 0..2 {
        assert!(admit(&gate, &["b"]).await.is_some());
        let mut keys = keys(&redis);
        keys.sort();
        let _: i64 = ask(&redis, &["DEL", &keys[lost]]);
        assert_eq!(admit(&gate, &["a"]).await, None, "{} is lost", keys[lost]);
        open(&gate, EVENT, &["a"]).await;
    }
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn what_arrives_late_undoes_nothing() {
    let redis = Redis::start();
    let gate = gate_at(&redis.url()).await;
    open(&gate, EVENT, &["a"]).await;
    // Of a request before the one that got it the copy.
    gate.settle(EVENT, GENERATION, &[free("a")]).await.unwrap();
    assert_eq!(admit(&gate, &["a"]).await.unwrap(), [HOLDER]);
    // Of before the ledger was restored.
    gate.settle(EVENT, OTHER_GENERATION, &[holder("ghost")])
        .await
        .unwrap();
    let said = admit(&gate, &["ghost"]).await.unwrap();
    assert_eq!(said, [Admission::Admitted]);
    gate.settle(EVENT, OTHER_GENERATION, &[free("ghost")])
        .await
        .unwrap();
    let said = admit(&gate, &["ghost"]).await.unwrap();
    assert_eq!(said, [Admission::Undecided]);
}
