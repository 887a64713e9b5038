//! A store that is held up from outside, by a transaction of the test's own, for as long as the test
//! wants.

use firstcome_tests::over_http::Server;
use sqlx::{ConnectOptions, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

/// A transaction that keeps every other writer waiting until it is rolled back.
pub(super) async fn hold_up(server: &Server) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(server.builder().database());
    let mut connection = file.connect().await.unwrap();
    connection.execute("BEGIN IMMEDIATE").await.unwrap();
    connection
}
