//! What an admin changes on one node reaches every other in time, and nothing old undoes it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use firstcome_tests::{
    nodes::{Asking, Cluster, Fault, Kind, NODES, OneFile, Production, Stack, Step, Told, Wish},
    over_http::Shop,
    servers::Make,
    until,
};
use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

/// What the contract promises.
const PROMISED: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(30);
/// The promise is for a machine that has time for it; a test's may have none for a while.
const ROUNDS: u32 = 3;

/// How long it takes until every node answers somebody new with this code; none for a copy.
async fn everywhere(cluster: &Arc<Cluster>, coupon: &str, who: &str, code: &str) -> Duration {
    let begun = Instant::now();
    let mut asking = JoinSet::new();
    for node in 0..cluster.len() {
        let mut client = Asking::at(cluster, node);
        let request = Told::of(coupon).request(&Wish {
            consumer: format!("{who}-{node}"),
            key: None,
            has_asked: false,
        });
        let code = code.to_owned();
        asking.spawn(async move {
            loop {
                let answer = client.ask_node(node, &request).await;
                if answer.is_some_and(|answer| answer.code() == code) {
                    return;
                }
                assert!(
                    begun.elapsed() < PATIENCE,
                    "node {node} never says {code:?}"
                );
                sleep(Duration::from_millis(5)).await;
            }
        });
    }
    asking.join_all().await;
    begun.elapsed()
}

async fn changes_reach_every_node_in_time(stack: Arc<dyn Stack>) {
    let cluster = Cluster::start(NODES, stack, &[]).await;
    let mut shop = Shop::through(cluster.client(0)).await;
    let copies = u32::try_from(NODES).unwrap();
    let coupon = shop.issue_coupon(copies).await;
    let mut fastest = [Duration::MAX; 3];
    let mut cap = copies;
    for round in 0..ROUNDS {
        // Every node gives one away, and then there is none for anybody.
        let [lucky, late, last] = ["lucky", "late", "last"].map(|who| format!("{who}-{round}"));
        everywhere(&cluster, &coupon, &lucky, "").await;
        everywhere(&cluster, &coupon, &late, "COUPON_NOT_ISSUABLE").await;

        cap += copies;
        shop.change(&coupon, json!({"maximumIssued": cap})).await;
        let raised = everywhere(&cluster, &coupon, &late, "").await;
        cap += 2 * copies;
        shop.change(&coupon, json!({"maximumIssued": cap, "paused": true}))
            .await;
        let paused = everywhere(&cluster, &coupon, &last, "COUPON_PAUSED").await;
        shop.change(&coupon, json!({"paused": false})).await;
        let resumed = everywhere(&cluster, &coupon, &last, "").await;
        for (fastest, took) in fastest.iter_mut().zip([raised, paused, resumed]) {
            *fastest = took.min(*fastest);
        }
    }
    println!("a raised cap, a pause, a resume reached every node after {fastest:?}");
    assert!(
        fastest.into_iter().all(|took| took <= PROMISED),
        "{fastest:?}"
    );
    shop.assert_exact(&coupon).await;
    cluster.assert_audited().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_cap_a_pause_and_a_resume_reach_every_node_on_one_file_within_a_second() {
    changes_reach_every_node_in_time(Arc::new(OneFile)).await;
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_cap_a_pause_and_a_resume_reach_every_node_behind_redis_within_a_second() {
    let stack = Production::start(Make::MariaDb, NODES).await;
    changes_reach_every_node_in_time(Arc::new(stack)).await;
}

#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_raised_cap_a_pause_and_a_resume_reach_every_node_without_redis_within_a_second() {
    let stack = Production::without_gate(Make::MariaDb, NODES).await;
    changes_reach_every_node_in_time(Arc::new(stack)).await;
}

/// Asks a node for copies of a coupon, each time for somebody new.
struct Newcomers {
    node: usize,
    asking: Asking,
    told: Told,
    come: usize,
    /// Whether one has had a copy.
    lucky: bool,
}

impl Newcomers {
    fn at(cluster: &Arc<Cluster>, node: usize, coupon: &str) -> Self {
        Self {
            node,
            asking: Asking::at(cluster, node),
            told: Told::of(coupon),
            come: 0,
            lucky: false,
        }
    }

    /// The next one asks. Whoever comes after a lucky one is lucky, or has no answer yet.
    async fn ask(&mut self) {
        self.come += 1;
        let (node, come) = (self.node, self.come);
        let request = self.told.request(&Wish {
            consumer: format!("newcomer-{node}-{come}"),
            key: None,
            has_asked: false,
        });
        if let Some(answer) = self.asking.ask_node(node, &request).await {
            let lucky = answer.code().is_empty();
            assert!(
                lucky || !self.lucky,
                "node {node} is at an old epoch again: {answer:?}"
            );
            self.lucky |= lucky;
        }
    }
}

/// Changes it, as often as the slow node is in the way: whoever locks a row and is slow has it for long.
async fn changed(shop: &mut Shop, coupon: &str, change: Value) {
    until("a change", async || {
        let answer = shop.ask_to_change(coupon, &change).await;
        (answer.status == StatusCode::OK).then_some(())
    })
    .await;
}

/// What one node says and hears comes late, while a coupon that was exhausted and paused becomes neither.
#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[cfg_attr(without_redis, ignore = "needs Redis")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_old_message_never_undoes_a_newer_epoch() {
    const SLOW: usize = 1;
    const ENOUGH: u32 = 1_000_000;
    /// Until what was sent last has arrived.
    const ARRIVED: Duration = Duration::from_millis(2_500);
    let stack = Production::start(Make::MariaDb, NODES).await;
    let cluster = Cluster::start(NODES, Arc::new(stack), &[]).await;
    for kind in [
        Kind::GateLate,
        Kind::GateSlow,
        Kind::DatabaseLate,
        Kind::DatabaseSlow,
    ] {
        let mut shop = Shop::through(cluster.client(0)).await;
        let coupon = shop.issue_coupon(2).await;
        let mut newcomers = Newcomers::at(&cluster, SLOW, &coupon);
        newcomers.ask().await;
        assert!(newcomers.lucky);
        newcomers.lucky = false;
        let fault = Fault {
            kind,
            node: Some(SLOW),
            after: Duration::ZERO,
            lasts: ARRIVED,
        };
        let step = Step {
            crowd: 0,
            faults: vec![fault],
        };
        let suffering = tokio::spawn({
            let cluster = Arc::clone(&cluster);
            async move { cluster.suffer(&step).await }
        });
        // The last copy, a refusal and a pause are under way from here to there.
        newcomers.ask().await;
        newcomers.lucky = false;
        changed(&mut shop, &coupon, json!({"paused": true})).await;
        newcomers.ask().await;
        newcomers.lucky = false;
        let open = json!({"paused": false, "maximumIssued": ENOUGH});
        changed(&mut shop, &coupon, open).await;
        let opened = Instant::now();
        while !newcomers.lucky || opened.elapsed() < 2 * ARRIVED {
            newcomers.ask().await;
            assert!(opened.elapsed() < PATIENCE, "{kind:?}");
            sleep(Duration::from_millis(5)).await;
        }
        suffering.await.unwrap();
        shop.assert_exact(&coupon).await;
    }
}
