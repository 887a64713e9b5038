//! A database with the ledger's schema, lent to one test after the other: its tables are slow to make
//! and quick to empty.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapter_mysql::{MysqlConfig, grants, migrate};
use parking_lot::Mutex;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use tokio::time::sleep;

use super::database::{Database, PASSWORD, User};
use super::sql_server::SqlServer;
use crate::patience::PATIENCE;

const PAUSE: Duration = Duration::from_millis(2);

/// Those of a server that nobody has at the moment.
pub(super) type Free = Arc<Mutex<Vec<Database>>>;

/// An empty ledger: a database with the schema that `firstcome migrate` makes, whose application user
/// may do what `firstcome migrate --grants` prints, and no more.
///
/// What its schema or its users are must not be changed: the next test has them too.
pub struct Ledger {
    /// There until it is given back.
    database: Option<Database>,
    free: Free,
}

impl Ledger {
    pub(super) async fn on(server: &SqlServer) -> Self {
        let free = server.free_ledgers();
        let left = free.lock().pop();
        let database = match left {
            Some(database) => {
                emptied(&database).await;
                database
            }
            None => migrated(server).await,
        };
        Self {
            database: Some(database),
            free,
        }
    }

    /// The application's way to it.
    pub fn config(&self) -> MysqlConfig {
        MysqlConfig::at(&self.socket_url(User::Application)).unwrap()
    }
}

impl Deref for Ledger {
    type Target = Database;

    fn deref(&self) -> &Database {
        self.database.as_ref().unwrap()
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.free.lock().extend(self.database.take());
    }
}

async fn migrated(server: &SqlServer) -> Database {
    let database = server.database().await;
    let application = database.user(User::Application);
    let taken = format!("REVOKE ALL PRIVILEGES, GRANT OPTION FROM {application}");
    database.as_root(taken).await.unwrap();
    let sql = grants(database.name())
        .replace("'firstcome_migrate'@", &quoted(&database, User::Migrator))
        .replace("'firstcome'@", &quoted(&database, User::Application))
        .replace("<password to migrate>", PASSWORD)
        .replace("<password to serve>", PASSWORD);
    let (before, after) = sql.split_once("-- For `firstcome serve`").unwrap();
    let migrator = MysqlConfig::at(&database.socket_url(User::Migrator)).unwrap();
    database.as_root(before.to_owned()).await.unwrap();
    migrate(&migrator).await.unwrap();
    database.as_root(format!("-- {after}")).await.unwrap();
    database
}

fn quoted(database: &Database, user: User) -> String {
    format!("'{}'@", database.user(user))
}

/// The test before may have left connections behind, in the middle of a transaction.
async fn emptied(database: &Database) {
    const TABLES: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables \
         WHERE table_schema = DATABASE() \
         AND table_name NOT IN ('_sqlx_migrations', 'epochs', 'gate_generation')";
    let begun = Instant::now();
    loop {
        let left = database.connected().await;
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "connections that do not end");
        for connection in left {
            let _gone_already = database.as_root(format!("KILL {}", connection.id)).await;
        }
        sleep(PAUSE).await;
    }
    let mut root = MySqlConnection::connect(&database.root_url())
        .await
        .unwrap();
    let tables: Vec<String> = sqlx::query_scalar(TABLES)
        .fetch_all(&mut root)
        .await
        .unwrap();
    let delete = |table: String| format!("DELETE FROM {table};");
    let mut statements: String = tables.into_iter().map(delete).collect();
    statements.push_str("UPDATE epochs SET last = 0");
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut root)
        .await
        .unwrap();
    let _gone = root.close().await;
}
