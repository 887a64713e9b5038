//! What SQLite's errors mean for the caller's write. Must never call a write that may be on disk
//! undone.

use std::io;
use std::path::PathBuf;

use domain::ports::StoreError;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;

/// SQLite's primary result codes, of those that are told apart here.
mod code {
    pub(super) const BUSY: u32 = 5;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const CONSTRAINT: u32 = 19;
    pub(super) const MISMATCH: u32 = 20;
    pub(super) const NOT_A_DATABASE: u32 = 26;
}

/// Why a ledger can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no ledger in this folder.
    #[error("there is no ledger at {}", .0.display())]
    Missing(PathBuf),
    /// The file can't be created.
    #[error("the ledger at {} can't be created", path.display())]
    File {
        /// The ledger's file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A newer program has changed the schema; this one must not touch it.
    #[error("the ledger's schema has version {found}, this program knows versions up to {known}")]
    SchemaNewer {
        /// The newest version that was applied.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The schema is older than this program's, and reading does not migrate.
    #[error("the ledger's schema has version {found}, this program needs version {known}: migrate")]
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
    #[error("version {0} of the ledger's schema is half done: restore a backup")]
    SchemaHalfDone(i64),
    /// SQLite refused.
    #[error("the ledger can't be opened")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl OpenError {
    /// The file is there, but it is no ledger, or no longer one: to wait would make it no better.
    pub fn is_damage(&self) -> bool {
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
            .is_some_and(is_damage)
    }
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// A failure before COMMIT was tried, or of a read: nothing happened.
pub(crate) fn nothing_happened(error: sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::PoolTimedOut => StoreError::Overloaded,
        error if is_about_rows(&error) || is_damage(&error) => StoreError::corrupt(error),
        error => StoreError::unavailable(error),
    }
}

/// A failure of COMMIT. Only a refusal that comes before the first byte is written says that nothing
/// happened. After any other the commit may be in the log, and be found there after a crash.
pub(crate) fn commit_failed(error: sqlx::Error) -> StoreError {
    match code_of(&error) {
        Some(code::BUSY | code::CONSTRAINT) => StoreError::unavailable(error),
        _ => StoreError::unknown(error),
    }
}

/// The failure is about rows, and only the unit that met it is undone. After any other (disk full,
/// I/O, memory) SQLite may have rolled back the whole transaction by itself, so that the next
/// statement would commit alone: such a transaction must not go on.
pub(crate) fn is_about_rows(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound => {
            true
        }
        error => {
            matches!(code_of(error), Some(code::CONSTRAINT | code::MISMATCH)) || is_overflow(error)
        }
    }
}

/// A sum has no room in 64 bits; SQLite has no code of its own for that.
fn is_overflow(error: &sqlx::Error) -> bool {
    let error = error.as_database_error();
    error.is_some_and(|error| error.message() == "integer overflow")
}

fn is_damage(error: &sqlx::Error) -> bool {
    matches!(code_of(error), Some(code::CORRUPT | code::NOT_A_DATABASE))
}

fn code_of(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error().and_then(DatabaseError::code)?;
    // The lowest byte of an extended result code is its primary one.
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use std::borrow::Cow;
    use std::{error, fmt};

    #[derive(Debug)]
    struct Refused(u32);

    impl fmt::Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "code {}", self.0)
        }
    }

    impl error::Error for Refused {}

    impl DatabaseError for Refused {
        fn message(&self) -> &'static str {
            "refused"
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.to_string().into())
        }
        fn as_error(&self) -> &(dyn error::Error + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn error::Error + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn error::Error + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> sqlx::error::ErrorKind {
            sqlx::error::ErrorKind::Other
        }
    }

    fn sqlite(code: u32) -> sqlx::Error {
        sqlx::Error::Database(Box::new(Refused(code)))
    }

    #[rstest]
    #[case::busy(sqlite(5), true)]
    #[case::vetoed(sqlite(531), true)]
    #[case::disk_full(sqlite(13), false)]
    #[case::fsync_failed(sqlite(1034), false)]
    #[case::write_failed(sqlite(778), false)]
    #[case::thread_gone(sqlx::Error::WorkerCrashed, false)]
    fn a_commit_is_undone_for_certain_only_when_it_was_refused_before_writing(
        #[case] error: sqlx::Error,
        #[case] certain: bool,
    ) {
        let meaning = commit_failed(error);
        assert_eq!(matches!(meaning, StoreError::Unavailable(_)), certain);
        assert_eq!(matches!(meaning, StoreError::Unknown(_)), !certain);
    }

    #[rstest]
    #[case::check(sqlite(275), true)]
    #[case::unique(sqlite(2067), true)]
    #[case::no_such_row(sqlx::Error::RowNotFound, true)]
    #[case::disk_full(sqlite(13), false)]
    #[case::read_failed(sqlite(266), false)]
    #[case::out_of_memory(sqlite(7), false)]
    #[case::image_malformed(sqlite(11), false)]
    #[case::thread_gone(sqlx::Error::WorkerCrashed, false)]
    fn only_a_failure_about_rows_leaves_the_transaction_to_the_others(
        #[case] error: sqlx::Error,
        #[case] alone: bool,
    ) {
        assert_eq!(is_about_rows(&error), alone);
    }

    #[test]
    fn only_a_file_that_can_not_be_read_as_a_ledger_is_damage() {
        for (code, damaged) in [(11, true), (267, true), (26, true), (5, false), (14, false)] {
            assert_eq!(OpenError::from(sqlite(code)).is_damage(), damaged, "{code}");
            let migrating = OpenError::from(MigrateError::Execute(sqlite(code)));
            assert_eq!(migrating.is_damage(), damaged, "{code}");
        }
        assert!(!OpenError::SchemaHalfDone(1).is_damage());
    }

    #[test]
    fn before_a_commit_nothing_happened_whatever_the_error() {
        for error in [
            sqlite(5),
            sqlite(13),
            sqlite(1034),
            sqlx::Error::WorkerCrashed,
        ] {
            assert!(matches!(
                nothing_happened(error),
                StoreError::Unavailable(_)
            ));
        }
        for error in [sqlite(275), sqlite(11), sqlite(26)] {
            assert!(matches!(nothing_happened(error), StoreError::Corrupt(_)));
        }
        let pool = nothing_happened(sqlx::Error::PoolTimedOut);
        assert!(matches!(pool, StoreError::Overloaded));
    }
}
