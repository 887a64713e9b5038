//! Ledgers without a server in front, and connections for statements by hand to where they are.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, sync::Arc};

use adapter_mysql::{MysqlConfig, MysqlStore};
use adapter_sqlite::{SqliteConfig, SqliteStore};
use firstcome::SystemClock;
use firstcome_tests::{
    over_http::ServerBuilder,
    servers::{Database, SqlServer, User},
};
use sqlx::{
    ConnectOptions,
    mysql::MySqlConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tempfile::TempDir;

use crate::{given::AnyLedger, limits::ByHand};

/// A new ledger in a file, with the durability that it always has.
pub async fn sqlite(folder: &TempDir) -> AnyLedger {
    let config = SqliteConfig::in_folder(folder.path());
    let store = SqliteStore::open(&config, Arc::new(SystemClock)).await;
    Arc::new(store.unwrap())
}

/// The ledger that the builder's server will have: to be filled before it starts, and closed by then.
pub async fn sqlite_of(builder: &ServerBuilder) -> SqliteStore {
    let data = builder.folder().join("firstcome-data");
    DirBuilder::new().mode(0o700).create(&data).unwrap();
    let config = SqliteConfig::in_folder(&data);
    let store = SqliteStore::open(&config, Arc::new(SystemClock)).await;
    store.unwrap()
}

/// A connection to the ledger in that folder, as durable.
pub async fn sqlite_by_hand(folder: &TempDir) -> ByHand {
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("firstcome.db"))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16384")
        .pragma("wal_autocheckpoint", "10000")
        .disable_statement_logging();
    ByHand::Sqlite(options.connect().await.unwrap())
}

/// A new ledger on a server, and the database that must outlive it.
pub async fn mysql(server: &SqlServer) -> (AnyLedger, Database) {
    let database = server.database().await;
    let config = MysqlConfig::at(&database.url(User::Migrator)).unwrap();
    adapter_mysql::migrate(&config).await.unwrap();
    let store = MysqlStore::open(&config).await.unwrap();
    (Arc::new(store), database)
}

/// A connection to it.
pub async fn mysql_by_hand(database: &Database) -> ByHand {
    let address: MySqlConnectOptions = database.url(User::Migrator).parse().unwrap();
    let connection = address.disable_statement_logging().connect().await;
    ByHand::MySql(connection.unwrap())
}
