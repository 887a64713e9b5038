//! Several nodes of the built binary on one stack, and what goes wrong with them.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Instant};

use tokio::{
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use super::{Counted, Fault, Kind, Stack, Step, node::Node};
use crate::{
    Store,
    over_http::{Client, ServerBuilder},
};

/// See the module's header.
pub struct Cluster {
    builder: ServerBuilder,
    nodes: Vec<Node>,
    stack: Arc<dyn Stack>,
}

impl Cluster {
    /// So many nodes, started at once, with these settings besides the stack's.
    pub async fn start(
        nodes: usize,
        stack: Arc<dyn Stack>,
        settings: &[(&str, String)],
    ) -> Arc<Self> {
        let builder = ServerBuilder::default().with("log", "warn");
        let mut starting = JoinSet::new();
        for node in 0..nodes {
            let of_stack = stack.settings(node);
            let settings = of_stack.iter().chain(settings);
            starting.spawn(Node::start(
                settings.fold(builder.clone(), |builder, (setting, value)| {
                    builder.with(setting, value)
                }),
            ));
        }
        Arc::new(Self {
            nodes: starting.join_all().await,
            builder,
            stack,
        })
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// A cluster has nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Where a node listens, or listened last.
    pub fn address(&self, node: usize) -> SocketAddr {
        self.nodes[node].address()
    }

    /// A client of one node, as long as that lives.
    pub fn client(&self, node: usize) -> Client {
        Client::new(self.address(node))
    }

    /// All that can go wrong here.
    pub fn kinds(&self) -> Vec<Kind> {
        let of_stack = self.stack.kinds();
        Kind::OF_NODES.into_iter().chain(of_stack).collect()
    }

    /// Has everything go wrong that the step says; the moment at which the last was over.
    pub async fn suffer(self: &Arc<Self>, step: &Step) -> Instant {
        let mut suffering = JoinSet::new();
        for fault in step.faults.clone() {
            let cluster = Arc::clone(self);
            suffering.spawn(async move { cluster.suffer_one(fault).await });
        }
        let ended = suffering.join_all().await.into_iter().max();
        ended.unwrap_or_else(Instant::now)
    }

    async fn suffer_one(&self, fault: Fault) -> Instant {
        sleep(fault.after).await;
        match (fault.kind, fault.node) {
            (Kind::NodeKilled, Some(node)) => return self.nodes[node].die(fault.lasts).await,
            (Kind::NodeStopped, Some(node)) => self.nodes[node].stand_still(fault.lasts).await,
            _ => self.stack.suffer(fault).await,
        }
        Instant::now()
    }

    /// The store, past every wire.
    pub async fn ledger(&self) -> Arc<dyn Store> {
        self.stack.ledger(self.folder()).await
    }

    /// What the stack has counted.
    pub async fn counted(&self) -> Counted {
        self.stack.counted().await
    }

    /// Every node that was not killed by a fault still runs.
    ///
    /// # Panics
    /// If one does not.
    pub fn assert_alive(&self) {
        for node in &self.nodes {
            node.assert_alive();
        }
    }

    /// The program's own audit finds all exact.
    ///
    /// # Panics
    /// If it does not.
    pub async fn assert_audited(self: &Arc<Self>) {
        let cluster = Arc::clone(self);
        // It comes over wires that this runtime carries: no thread of it may wait meanwhile.
        let audited = spawn_blocking(move || cluster.nodes[0].assert_audited());
        audited.await.unwrap();
    }

    fn folder(&self) -> &Path {
        self.builder.folder()
    }
}
