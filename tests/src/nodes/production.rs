//! What production stands on: a database server and Redis, which die, over wires of each node's own.

use std::{net::SocketAddr, path::Path, sync::Arc};

use adapter_mysql::{MysqlConfig, MysqlStore};
use async_trait::async_trait;
use domain::EventId;
use sqlx::{ConnectOptions, Connection, MySqlConnection, mysql::MySqlConnectOptions};
use tokio::{
    sync::Mutex,
    task::spawn_blocking,
    time::{Duration, sleep},
};

use super::{Counted, Fault, Kind, Proxy, Stack, Trouble};
use crate::{
    Store,
    over_http::ServerBuilder,
    servers::{Database, Dump, Make, Redis, SqlServer, User},
};

/// How late everything comes over a slow wire.
const LATE: Duration = Duration::from_secs(2);

/// See the module's header.
pub struct Production {
    server: Arc<SqlServer>,
    database: Database,
    to_database: Vec<Proxy>,
    /// Deadlocks that servers have counted before they died. Whoever kills one has this.
    counted: Mutex<u64>,
    gate: Option<Gate>,
}

struct Gate {
    redis: Arc<Redis>,
    to_redis: Vec<Proxy>,
    /// What Redis had when it was first asked for. Whoever kills Redis has this.
    old: Mutex<Option<Dump>>,
}

impl Production {
    /// Servers of its own, and wires for so many nodes.
    pub async fn start(make: Make, nodes: usize) -> Self {
        let redis = spawn_blocking(Redis::start).await.unwrap();
        let gate = Gate {
            to_redis: wires(nodes, redis.address()).await,
            redis: Arc::new(redis),
            old: Mutex::default(),
        };
        let mut production = Self::without_gate(make, nodes).await;
        production.gate = Some(gate);
        production
    }

    /// The same without Redis.
    pub async fn without_gate(make: Make, nodes: usize) -> Self {
        let server = spawn_blocking(move || SqlServer::durable(make))
            .await
            .unwrap();
        let database = server.database().await;
        let migrator = database.url(User::Migrator);
        let migrated = spawn_blocking(move || {
            let builder = ServerBuilder::default().with("store", migrator);
            builder.run(&["migrate"])
        });
        let migrated = migrated.await.unwrap();
        assert!(migrated.status.success(), "{migrated:?}");
        Self {
            to_database: wires(nodes, server.address()).await,
            server: Arc::new(server),
            database,
            counted: Mutex::default(),
            gate: None,
        }
    }

    /// Locks the event, as whoever issues its copies does, until the connection is dropped.
    pub async fn locked(&self, event: EventId) -> MySqlConnection {
        let mut root = self.root().await;
        let lock = "SELECT 1 FROM events WHERE id = ? FOR UPDATE";
        // MySQL does not prepare a BEGIN.
        sqlx::raw_sql("BEGIN").execute(&mut root).await.unwrap();
        let locked = sqlx::query(lock).bind(&event.as_bytes()[..]);
        locked.fetch_one(&mut root).await.unwrap();
        root
    }

    async fn root(&self) -> MySqlConnection {
        let root: MySqlConnectOptions = self.database.root_url().parse().unwrap();
        root.connect().await.unwrap()
    }

    async fn kill_database(&self, down: Duration) {
        let mut counted = self.counted.lock().await;
        *counted += self.deadlocks().await;
        let server = Arc::clone(&self.server);
        spawn_blocking(move || server.kill()).await.unwrap();
        sleep(down).await;
        let server = Arc::clone(&self.server);
        spawn_blocking(move || server.restart()).await.unwrap();
    }

    /// Those of the server that runs.
    async fn deadlocks(&self) -> u64 {
        const COUNT: &str = "SELECT CAST(`COUNT` AS UNSIGNED) FROM information_schema.INNODB_METRICS \
                             WHERE NAME = 'lock_deadlocks'";
        let mut root = self.root().await;
        let count = sqlx::query_scalar(COUNT).fetch_one(&mut root).await;
        // MySQL may have hung up before the goodbye is over.
        let _closed_by_either = root.close().await;
        count.unwrap()
    }

    fn gate(&self) -> &Gate {
        self.gate.as_ref().unwrap()
    }
}

