//! A Redis Cluster: every event's gate is on one of its masters, and stands or falls with it.

use std::collections::HashMap;

use domain::ports::GateError;
use firstcome_tests::servers::RedisCluster;
use tokio::time::timeout;

use super::*;

/// So many events' gates meet every master.
const EVENTS: u128 = 60;
const SOON: Duration = Duration::from_secs(3);

pub(super) fn url(cluster: &RedisCluster) -> String {
    let hosts: Vec<_> = cluster.addresses().map(|host| host.to_string()).collect();
    format!("redis://{}", hosts.join(","))
}

fn ask_at<T: FromRedisValue>(url: &str, words: &[&str]) -> T {
    let mut command = Cmd::new();
    command.arg(words);
    let client = Client::open(url).unwrap();
    command
        .query(&mut client.get_connection().unwrap())
        .unwrap()
}

async fn ask_for(gate: &RedisGate, n: u128) -> Result<Option<Vec<Admission>>, GateError> {
    gate.admit(event(n), GENERATION, &["a", "b"].map(arrival))
        .await
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn all_keys_of_an_event_are_in_one_slot_and_the_events_on_all_masters() {
    let cluster = RedisCluster::start();
    // One host is enough to find the others.
    let found = format!("{}?cluster=true", cluster.urls()[0]);
    for url in [url(&cluster), found] {
        let gate = gate_at(&url).await;
        for n in 0..EVENTS {
            open(&gate, event(n), &["a"]).await;
            let said = ask_for(&gate, n).await.unwrap().unwrap();
            assert_eq!(said, [HOLDER, Admission::Admitted]);
        }
    }
    let mut slots: HashMap<String, Vec<i64>> = HashMap::new();
    for master in cluster.urls() {
        let keys: Vec<String> = ask_at(&master, &["KEYS", "*"]);
        assert!(!keys.is_empty(), "{master} has none");
        for key in keys {
            let event = key.split(['{', '}']).nth(1).unwrap().to_owned();
            let slot = ask_at(&master, &["CLUSTER", "KEYSLOT", &key]);
            slots.entry(event).or_default().push(slot);
        }
    }
    assert_eq!(slots.len(), usize::try_from(EVENTS).unwrap());
    for (event, slots) in slots {
        assert!(
            slots.len() == 2 && slots[0] == slots[1],
            "{event}: {slots:?}"
        );
    }
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn a_master_that_dies_is_known_to_be_away_and_used_again_once_it_is_back() {
    let cluster = RedisCluster::start();
    let patient = gate_at(&url(&cluster)).await;
    for n in 0..EVENTS {
        open(&patient, event(n), &["a"]).await;
    }
    let gate = hasty_gate_at(&url(&cluster)).await;
    cluster.kill(1);
    for n in 0..EVENTS {
        // An answer or an error: nobody is kept waiting.
        let said = timeout(SOON, ask_for(&gate, n)).await.unwrap();
        assert!(said.is_err() || said.unwrap().unwrap()[0] == HOLDER);
    }
    cluster.restart(1);
    let mut lost = 0;
    for n in 0..EVENTS {
        let said = firstcome_tests::until("an answer", async || ask_for(&gate, n).await.ok());
        match said.await {
            None => lost += 1,
            Some(said) => assert_eq!(said[0], HOLDER),
        }
    }
    assert!((1..EVENTS).contains(&lost), "{lost} of {EVENTS}");
}

#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test]
async fn an_emptied_cluster_is_closed_gates() {
    let cluster = RedisCluster::start();
    let gate = gate_at(&url(&cluster)).await;
    for n in 0..EVENTS {
        open(&gate, event(n), &["a"]).await;
    }
    cluster.flushall();
    for master in cluster.urls() {
        let _: String = ask_at(&master, &["SCRIPT", "FLUSH"]);
    }
    for n in 0..EVENTS {
        assert_eq!(ask_for(&gate, n).await.unwrap(), None);
    }
}
