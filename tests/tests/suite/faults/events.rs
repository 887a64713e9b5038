//! Events over several nodes: one copy per consumer of each, whichever node decides; and none waits
//! for another.

use std::sync::Arc;

use firstcome_tests::{
    assert_exact,
    nodes::{Asking, Cluster, NODES, Production, Request, Stack, Told, Wish},
    over_http::Shop,
    servers::Make,
};
use hyper::StatusCode;
use tokio::task::JoinSet;

/// Often enough for an answer, however little time the machine has.
const TRIES: usize = 100;

fn request(coupon: &str, consumer: &str) -> Request {
    Told::of(coupon).request(&Wish {
        consumer: consumer.to_owned(),
        key: None,
        has_asked: false,
    })
}

/// Half of them ask for one first, half for the other, and all for both at the same time.
async fn one_per_consumer_whichever_node_decides(make: Make) {
    const CONSUMERS: usize = 300;
    /// Whoever issues locks the event first, so nobody can be in anybody's way.
    const STORM: u64 = 5;
    let stack = Arc::new(Production::start(make, NODES).await);
    let cluster = Cluster::start(NODES, stack.clone(), &[]).await;
    let mut shop = Shop::through(cluster.client(0)).await;
    let cap = u32::try_from(CONSUMERS).unwrap();
    let coupons = [shop.issue_coupon(cap).await, shop.issue_coupon(cap).await];
    let mut asking = JoinSet::new();
    for number in 0..CONSUMERS {
        let [mut here, mut there] =
            [number, number + 1].map(|node| Asking::at(&cluster, node % NODES));
        let [one, other] =
            [0, 1].map(|nth| request(&coupons[(number + nth) % 2], &format!("consumer-{number}")));
        asking.spawn(async move {
            let (one, other) = tokio::join!(here.ask(&one, TRIES), there.ask(&other, TRIES));
            let answers = [one.unwrap(), other.unwrap()];
            for answer in &answers {
                let has_one = answer.code() == "SINGLE_COUPON_AVAILABLE_PER_EVENT";
                assert!(
                    answer.status == StatusCode::CREATED || has_one,
                    "{answer:?}"
                );
            }
            answers.map(|answer| answer.text("issuedCouponId"))
        });
    }
    for [one, other] in asking.join_all().await {
        assert_eq!(one, other, "two copies of one event");
    }
    let deadlocks = stack.counted().await.deadlocks;
    assert!(deadlocks <= STORM, "{deadlocks} deadlocks");
    let ledger = cluster.ledger().await;
    let ids = coupons.map(|coupon| coupon.parse().unwrap());
    let mut issued = 0;
    for id in ids {
        issued += ledger.audit(id).await.unwrap().unwrap().rows.issued;
    }
    assert_eq!(issued, u64::from(cap));
    let seen_above: [firstcome_tests::Acknowledged; 0] = [];
    assert_exact(&*ledger, &ids, seen_above).await;
}

/// While somebody holds the lock of one event, with a crowd behind it at every node, all others go on.
async fn unrelated_events_do_not_wait_for_each_other(make: Make) {
    const CROWD: usize = 200;
    let stack = Arc::new(Production::start(make, NODES).await);
    let cluster = Cluster::start(NODES, stack.clone(), &[]).await;
    let mut busy = Shop::through(cluster.client(0)).await;
    let mut quiet = Shop::through(cluster.client(0)).await;
    let many = u32::try_from(CROWD).unwrap();
    let [stuck, free] = [
        busy.issue_coupon(many).await,
        quiet.issue_coupon(many).await,
    ];
    let lock = stack.locked(busy.event().parse().unwrap()).await;
    let mut waiting = JoinSet::new();
    for number in 0..CROWD {
        let mut asking = Asking::at(&cluster, number % NODES);
        let request = request(&stuck, &format!("stuck-{number}"));
        waiting.spawn(async move { asking.ask(&request, TRIES).await.unwrap() });
    }
    for number in 0..NODES {
        let request = request(&free, &format!("free-{number}"));
        let answer = Asking::at(&cluster, number)
            .ask_node(number, &request)
            .await;
        assert_eq!(answer.unwrap().status, StatusCode::CREATED);
    }
    assert!(
        waiting.try_join_next().is_none(),
        "nobody waited: nothing was tested"
    );
    drop(lock);
    let mut issued = waiting.join_all().await;
    issued.retain(|answer| {
        // Its first try may have been done.
        answer.status == StatusCode::CREATED || !answer.text("issuedCouponId").is_empty()
    });
    assert_eq!(issued.len(), CROWD);
    busy.assert_exact(&stuck).await;
    quiet.assert_exact(&free).await;
}

macro_rules! on {
    ($module:ident, $make:expr, $ignored:meta) => {
        mod $module {
            use super::*;

            #[$ignored]
            #[cfg_attr(without_redis, ignore = "needs Redis")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn one_per_consumer_whichever_node_decides() {
                super::one_per_consumer_whichever_node_decides($make).await;
            }

            #[$ignored]
            #[cfg_attr(without_redis, ignore = "needs Redis")]
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn unrelated_events_do_not_wait_for_each_other() {
                super::unrelated_events_do_not_wait_for_each_other($make).await;
            }
        }
    };
}

on!(
    mariadb,
    Make::MariaDb,
    cfg_attr(without_mariadb, ignore = "needs MariaDB")
);
on!(
    mysql,
    Make::MySql,
    cfg_attr(without_mysql, ignore = "needs MySQL")
);
