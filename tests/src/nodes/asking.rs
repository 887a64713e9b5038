//! A client of several nodes: it asks one, and another when that gives no definite answer in time.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::Cluster;
use crate::over_http::{Answer, Client};

/// How long a client waits for an answer before it asks another node.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two tries: what a client keeps to that has been told "503".
const PAUSE: Duration = Duration::from_millis(50);

/// A request, the same however often it is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// How.
    pub method: Method,
    /// What.
    pub path: String,
    /// Who.
    pub token: String,
    /// Its idempotency key.
    pub key: Option<String>,
    /// Its body.
    pub body: Option<Value>,
}

/// See the module's header.
pub struct Asking {
    cluster: Arc<Cluster>,
    clients: Vec<(SocketAddr, Client)>,
    /// Whom it asks next.
    next: usize,
    /// How often there was no definite answer.
    pub unanswered: u64,
}

impl Asking {
    /// Asks this node first.
    pub fn at(cluster: &Arc<Cluster>, node: usize) -> Self {
        let client = |node| (cluster.address(node), cluster.client(node));
        Self {
            clients: (0..cluster.len()).map(client).collect(),
            cluster: Arc::clone(cluster),
            next: node,
            unanswered: 0,
        }
    }

    /// Asks up to so many times, each time another node. None when none of them was answered
    /// definitely.
    ///
    /// # Panics
    /// When a node answers 500.
    pub async fn ask(&mut self, request: &Request, tries: usize) -> Option<Answer> {
        for tried in 0..tries {
            if tried > 0 {
                sleep(PAUSE).await;
            }
            let node = self.next % self.cluster.len();
            self.next += 1;
            match self.ask_node(node, request).await {
                Some(answer) => return Some(answer),
                None => self.unanswered += 1,
            }
        }
        None
    }

    /// Asks this node, once.
    ///
    /// # Panics
    /// When it answers 500.
    pub async fn ask_node(&mut self, node: usize, request: &Request) -> Option<Answer> {
        let (known, client) = &mut self.clients[node];
        let address = self.cluster.address(node);
        if *known != address {
            (*known, *client) = (address, Client::new(address));
        }
        let key = request.key.as_deref().map(|key| ("idempotency-key", key));
        let asked = client.send(
            request.method.clone(),
            &request.path,
            Some(&request.token),
            key.as_slice(),
            request.body.as_ref(),
        );
        let answer = timeout(PATIENCE, asked).await.ok()?.ok()?;
        assert!(
            answer.status != StatusCode::INTERNAL_SERVER_ERROR,
            "{request:?} {answer:?}"
        );
        let again = match answer.code().as_str() {
            // The order has failed of this, and will always say so.
            "PAYMENT_UNAVAILABLE" => false,
            "IDEMPOTENCY_KEY_IN_USE" => true,
            _ => answer.status == StatusCode::SERVICE_UNAVAILABLE,
        };
        (!again).then_some(answer)
    }
}