impl Gate {
    async fn kill(&self, down: Duration) {
        let _alone = self.old.lock().await;
        let redis = Arc::clone(&self.redis);
        spawn_blocking(move || redis.kill()).await.unwrap();
        sleep(down).await;
        let redis = Arc::clone(&self.redis);
        spawn_blocking(move || redis.restart()).await.unwrap();
    }

    async fn restore(&self, old: Duration) {
        let mut dump = self.old.lock().await;
        let redis = Arc::clone(&self.redis);
        let had = match dump.take() {
            Some(had) => had,
            None => spawn_blocking(move || redis.dump()).await.unwrap(),
        };
        sleep(old).await;
        let redis = Arc::clone(&self.redis);
        let restored = spawn_blocking(move || {
            redis.kill();
            redis.restart_from(&had);
            had
        });
        *dump = Some(restored.await.unwrap());
    }

    async fn flush(&self) {
        let _alone = self.old.lock().await;
        let redis = Arc::clone(&self.redis);
        spawn_blocking(move || redis.flushall()).await.unwrap();
    }
}

#[async_trait]
impl Stack for Production {
    fn settings(&self, node: usize) -> Vec<(&'static str, String)> {
        let port = |of: SocketAddr| format!("127.0.0.1:{}", of.port());
        let store = self.database.url(User::Application).replace(
            &port(self.server.address()),
            &port(self.to_database[node].address()),
        );
        let gate = self.gate.as_ref();
        let gate = gate.map(|gate| format!("redis://{}", gate.to_redis[node].address()));
        let gate = gate.map(|gate| ("gate", gate));
        [("store", store)].into_iter().chain(gate).collect()
    }

    fn kinds(&self) -> Vec<Kind> {
        let of_gate = self.gate.iter().flat_map(|_| Kind::OF_GATE);
        let all = Kind::OF_DATABASE.into_iter().chain(of_gate);
        // What is said to MySQL is encrypted; no wire tells a COMMIT from anything else.
        let is_read = self.server.make() == Make::MariaDb;
        all.filter(|kind| is_read || *kind != Kind::CommitsLost)
            .collect()
    }

    async fn suffer(&self, fault: Fault) {
        let lasts = fault.lasts;
        let (wires, trouble) = match fault.kind {
            Kind::DatabaseKilled => return self.kill_database(lasts).await,
            Kind::GateKilled => return self.gate().kill(lasts).await,
            Kind::GateRestored => return self.gate().restore(lasts).await,
            Kind::GateFlushed => return self.gate().flush().await,
            Kind::DatabaseCut => (&self.to_database, Trouble::Cut),
            Kind::DatabaseSlow => (&self.to_database, Trouble::LateReplies(LATE)),
            Kind::DatabaseLate => (&self.to_database, Trouble::LateRequests(LATE)),
            Kind::DatabaseSilent => (&self.to_database, Trouble::NoReplies),
            Kind::CommitsLost => (&self.to_database, Trouble::NoCommits),
            Kind::GateCut => (&self.gate().to_redis, Trouble::Cut),
            Kind::GateSlow => (&self.gate().to_redis, Trouble::LateReplies(LATE)),
            Kind::GateLate => (&self.gate().to_redis, Trouble::LateRequests(LATE)),
            Kind::GateSilent => (&self.gate().to_redis, Trouble::NoReplies),
            Kind::NodeKilled | Kind::NodeStopped => panic!("{fault:?} befalls no server"),
        };
        let wires = match fault.node {
            Some(node) => &wires[node..=node],
            None => &wires[..],
        };
        for wire in wires {
            wire.suffer(trouble);
        }
        sleep(lasts).await;
        for wire in wires {
            wire.heal();
        }
    }

    async fn ledger(&self, _folder: &Path) -> Arc<dyn Store> {
        let config = MysqlConfig::at(&self.database.root_url()).unwrap();
        Arc::new(MysqlStore::open(&config).await.unwrap())
    }

    async fn counted(&self) -> Counted {
        let counted = self.counted.lock().await;
        Counted {
            deadlocks: *counted + self.deadlocks().await,
            commits_lost: self.to_database.iter().map(Proxy::commits_lost).sum(),
        }
    }
}

async fn wires(nodes: usize, to: SocketAddr) -> Vec<Proxy> {
    let mut wires = Vec::new();
    for _ in 0..nodes {
        wires.push(Proxy::to(to).await);
    }
    wires
}
