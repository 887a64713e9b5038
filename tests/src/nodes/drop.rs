//! A drop over several nodes while everything under them goes wrong, and what must hold of it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{CouponId, Page};
use hyper::{Method, StatusCode};

use super::{
    Asking, Cluster, NODES, Outcome, Plan, Request, Size, Stack, Step, Told, Wish, crowd,
    recovery::{PATIENCE, Probes},
};
use crate::{
    Store, assert_exact,
    over_http::{Shop, Tokens},
};

/// How often a consumer asks before it leaves, to come again at the end.
const TRIES: usize = 4;
/// A crowd comes over no less than this.
const LEAST: Duration = Duration::from_secs(1);
/// Holders who ask again after each step.
const HOLDERS: usize = 30;

struct Drop {
    cluster: Arc<Cluster>,
    size: Size,
    told: Arc<Told>,
    probes: Probes,
}

/// Runs what the seed says on this stack.
///
/// # Panics
/// When anything does not hold.
pub async fn run(stack: Arc<dyn Stack>, seed: u64, size: Size) -> Outcome {
    let cluster = Cluster::start(NODES, stack, &[]).await;
    let plan = Plan::drawn(seed, &cluster.kinds(), NODES, size);
    println!("{plan}");
    let drop = Drop::open(cluster, size).await;
    let mut outcome = Outcome::default();
    let mut come = 0;
    for step in &plan.steps {
        let wishes = Told::wishes(seed, come, step.crowd);
        come += step.crowd;
        let (recovery, unanswered) = drop.step(step, wishes).await;
        outcome.recoveries.push((step.name(), recovery));
        outcome.unanswered += unanswered;
        drop.assert_exact_now().await;
    }
    drop.settle().await;
    outcome.counted = drop.cluster.counted().await;
    outcome.assert_suffered();
    drop.assert_exact_at_last().await;
    outcome
}

impl Drop {
    async fn open(cluster: Arc<Cluster>, size: Size) -> Self {
        let mut shop = Shop::through(cluster.client(0)).await;
        let coupon = shop.issue_coupon(size.copies.try_into().unwrap()).await;
        Self {
            probes: Probes::of(&cluster).await,
            cluster,
            size,
            told: Arc::new(Told::of(&coupon)),
        }
    }

    /// One crowd, while things go wrong; how long it then took until every node had said yes, and how
    /// often there was no definite answer.
    async fn step(&self, step: &Step, wishes: Vec<Wish>) -> (Duration, u64) {
        let within = step.lasts().max(LEAST);
        let recovery = self
            .probes
            .recovery(self.cluster.suffer(step), Some(&self.told));
        let crowd = ask(&self.cluster, &self.told, wishes, within);
        let (recovery, unanswered) = tokio::join!(recovery, crowd);
        self.holders_ask_again().await;
        self.cluster.assert_alive();
        (recovery, unanswered)
    }

    /// Whoever has one is told so, whatever became of gates and memories.
    async fn holders_ask_again(&self) {
        for (number, wish) in self.told.some_holders(HOLDERS).into_iter().enumerate() {
            let mut asking = Asking::at(&self.cluster, number);
            self.told.ask(&mut asking, wish, TRIES).await;
        }
    }

    /// The coupon's audit, in the middle of it all.
    async fn assert_exact_now(&self) {
        for told in [&self.told, self.probes.endless()] {
            let audit = Request {
                method: Method::GET,
                path: format!("/v1/coupons/{}/audit", told.coupon()),
                token: Tokens::default().admin(),
                key: None,
                body: None,
            };
            let audit = Asking::at(&self.cluster, 0).ask(&audit, 100).await.unwrap();
            assert_eq!(audit.status, StatusCode::OK, "{audit:?}");
            let audit = audit.json();
            assert_eq!(audit["exact"], true, "{audit}");
            if Arc::ptr_eq(told, &self.told) {
                let (copies, refused) = told.counts();
                let issued = audit["rows"]["issued"].as_u64().unwrap();
                let issued = usize::try_from(issued).unwrap();
                assert!(copies <= issued && issued <= self.size.copies, "{audit}");
                assert!(
                    refused == 0 || issued == self.size.copies,
                    "undersold: {audit}"
                );
            }
        }
    }

    /// Everybody who has no answer asks until there is one.
    async fn settle(&self) {
        let begun = Instant::now();
        for told in [&self.told, self.probes.endless()] {
            loop {
                let wishes = told.take_undecided();
                if wishes.is_empty() {
                    break;
                }
                assert!(begun.elapsed() < PATIENCE, "{} wait for ever", wishes.len());
                ask(&self.cluster, told, wishes, Duration::ZERO).await;
            }
        }
    }

    /// Nothing oversold, nothing undersold; who was told of a copy has it, who was refused has none, and
    /// nobody has one without having been told.
    async fn assert_exact_at_last(&self) {
        let ledger = self.cluster.ledger().await;
        let (copies, refused) = self.told.counts();
        assert_eq!(copies + refused, self.size.consumers + self.probes.sent());
        assert_eq!(
            copies,
            self.size.copies.min(self.size.consumers),
            "undersold"
        );
        for told in [&self.told, self.probes.endless()] {
            let coupon = told.coupon();
            let holders = holders(&*ledger, coupon).await;
            assert_eq!(holders, told.copies());
            let has: HashSet<_> = holders.into_keys().collect();
            assert!(has.is_disjoint(&told.refused()));
            assert_exact(&*ledger, &[coupon], told.acknowledged()).await;
        }
        self.cluster.assert_audited().await;
    }
}

/// Lets them ask; how often there was no definite answer.
async fn ask(cluster: &Arc<Cluster>, told: &Arc<Told>, wishes: Vec<Wish>, within: Duration) -> u64 {
    let told = Arc::clone(told);
    crowd::come(cluster, wishes, within, move |mut asking, wish| {
        let told = Arc::clone(&told);
        async move {
            told.ask(&mut asking, wish, TRIES).await;
            asking
        }
    })
    .await
}

async fn holders(ledger: &dyn Store, coupon: CouponId) -> HashMap<String, String> {
    const PAGE: u32 = 1_000;
    let mut holders = HashMap::new();
    let mut after = None;
    loop {
        let page = Page { after, limit: PAGE };
        let more = ledger.holders(coupon, page).await.unwrap();
        let Some((last, _)) = more.last() else {
            return holders;
        };
        after = Some(*last);
        for (copy, consumer) in more {
            let second = holders.insert(consumer.to_string(), copy.to_string());
            assert_eq!(second, None, "{consumer} has two");
        }
    }
}
