//! A database of a test's own, on a server that it may share.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Error, MySqlConnection, Row};
use tokio::time::timeout;
use uuid::Uuid;

use super::sql_server::SqlServer;

pub(super) const PASSWORD: &str = "secret";
/// A server that is down or hangs must not hold up the end of a test.
const LONGEST_GOODBYE: Duration = Duration::from_secs(5);

/// Who comes to a database, beside root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum User {
    /// Owns the schema.
    Migrator,
    /// Runs the application, and may do no more than that takes.
    Application,
}

/// A connection to a database.
pub(crate) struct Connected {
    pub(crate) id: u64,
    pub(crate) is_application: bool,
    /// For how long it has been at what it is at.
    pub(crate) seconds: i64,
    /// Empty when it idles.
    pub(crate) statement: String,
}

/// A database and its two users. They go when this is dropped.
pub struct Database {
    name: String,
    port: u16,
    socket: PathBuf,
}

impl Database {
    pub(super) async fn create(server: &SqlServer) -> Self {
        let mut name = Uuid::new_v4().simple().to_string();
        name.truncate(12); // a user's name has no more than 32 characters
        let database = Self {
            name: format!("fc_{name}"),
            port: server.address().port(),
            socket: server.socket().to_owned(),
        };
        let (name, [migrator, application]) = (&database.name, database.users());
        let statements = [
            format!("CREATE DATABASE {name}"),
            format!("CREATE USER {migrator} IDENTIFIED BY '{PASSWORD}'"),
            format!("CREATE USER {application} IDENTIFIED BY '{PASSWORD}'"),
            format!("GRANT ALL ON {name}.* TO {migrator}"),
            format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name}.* TO {application}"),
        ];
        for statement in statements {
            database.as_root(statement).await.unwrap();
        }
        database
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where a user finds it, over TCP.
    pub fn url(&self, user: User) -> String {
        let (user, port, name) = (self.user(user), self.port, &self.name);
        format!("mysql://{user}:{PASSWORD}@127.0.0.1:{port}/{name}")
    }

    /// Where a user finds it, over the server's socket: much faster for whoever comes with a new
    /// connection each time, as tests do.
    pub fn socket_url(&self, user: User) -> String {
        let socket = self.socket.to_str().unwrap();
        format!("{}?socket={socket}", self.url(user))
    }

    /// Where root finds it.
    pub fn root_url(&self) -> String {
        let (socket, name) = (self.socket.to_str().unwrap(), &self.name);
        format!("mysql://root@localhost/{name}?socket={socket}")
    }

    /// Executes a statement as root.
    ///
    /// # Errors
    /// The server's.
    pub async fn as_root(&self, statement: String) -> Result<(), Error> {
        let root = MySqlConnectOptions::new().username("root");
        let root = root.socket(&self.socket).ssl_mode(MySqlSslMode::Disabled);
        let mut connection = root.connect().await?;
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut connection)
            .await?;
        connection.close().await
    }

    /// Where its server listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What a user is called.
    pub(super) fn user(&self, user: User) -> String {
        let role = match user {
            User::Migrator => "migrator",
            User::Application => "application",
        };
        format!("{}_{role}", self.name)
    }

    /// Who is connected to it at this moment. (MySQL's information_schema fails as soon as anybody's
    /// statement is not all text.)
    pub(crate) async fn connected(&self) -> Vec<Connected> {
        let mut root = MySqlConnection::connect(&self.root_url()).await.unwrap();
        let rows = sqlx::raw_sql("SHOW FULL PROCESSLIST");
        let rows = rows.fetch_all(&mut root).await.unwrap();
        let connected = rows.iter().filter_map(|row| {
            let database: Option<String> = row.try_get_unchecked("db").unwrap();
            let user: String = row.try_get_unchecked("User").unwrap();
            let statement: Option<Vec<u8>> = row.try_get_unchecked("Info").unwrap();
            let statement = statement.unwrap_or_default();
            let connected = Connected {
                id: row.try_get_unchecked("Id").unwrap(),
                is_application: user == self.user(User::Application),
                // None while it connects.
                seconds: row
                    .try_get_unchecked::<Option<i64>, _>("Time")
                    .unwrap()
                    .unwrap_or_default(),
                statement: String::from_utf8_lossy(&statement).into_owned(),
            };
            let is_this_one = connected.statement == "SHOW FULL PROCESSLIST";
            (database.as_ref() == Some(&self.name) && !is_this_one).then_some(connected)
        });
        connected.collect()
    }

    fn users(&self) -> [String; 2] {
        [User::Migrator, User::Application].map(|user| self.user(user))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (name, [migrator, application]) = (&self.name, self.users());
        // Connections that are left over may still be in a transaction.
        let statements = format!(
            "SET SESSION lock_wait_timeout = 2; DROP DATABASE IF EXISTS {name}; \
             DROP USER IF EXISTS {migrator}, {application}"
        );
        // Whoever drops this may be in a runtime, which can't be waited in.
        let goodbye = || {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all();
            // A timer is made in a runtime only.
            let gone = async { timeout(LONGEST_GOODBYE, self.as_root(statements)).await };
            let _gone_with_its_server = runtime.build().unwrap().block_on(gone);
        };
        thread::scope(|scope| drop(scope.spawn(goodbye)));
    }
}
