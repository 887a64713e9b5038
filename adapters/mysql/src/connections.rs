//! Connections: how they are set up, and how a crowd waits for them. Must never hand out one on which
//! another's transaction may be open, or an answer not yet read.
//!
//! sqlx's own pool is not used: it would go to the server and back three times more for each unit, keep
//! what a caller who goes away leaves behind, and not tell a crowd from a server that is away.

use std::fmt;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, MySqlConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::config::MysqlConfig;

/// How long the server has to answer on an idle connection, or to accept a new one.
const ANSWERING: Duration = Duration::from_secs(2);

/// A server that has just died refuses connections until it is there again.
const REFUSED: Duration = Duration::from_millis(20);

/// How long the server has to accept the first connection.
const OPENING: Duration = Duration::from_secs(5);

/// How long the server has to take note of the end.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long a connection may idle: what stands between it and the server may have forgotten it.
const IDLE: Duration = Duration::from_secs(300);

/// Statements that a connection keeps prepared: all of this crate, at every size that they have. To
/// close one is a message without an answer; what is sent after it waits for the server's delayed
/// acknowledgement (44 ms over TCP: sqlx does not set NODELAY). So none is ever closed.
const STATEMENTS: usize = 512;

/// For every connection. Two seconds for a row's lock: who has it for longer has died or hangs. A list of
/// keys is estimated, not looked up key by key before it is looked up.
const SETUP: &str = "SET SESSION time_zone = '+00:00', innodb_lock_wait_timeout = 2, \
     eq_range_index_dive_limit = 1, \
     sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,\
     NO_ENGINE_SUBSTITUTION'";

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Read and write, in transactions at READ COMMITTED: nobody locks gaps between rows.
    Write,
    /// Read only.
    Read,
}

impl Access {
    const fn setup(self) -> &'static str {
        match self {
            Self::Write => "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE",
            Self::Read => "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY",
        }
    }

    /// When it is handed out, in one go: whether it is alive shows here; and one that writes has begun
    /// its transaction. The locks of a node that lost its power are given back when the server has
    /// not heard from it for five seconds.
    const fn begin(self) -> &'static str {
        match self {
            Self::Write => "ROLLBACK; SET SESSION wait_timeout = 5; START TRANSACTION",
            Self::Read => "ROLLBACK",
        }
    }
}

/// The end of a transaction, after which the connection may idle for longer than it is let.
pub(crate) const COMMIT: &str = "COMMIT; SET SESSION wait_timeout = 1800";

/// The same, and nothing has happened.
pub(crate) const ROLLBACK: &str = "ROLLBACK; SET SESSION wait_timeout = 1800";

/// Up to so many connections, made when they are needed. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Shared>);

struct Shared {
    address: MySqlConnectOptions,
    wait: Duration,
    access: Access,
    most: u16,
    /// One for each connection.
    turns: Arc<Semaphore>,
    idle: Idle,
}

/// Connections that nobody has; the last that came back goes out first.
type Idle = Arc<Mutex<Vec<(MySqlConnection, Instant)>>>;

impl Connections {
    pub(crate) fn new(config: &MysqlConfig, most: u16, access: Access) -> Self {
        Self(Arc::new(Shared {
            address: config.address.clone(),
            wait: config.wait,
            access,
            most,
            turns: Arc::new(Semaphore::new(most.into())),
            idle: Idle::default(),
        }))
    }

    /// A connection, in order of arrival.
    ///
    /// # Errors
    /// [`sqlx::Error::PoolTimedOut`] says that too many wait, every other error that the server is
    /// away.
    pub(crate) async fn acquire(&self) -> Result<Leased, sqlx::Error> {
        let turn = timeout(self.0.wait, Arc::clone(&self.0.turns).acquire_owned())
            .await
            .map_err(|_elapsed| sqlx::Error::PoolTimedOut)?
            .map_err(|_closed| sqlx::Error::PoolClosed)?;
        let connection = timeout(ANSWERING, self.begun())
            .await
            .unwrap_or_else(|_elapsed| Err(no_answer()))?;
        Ok(Leased {
            connection,
            idle: Arc::clone(&self.0.idle),
            _turn: turn,
        })
    }

    async fn begun(&self) -> Result<MySqlConnection, sqlx::Error> {
        while let Some(mut connection) = self.take() {
            if connection.execute(self.0.access.begin()).await.is_ok() {
                return Ok(connection);
            }
        }
        let mut connection = loop {
            match connect(&self.0.address, self.0.access).await {
                Err(sqlx::Error::Io(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    sleep(REFUSED).await;
                }
                made => break made?,
            }
        };
        connection.execute(self.0.access.begin()).await?;
        Ok(connection)
    }

    /// An idle one that may still be alive.
    fn take(&self) -> Option<MySqlConnection> {
        let mut idle = locked(&self.0.idle);
        while let Some((connection, since)) = idle.pop() {
            if since.elapsed() < IDLE {
                return Some(connection);
            }
        }
        None
    }

    /// Hands out no more, waits for those that are out, and closes all.
    pub(crate) async fn close(&self) {
        let _all_are_back = self.0.turns.acquire_many(self.0.most.into()).await;
        self.0.turns.close();
        let idle = std::mem::take(&mut *locked(&self.0.idle));
        let goodbyes = idle.into_iter().map(|(connection, _)| connection.close());
        let _gone_anyhow = timeout(GOODBYE, join_all(goodbyes)).await;
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("access", &self.0.access)
            .field("most", &self.0.most)
            .finish_non_exhaustive()
    }
}

fn locked(idle: &Idle) -> MutexGuard<'_, Vec<(MySqlConnection, Instant)>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The server has not answered in time.
pub(crate) fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(
        io::ErrorKind::TimedOut,
        "the server does not answer",
    ))
}

/// One that idles nowhere, so that the error says why there is none.
pub(crate) async fn open_one(
    address: &MySqlConnectOptions,
    access: Access,
) -> Result<MySqlConnection, sqlx::Error> {
    timeout(OPENING, connect(address, access))
        .await
        .unwrap_or_else(|_elapsed| Err(no_answer()))
}

async fn connect(
    address: &MySqlConnectOptions,
    access: Access,
) -> Result<MySqlConnection, sqlx::Error> {
    let mut connection = with_our_setup(address).connect().await?;
    connection.execute(SETUP).await?;
    connection.execute(access.setup()).await?;
    Ok(connection)
}

/// sqlx would add to the server's own modes; ours replace them.
fn with_our_setup(address: &MySqlConnectOptions) -> MySqlConnectOptions {
    address
        .clone()
        .statement_cache_capacity(STATEMENTS)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .timezone(None)
}

/// A connection that is out. Dropped, it is closed, whatever is under way on it, and the server undoes
/// what was not committed.
pub(crate) struct Leased {
    connection: MySqlConnection,
    idle: Idle,
    // After the connection, so that there are never more than there may be.
    _turn: OwnedSemaphorePermit,
}

impl Leased {
    /// For the next. Only when all that was asked is answered, and no transaction is open.
    pub(crate) fn give_back(self) {
        locked(&self.idle).push((self.connection, Instant::now()));
    }
}

impl Deref for Leased {
    type Target = MySqlConnection;

    fn deref(&self) -> &MySqlConnection {
        &self.connection
    }
}

impl DerefMut for Leased {
    fn deref_mut(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }
}
