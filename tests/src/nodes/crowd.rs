//! Consumers who come one after the other, over many connections to all nodes.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{task::JoinSet, time::sleep_until};

use super::{Asking, Cluster};

/// How many ask at the same time.
const CONNECTIONS: usize = 96;

/// Lets all of them do `what`, evenly over this time if there are hands enough; how often there was no
/// definite answer.
pub(super) async fn come<W, F>(
    cluster: &Arc<Cluster>,
    all: Vec<W>,
    within: Duration,
    what: impl Fn(Asking, W) -> F + Clone + Send + 'static,
) -> u64
where
    W: Send + 'static,
    F: Future<Output = Asking> + Send,
{
    let (begun, count) = (Instant::now(), u32::try_from(all.len()).unwrap());
    let all: VecDeque<_> = (0..count).zip(all).collect();
    let all = Arc::new(Mutex::new(all));
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let (cluster, all, what) = (Arc::clone(cluster), Arc::clone(&all), what.clone());
        connections.spawn(async move {
            let mut asking = Asking::at(&cluster, connection);
            loop {
                let next = all.lock().pop_front();
                let Some((number, one)) = next else {
                    return asking.unanswered;
                };
                sleep_until((begun + within * number / count).into()).await;
                asking = what(asking, one).await;
            }
        });
    }
    connections.join_all().await.into_iter().sum()
}
