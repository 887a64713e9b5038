//! A ledger under test, and the server's own view of it.

use std::sync::Arc;

use adapter_memory::ManualClock;
use adapter_mysql::{MysqlConfig, MysqlStore};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use uuid::Uuid;

use crate::given::START;
use crate::servers::{Ledger, SqlServer};
use crate::{Fixture, until};

pub(super) struct Ground {
    pub(super) store: MysqlStore,
    pub(super) fixture: Arc<Fixture>,
    /// Last: the next test may have it.
    pub(super) ledger: Ledger,
}

impl Ground {
    pub(super) async fn on(server: &SqlServer) -> Self {
        Self::with(server, |_, config| config).await
    }

    /// With another configuration than the usual.
    pub(super) async fn with(
        server: &SqlServer,
        change: impl FnOnce(&Ledger, MysqlConfig) -> MysqlConfig,
    ) -> Self {
        let ledger = server.ledger().await;
        let config = change(&ledger, ledger.config());
        let clock = Arc::new(ManualClock::new(START));
        let store = MysqlStore::open_with_clock(&config, clock.clone());
        let store = store.await.unwrap();
        Self {
            fixture: Arc::new(Fixture::of_mysql(store.clone(), clock, ())),
            store,
            ledger,
        }
    }

    /// Another node on the same ledger and clock.
    pub(super) async fn another_node(&self) -> Arc<Fixture> {
        let clock = self.fixture.clock.clone();
        let config = self.ledger.config();
        let store = MysqlStore::open_with_clock(&config, clock.clone());
        Arc::new(Fixture::of_mysql(store.await.unwrap(), clock, ()))
    }

    pub(super) async fn root(&self) -> MySqlConnection {
        connect(&self.ledger.root_url()).await
    }

    /// How many rows the statement counts.
    pub(super) async fn count(&self, statement: &str) -> i64 {
        let count = sqlx::query_scalar(AssertSqlSafe(statement.to_owned()));
        count.fetch_one(&mut self.root().await).await.unwrap()
    }

    /// A transaction of somebody else's.
    pub(super) async fn stranger(&self) -> Stranger {
        let mut stranger = Stranger(self.root().await);
        stranger.does("BEGIN").await;
        stranger
    }

    /// The application's connections that are locking a coupon or products at this moment, and for how
    /// many seconds.
    /// (What information_schema says of InnoDB's locks is not renewed while it is asked often.)
    pub(super) async fn waiting(&self) -> Vec<(u64, i64)> {
        let connected = self.ledger.connected().await.into_iter();
        connected
            .filter(|connected| connected.is_application)
            .filter(|connected| {
                let is_of = |table| connected.statement.contains(table);
                is_of(" FROM coupons c ") || is_of(" FROM products p ")
            })
            .filter(|connected| connected.statement.ends_with(" FOR UPDATE"))
            .map(|connected| (connected.id, connected.seconds))
            .collect()
    }

    /// Returns when so many connections wait for a coupon or products; which.
    pub(super) async fn until_waiting(&self, number: usize) -> Vec<u64> {
        let mut before = Vec::new();
        until("as many that wait for a row", async || {
            let waiting = self.waiting().await;
            let ids: Vec<_> = waiting.into_iter().map(|(id, _)| id).collect();
            // Seen twice: it is not only on its way.
            let waits = ids.len() == number && ids == before;
            before.clone_from(&ids);
            waits.then_some(ids)
        })
        .await
    }

    /// The application's connections.
    pub(super) async fn connections(&self) -> Vec<u64> {
        let connected = self.ledger.connected().await.into_iter();
        connected
            .filter(|connected| connected.is_application)
            .map(|connected| connected.id)
            .collect()
    }

    /// Ends connections, whatever they are at.
    pub(super) async fn kill(&self, connections: &[u64]) {
        for id in connections {
            self.ledger.as_root(format!("KILL {id}")).await.unwrap();
        }
    }
}

pub(super) async fn connect(url: &str) -> MySqlConnection {
    MySqlConnection::connect(url).await.unwrap()
}

/// Somebody in the middle of a transaction.
pub(super) struct Stranger(MySqlConnection);

impl Stranger {
    pub(super) async fn does(&mut self, statement: &str) {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        done.execute(&mut self.0).await.unwrap();
    }

    /// Writes so much that it is the other one of a deadlock that the server undoes.
    pub(super) async fn writes_much(&mut self) {
        for number in 0..50 {
            let row = format!("INSERT INTO leases VALUES ('{number}', x'{:032}', 1, 0)", 0);
            self.does(&row).await;
        }
    }

    /// Locks a row.
    pub(super) async fn locks(&mut self, table: &str, id: &Uuid) {
        let id = id.simple();
        let lock = format!("SELECT id FROM {table} WHERE id = x'{id}' FOR UPDATE");
        self.does(&lock).await;
    }

    pub(super) async fn ends(mut self) {
        self.does("COMMIT").await;
    }
}

/// The server's number of an error.
///
/// # Panics
/// When it is not the server's.
pub(super) fn number(error: &sqlx::Error) -> u16 {
    let error = error.as_database_error().unwrap();
    error.downcast_ref::<MySqlDatabaseError>().number()
}
