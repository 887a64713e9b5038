//! The way to Redis. A call is answered in time or fails; once Redis is known to be away it fails at
//! once. Must never queue calls for a Redis that is away, and a caller that goes away must leave
//! nothing behind.

use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, Value};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::breaker::Breaker;
use crate::config::RedisConfig;
use crate::error::CallError;
use crate::script::{Invocation, is_unknown_script};
use crate::slot::part_of;

/// How long an attempt to connect may take, as a whole.
const CONNECTING: Duration = Duration::from_secs(1);
/// And to one node of a cluster: one that hangs must leave time for the others, and may be tried twice.
const CONNECTING_TO_NODE: Duration = Duration::from_millis(300);

/// The way to Redis. Clones share it.
#[derive(Clone)]
pub struct RedisConnection(Arc<Shared>);

struct Shared {
    servers: Servers,
    patience: Duration,
    breaker: Breaker<Live>,
}

enum Servers {
    One(Box<Client>),
    Cluster(Box<ClusterClient>),
}

#[derive(Clone)]
enum Live {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl RedisConnection {
    /// Connects. Where Redis is away it is returned all the same, and used once it is there.
    ///
    /// # Errors
    /// The addresses can't be those of one cluster.
    pub async fn open(config: &RedisConfig) -> Result<Self, RedisError> {
        let shared = Arc::new(Shared {
            servers: Servers::at(config)?,
            patience: config.patience,
            breaker: Breaker::new(),
        });
        if shared.reconnect().await {
            tokio::spawn(keep_reconnecting(Arc::downgrade(&shared)));
        }
        Ok(Self(shared))
    }

    /// What a script answers.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        invocation: &Invocation<'_>,
    ) -> Result<T, CallError> {
        let Shared {
            breaker, patience, ..
        } = &*self.0;
        let part = self.0.servers.part_of(invocation.key());
        let (mut live, number) = breaker.pass(part)?;
        let asked = timeout(*patience, ask(&mut live, invocation)).await;
        let answer = asked
            .unwrap_or(Err(CallError::Late(*patience)))
            .and_then(|value| Ok(redis::from_redis_value(value).map_err(RedisError::from)?));
        match &answer {
            Err(error) if error.is_away() => {
                if breaker.failed(part, number, invocation.key(), error.clone()) {
                    tokio::spawn(keep_reconnecting(Arc::downgrade(&self.0)));
                }
            }
            _ => breaker.answered(number),
        }
        answer
    }
}

/// By its hash, and by its text where that is not known.
async fn ask(live: &mut Live, invocation: &Invocation<'_>) -> Result<Value, CallError> {
    match live.ask(invocation.by_hash()).await {
        Err(error) if is_unknown_script(&error) => Ok(live.ask(&invocation.by_text()).await?),
        answer => Ok(answer?),
    }
}

/// Until Redis answers again, or nobody asks any more.
async fn keep_reconnecting(shared: Weak<Shared>) {
    while let Some(pause) = shared.upgrade().map(|shared| shared.breaker.pause()) {
        sleep(pause).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        if !shared.reconnect().await {
            return;
        }
    }
}

impl Shared {
    /// One attempt; true when another is needed.
    async fn reconnect(self: &Arc<Self>) -> bool {
        let attempt = Arc::clone(self).attempt();
        // In a task of its own: whatever becomes of it, there is a next one.
        match tokio::spawn(timeout(CONNECTING, attempt)).await {
            Ok(Ok(Ok((live, answered)))) => return self.breaker.connected(live, &answered),
            Ok(Ok(Err(error))) => self.breaker.not_connected(error),
            Ok(Err(_elapsed)) => self.breaker.not_connected(CallError::Late(CONNECTING)),
            Err(_died) => self.breaker.not_connected(CallError::Died),
        }
        true
    }

    /// A new connection, and which of the parts that are away answer over it.
    async fn attempt(self: Arc<Self>) -> Result<(Live, Vec<u16>), CallError> {
        let live = self.servers.connect(self.patience).await?;
        let mut asked = JoinSet::new();
        for (part, key) in self.breaker.keys() {
            let (mut live, patience) = (live.clone(), self.patience);
            asked.spawn(async move {
                let mut exists = Cmd::new();
                exists.arg("EXISTS").arg(key);
                match timeout(patience, live.ask(&exists)).await {
                    Ok(answer) => answer.map(|_| part).map_err(CallError::from),
                    Err(_elapsed) => Err(CallError::Late(patience)),
                }
            });
        }
        let (mut answered, mut failed) = (Vec::new(), None);
        while let Some(answer) = asked.join_next().await {
            match answer.unwrap_or(Err(CallError::Died)) {
                Ok(part) => answered.push(part),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if answered.is_empty() => Err(error),
            _ => Ok((live, answered)),
        }
    }
}

impl Servers {
    fn at(config: &RedisConfig) -> Result<Self, RedisError> {
        // What is sent in several pieces must not wait for an acknowledgement of the first.
        let tcp = TcpSettings::default().set_nodelay(true);
        let mut hosts = config.hosts.clone();
        if let ([host], false) = (hosts.as_mut_slice(), config.is_cluster) {
            return Ok(Self::One(Box::new(Client::open(
                host.clone().set_tcp_settings(tcp),
            )?)));
        }
        let cluster = ClusterClientBuilder::new(hosts)
            .tcp_settings(tcp)
            .connection_timeout(CONNECTING_TO_NODE)
            .response_timeout(config.patience)
            // Enough to follow a slot that has moved.
            .retries(2)
            .min_retry_wait(1)
            .max_retry_wait(20);
        Ok(Self::Cluster(Box::new(cluster.build()?)))
    }

    async fn connect(&self, patience: Duration) -> Result<Live, RedisError> {
        match self {
            Self::One(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(CONNECTING))
                    .set_response_timeout(Some(patience));
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                Ok(Live::One(connection.await?))
            }
            Self::Cluster(client) => Ok(Live::Cluster(client.get_async_connection().await?)),
        }
    }

    /// What a key is taken for away with.
    fn part_of(&self, key: &str) -> u16 {
        match self {
            Self::One(_) => 0,
            Self::Cluster(_) => part_of(key),
        }
    }
}

impl Live {
    async fn ask(&mut self, command: &Cmd) -> Result<Value, RedisError> {
        let answer = match self {
            Self::One(connection) => connection.req_packed_command(command).await?,
            Self::Cluster(connection) => connection.req_packed_command(command).await?,
        };
        answer.extract_error()
    }
}
