//! A unit of work: reads under locks, decides, writes, in one transaction that is not its own.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::Timestamp;
use domain::ports::Clock;
use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Row};

/// What runs in one transaction. It may be run again from the start, on another connection, after a
/// deadlock, a lost connection or a COMMIT whose outcome is unknown: so it must find what it has
/// written itself, and take that for its own. It must never begin or end a transaction, and never go
/// on after an error.
///
/// Locks are taken in one order everywhere: event, coupon, copy, saga, products by id, wallet, epochs.
/// What is only found by its unique key (an idempotency key, a name) is looked for *after* the locks:
/// an earlier try of this very unit may still have been under way before them.
pub(crate) trait Unit: Send + Sync + 'static {
    /// What the caller is told once the transaction is durable.
    type Answer: Send + 'static;

    /// Whom it must not crowd out: of the units of one lane (a hot coupon, a hot product) only a few
    /// have a connection at a time, the others wait in order of arrival. None when no row of its own
    /// can be hot.
    fn lane(&self) -> Option<[u8; 16]> {
        None
    }

    /// Does the work.
    fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> impl Future<Output = Result<Self::Answer, sqlx::Error>> + Send;
}

/// Whether a unit has been run up to its COMMIT before: what it finds then may be its own, and it must
/// answer as it would have the first time.
#[derive(Debug, Default)]
pub(crate) struct Tried(AtomicBool);

impl Tried {
    /// It has written everything, and COMMIT comes next.
    pub(crate) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// So it was in an earlier try.
    pub(crate) fn before(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where the ledger's time comes from: its server, so that all nodes have the same; another clock in
/// tests.
#[derive(Clone)]
pub(crate) enum LedgerTime {
    Server,
    Clock(Arc<dyn Clock>),
}

impl LedgerTime {
    /// Reads the server's time.
    pub(crate) const STATEMENT: &str =
        "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED) AS now_micros";

    /// The ledger's time. To be asked for after the unit's locks, in a statement of its own: a
    /// statement that waits for a lock has the time at which it began.
    pub(crate) async fn now(
        &self,
        connection: &mut MySqlConnection,
    ) -> Result<Timestamp, sqlx::Error> {
        match self {
            Self::Clock(clock) => Ok(clock.now()),
            Self::Server => {
                let row = sqlx::query(Self::STATEMENT).fetch_one(connection).await?;
                self.read(&row)
            }
        }
    }

    /// The ledger's time, when this row is what [`STATEMENT`](Self::STATEMENT) has read.
    pub(crate) fn read(&self, row: &MySqlRow) -> Result<Timestamp, sqlx::Error> {
        match self {
            Self::Clock(clock) => Ok(clock.now()),
            Self::Server => Ok(Timestamp::from_micros(row.try_get("now_micros")?)),
        }
    }
}

impl fmt::Debug for LedgerTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "the server's",
            Self::Clock(_) => "a clock's",
        })
    }
}
