//! What the server's errors mean for the caller's write. Must never call a write that may be durable
//! undone.

use domain::ports::StoreError;
use sqlx::migrate::MigrateError;
use sqlx::mysql::MySqlDatabaseError;

/// The servers' error numbers, of those that are told apart here.
mod number {
    pub(super) const DEADLOCK: u16 = 1213;
    pub(super) const LOCK_WAIT: u16 = 1205;
    /// A row has changed since this transaction's snapshot (MariaDB from 11.6 on).
    pub(super) const ROW_CHANGED: u16 = 1020;
    pub(super) const DUPLICATE: [u16; 5] = [1022, 1062, 1169, 1586, 1859];
    /// Not null, no default, out of range, wrong value, too long; a number without room; a CHECK, on
    /// MySQL and on MariaDB.
    pub(super) const ABOUT_ROWS: [u16; 8] = [1048, 1364, 1264, 1366, 1406, 1690, 3819, 4025];
    /// The server shuts down, has ended the statement or the connection, or was made a replica.
    pub(super) const CONNECTION: [u16; 7] = [1053, 1077, 1290, 1317, 1836, 1927, 4031];
    /// More connections than the server, or the user, may have.
    pub(super) const CONNECTIONS: [u16; 3] = [1040, 1203, 1226];
    pub(super) const NO_SUCH_TABLE: u16 = 1146;
    /// Wrong password, no right to the database, no such database, no right to a table.
    pub(super) const REFUSAL: [u16; 5] = [1044, 1045, 1049, 1142, 1698];
}

/// Why a ledger can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer program has changed the schema; this one must not touch it.
    #[error("the ledger's schema has version {found}, this program knows versions up to {known}")]
    SchemaNewer {
        /// The newest version that was applied.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The schema is older than this program's, and serving does not migrate.
    #[error(
        "the ledger's schema has version {found}, this program needs version {known}: \
         run `firstcome migrate`"
    )]
    SchemaOlder {
        /// The newest version that was applied; 0 for none.
        found: i64,
        /// The version that this program needs.
        known: i64,
    },
    /// A version was applied with another content than this program's.
    #[error("version {0} of the ledger's schema is not this program's version {0}")]
    SchemaDiffers(i64),
    /// A version was applied in part.
    #[error(
        "version {0} of the ledger's schema is half done: restore a backup, or, if the ledger was \
         empty, create its database anew; then run `firstcome migrate`"
    )]
    SchemaHalfDone(i64),
    /// Somebody else has been migrating it for a minute.
    #[error("somebody else is migrating the ledger; try again when they are done")]
    BeingMigrated,
    /// The server refused, or is not there.
    #[error("the ledger can't be opened")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl OpenError {
    /// The server has answered, and does not let this user do it: to wait would make it no better.
    pub fn is_refusal(&self) -> bool {
        let Self::Store(source) = self else {
            return false;
        };
        let migrating = || match source.downcast_ref() {
            Some(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
                Some(error)
            }
            _ => None,
        };
        source
            .downcast_ref()
            .or_else(migrating)
            .is_some_and(|error| is_one_of(error, &number::REFUSAL))
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

/// A failure before COMMIT was tried, or of a read: nothing happened.
pub(crate) fn nothing_happened(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut => StoreError::Overloaded,
        error if is_one_of(&error, &number::CONNECTIONS) => StoreError::Overloaded,
        error if is_about_rows(&error) || is_duplicate(&error) => StoreError::corrupt(error),
        error => StoreError::unavailable(error),
    }
}

/// Why the unit that met this error before COMMIT is worth another try, as a whole. A duplicate key
/// too: somebody else, or an earlier try, has been first; the next finds the row.
pub(crate) fn transient(error: &sqlx::Error) -> Option<&'static str> {
    match (number_of(error), error) {
        (Some(number::DEADLOCK), _) => Some("deadlock"),
        (Some(number::LOCK_WAIT), _) => Some("lock_wait"),
        (Some(number::ROW_CHANGED), _) => Some("row_changed"),
        (Some(number), _) if number::DUPLICATE.contains(&number) => Some("duplicate"),
        (Some(number), _) if number::CONNECTION.contains(&number) => Some("connection"),
        (None, sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_)) => {
            Some("connection")
        }
        _ => None,
    }
}

/// After this error the connection may be used on, once its transaction is undone.
pub(crate) fn leaves_the_connection_sound(error: &sqlx::Error) -> bool {
    const OF_ROWS: [u16; 3] = [number::DEADLOCK, number::LOCK_WAIT, number::ROW_CHANGED];
    is_about_rows(error) || is_duplicate(error) || is_one_of(error, &OF_ROWS)
}

/// The server has undone the whole transaction; a cluster answers this to a COMMIT that lost.
pub(crate) fn is_deadlock(error: &sqlx::Error) -> bool {
    is_one_of(error, &[number::DEADLOCK])
}

/// A row with the same unique key is there.
pub(crate) fn is_duplicate(error: &sqlx::Error) -> bool {
    is_one_of(error, &number::DUPLICATE)
}

pub(crate) fn is_no_such_table(error: &sqlx::Error) -> bool {
    is_one_of(error, &[number::NO_SUCH_TABLE])
}

/// The rows are not as they must be, or would not be: to try again would not help.
fn is_about_rows(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound => {
            true
        }
        error => is_one_of(error, &number::ABOUT_ROWS),
    }
}

fn is_one_of(error: &sqlx::Error, numbers: &[u16]) -> bool {
    number_of(error).is_some_and(|number| numbers.contains(&number))
}

fn number_of(error: &sqlx::Error) -> Option<u16> {
    let error = error.as_database_error()?;
    Some(error.try_downcast_ref::<MySqlDatabaseError>()?.number())
}
