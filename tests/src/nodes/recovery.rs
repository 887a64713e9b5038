//! How soon all is well again: when every node has said yes to somebody new.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{task::JoinSet, time::sleep};

use super::{Asking, Cluster, Told, Wish};
use crate::over_http::Shop;

/// A node that has not recovered by then never does.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);
/// So many are never asked for: nobody is refused, and each yes is the ledger's.
const ENDLESS: u32 = 1_000_000;

/// See the module's header.
pub(super) struct Probes {
    cluster: Arc<Cluster>,
    /// The coupon whose copies are asked for: in an event of its own.
    endless: Arc<Told>,
    sent: Mutex<usize>,
}

impl Probes {
    pub(super) async fn of(cluster: &Arc<Cluster>) -> Self {
        let mut shop = Shop::through(cluster.client(0)).await;
        let coupon = shop.issue_coupon(ENDLESS).await;
        Self {
            cluster: Arc::clone(cluster),
            endless: Arc::new(Told::of(&coupon)),
            sent: Mutex::default(),
        }
    }

    /// What those were told who asked for copies of the endless coupon.
    pub(super) fn endless(&self) -> &Arc<Told> {
        &self.endless
    }

    /// How many have come so far.
    pub(super) fn sent(&self) -> usize {
        *self.sent.lock()
    }

    /// How long after the end of what goes wrong it takes until every node has given somebody new a
    /// definite answer about this coupon, and a copy of the endless one.
    ///
    /// # Panics
    /// When one never does.
    pub(super) async fn recovery(
        &self,
        suffering: impl Future<Output = Instant>,
        first: Option<&Arc<Told>>,
    ) -> Duration {
        let ended = suffering.await;
        let mut probing = JoinSet::new();
        for node in 0..self.cluster.len() {
            let about: Vec<_> = first.into_iter().chain([&self.endless]).cloned().collect();
            let probe = probe(Asking::at(&self.cluster, node), node, self.next(), about);
            probing.spawn(probe);
        }
        let recovered = probing.join_all().await;
        let last = recovered.into_iter().max();
        last.map_or(Duration::ZERO, |last| last.saturating_duration_since(ended))
    }

    fn next(&self) -> Wish {
        let mut sent = self.sent.lock();
        *sent += 1;
        Wish {
            consumer: format!("probe-{sent}"),
            key: None,
            has_asked: false,
        }
    }
}

async fn probe(mut asking: Asking, node: usize, wish: Wish, about: Vec<Arc<Told>>) -> Instant {
    let begun = Instant::now();
    for told in about {
        let mut wish = wish.clone();
        loop {
            let answer = asking.ask_node(node, &told.request(&wish)).await;
            if let Some(answer) = answer {
                told.hear(wish, &answer);
                break;
            }
            wish.has_asked = true;
            assert!(begun.elapsed() < PATIENCE, "node {node} does not recover");
            sleep(PAUSE).await;
        }
    }
    Instant::now()
}
