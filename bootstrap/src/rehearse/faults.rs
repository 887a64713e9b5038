//! What is done to the nodes while the storm rages, and when. The seed decides both, in coupons gone
//! and consumers served rather than in seconds, so that a seed strikes at the same point on any machine.

use std::{sync::Arc, time::Duration};

use redis::AsyncConnectionConfig;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    RehearsalError,
    chance::Chance,
    driver::Storm,
    nodes::Nodes,
    plan::{Fault, Plan, Shop},
};

/// How closely the storm is watched for the moment of a strike.
const WATCH: Duration = Duration::from_millis(5);

/// How long a gate may take to forget everything.
const FLUSHING: Duration = Duration::from_secs(5);

/// When it strikes, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// Of the coupons are gone.
    Coupons(u64),
    /// Of the consumers know.
    Consumers(u64),
}

/// See the module's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Strike {
    moment: Moment,
    fault: Fault,
    node: usize,
    /// How long a pause is: around the lease that others take over after.
    pause: Duration,
}

/// Each fault twice: once while there are coupons left, and once at any time.
pub(super) fn strikes(faults: &[Fault], seed: u64, nodes: usize) -> Vec<Strike> {
    let mut chance = Chance::from_seed(seed);
    let nodes = u64::try_from(nodes).unwrap_or(1);
    let mut strike = |moment: fn(u64) -> Moment, fault| Strike {
        moment: moment(chance.below(800).saturating_add(100)),
        fault,
        node: usize::try_from(chance.below(nodes)).unwrap_or(0),
        pause: Duration::from_millis(chance.below(6_000).saturating_add(2_000)),
    };
    let each = faults.iter().flat_map(|fault| {
        [
            strike(Moment::Coupons, *fault),
            strike(Moment::Consumers, *fault),
        ]
    });
    each.collect()
}

impl Moment {
    fn has_come(self, (taken, coupons): (u64, u64), (know, consumers): (u64, u64)) -> bool {
        let reached = |part: u64, whole: u64, permille: u64| {
            part.saturating_mul(1_000) >= whole.saturating_mul(permille)
        };
        match self {
            Self::Coupons(permille) => reached(taken, coupons, permille),
            Self::Consumers(permille) => reached(know, consumers, permille),
        }
    }
}

/// Strikes until all has struck or the storm is over; by then every node runs again.
pub(super) async fn strike(
    plan: Plan,
    nodes: Arc<Nodes>,
    storm: Arc<Storm>,
    over: CancellationToken,
) -> Result<(), RehearsalError> {
    let struck = strike_all(&plan, nodes, &storm, over).await;
    if struck.is_err() {
        storm.stop.cancel();
    }
    struck
}

async fn strike_all(
    plan: &Plan,
    nodes: Arc<Nodes>,
    storm: &Storm,
    over: CancellationToken,
) -> Result<(), RehearsalError> {
    let timeline = &storm.timeline;
    let Shop::Own {
        nodes: count, gate, ..
    } = &plan.shop
    else {
        return Ok(());
    };
    let mut pending = strikes(&plan.faults, plan.seed, *count);
    let coupons = u64::from(plan.coupons.get().min(plan.consumers));
    let mut pauses = JoinSet::new();
    let mut watch = interval(WATCH);
    while !pending.is_empty() && over.run_until_cancelled(watch.tick()).await.is_some() {
        let taken = (timeline.taken(), coupons);
        let know = (storm.tally.consumers(), u64::from(plan.consumers));
        let (come, later) = pending
            .into_iter()
            .partition::<Vec<_>, _>(|strike| strike.moment.has_come(taken, know));
        pending = later;
        for Strike {
            fault, node, pause, ..
        } in come
        {
            let who = node.saturating_add(1);
            match fault {
                Fault::Kill => {
                    timeline.mark(format!("kill -9 node {who}"));
                    let nodes = Arc::clone(&nodes);
                    let killed = spawn_blocking(move || nodes.kill(node)).await;
                    killed.unwrap_or(Ok(()))?;
                    timeline.mark(format!("node {who} is back"));
                }
                Fault::Pause => {
                    timeline.mark(format!("SIGSTOP node {who} for {} ms", pause.as_millis()));
                    nodes.pause(node)?;
                    let (nodes, timeline) = (Arc::clone(&nodes), Arc::clone(timeline));
                    pauses.spawn(async move {
                        sleep(pause).await;
                        timeline.mark(format!("SIGCONT node {who}"));
                        nodes.go_on(node)
                    });
                }
                Fault::Flush => {
                    timeline.mark("FLUSHALL of the gate".to_owned());
                    flush(gate).await?;
                }
            }
        }
    }
    while let Some(went_on) = pauses.join_next().await {
        went_on.unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// Empties every server that the gate's setting names.
async fn flush(gate: &str) -> Result<(), RehearsalError> {
    let (_, hosts) = gate.split_once("://").unwrap_or(("", gate));
    for host in hosts.split(',') {
        let flushed = async {
            let client = redis::Client::open(format!("redis://{host}"))?;
            // The client's own patience of half a second is less than a full gate takes under a storm.
            let patient = AsyncConnectionConfig::new()
                .set_connection_timeout(None)
                .set_response_timeout(None);
            let mut connection = client
                .get_multiplexed_async_connection_with_config(&patient)
                .await?;
            redis::cmd("FLUSHALL")
                .query_async::<()>(&mut connection)
                .await
        };
        match timeout(FLUSHING, flushed).await {
            Ok(flushed) => flushed?,
            Err(_) => return Err(RehearsalError::GateSilent),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Fault; 3] = [Fault::Kill, Fault::Pause, Fault::Flush];

    #[test]
    fn a_seed_strikes_the_same_nodes_at_the_same_moments_and_another_does_not() {
        assert_eq!(strikes(&ALL, 7, 3), strikes(&ALL, 7, 3));
        assert_ne!(strikes(&ALL, 7, 3), strikes(&ALL, 8, 3));
    }

    #[test]
    fn each_fault_strikes_while_coupons_are_left_and_once_more() {
        for seed in 0..200 {
            let strikes = strikes(&ALL, seed, 3);
            assert_eq!(strikes.len(), 6);
            for (strike, fault) in strikes.iter().zip(ALL.iter().flat_map(|f| [f, f])) {
                assert_eq!(strike.fault, *fault);
                assert!(strike.node < 3);
                let (Moment::Coupons(at) | Moment::Consumers(at)) = strike.moment;
                assert!((100..900).contains(&at), "{at}");
            }
            let early = |strike: &&Strike| matches!(strike.moment, Moment::Coupons(_));
            assert_eq!(strikes.iter().filter(early).count(), 3);
        }
    }

    #[test]
    fn a_moment_has_come_when_its_part_is_reached() {
        let quarter = Moment::Coupons(250);
        assert!(!quarter.has_come((249, 1_000), (9, 9)));
        assert!(quarter.has_come((250, 1_000), (0, 9)));
        assert!(Moment::Consumers(500).has_come((0, 9), (5, 10)));
        assert!(!Moment::Consumers(500).has_come((9, 9), (4, 10)));
    }
}
