//! What servers are started on by tests that don't say it. In most test processes that is an SQLite
//! file; a process may be told another, so that the same tests run on every composition.

use std::{env::var, sync::Arc};

use tokio::runtime::Runtime;

use crate::servers::{Ledger, Make, Redis, RedisCluster, SqlServer, User};

/// The environment variable that tells a test process which.
pub const COMPOSITION: &str = "FC_COMPOSITION";

/// A store, and what stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composition {
    /// A file.
    Sqlite,
    /// MariaDB alone.
    MariaDb,
    /// MariaDB behind a Redis Cluster.
    MariaDbBehindCluster,
    /// MySQL behind one Redis.
    MySqlBehindRedis,
}

use Composition::{MariaDb, MariaDbBehindCluster, MySqlBehindRedis, Sqlite};

impl Composition {
    /// As it stands in the variable.
    pub const fn name(self) -> &'static str {
        match self {
            Sqlite => "sqlite",
            MariaDb => "mariadb",
            MariaDbBehindCluster => "mariadb-behind-cluster",
            MySqlBehindRedis => "mysql-behind-redis",
        }
    }

    /// This process's.
    ///
    /// # Panics
    /// When the variable says what there is not.
    pub fn of_this_process() -> Self {
        let told = var(COMPOSITION).unwrap_or_else(|_unset| Sqlite.name().to_owned());
        [Sqlite, MariaDb, MariaDbBehindCluster, MySqlBehindRedis]
            .into_iter()
            .find(|composition| composition.name() == told)
            .unwrap_or_else(|| panic!("{COMPOSITION}={told}"))
    }

    /// The settings of servers that share a new store of this kind, and what must outlive them.
    pub(super) fn settings(self) -> (Vec<(String, String)>, Option<Arc<Ledger>>) {
        let (make, gate) = match self {
            Sqlite => return (Vec::new(), None),
            MariaDb => (Make::MariaDb, None),
            MariaDbBehindCluster => {
                let url = RedisCluster::shared().url();
                let gate = url.replace("redis://", "redis+cluster://");
                (Make::MariaDb, Some(gate))
            }
            MySqlBehindRedis => (Make::MySql, Some(Redis::shared().url())),
        };
        let ledger = lent(make);
        let store = ("store", ledger.socket_url(User::Application));
        let settings = [store].into_iter().chain(gate.map(|gate| ("gate", gate)));
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        (settings.collect(), Some(Arc::new(ledger)))
    }
}

/// Tests ask for it in their own runtime, where nothing may block.
fn lent(make: Make) -> Ledger {
    let lent = move || {
        Runtime::new()
            .unwrap()
            .block_on(SqlServer::shared(make).ledger())
    };
    std::thread::spawn(lent).join().unwrap()
}
