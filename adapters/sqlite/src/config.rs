//! Where the file is, and how its connections are set up.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

const FILE: &str = "firstcome.db";

/// How long one process waits for the other's transaction.
pub(crate) const BUSY: Duration = Duration::from_secs(5);

/// Pages between checkpoints. Random keys dirty the same pages again and again; a rare checkpoint
/// copies each of them once.
const CHECKPOINT_PAGES: &str = "10000";

/// KiB (hence the sign) of pages that the writer keeps, so that a random key seldom reads the file. Not
/// more: a commit after a page was split walks through all of them.
const WRITER_CACHE: &str = "-16384";

/// Where a ledger is, and how much it takes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqliteConfig {
    /// The folder of the ledger's file; it must exist.
    pub folder: PathBuf,
    /// How many writes may wait for the writer; what comes on top is refused as overload.
    pub pending_writes: NonZeroU16,
    /// Bytes that the write-ahead log is cut back to, when it has grown to twice as many.
    pub log_limit: u64,
}

impl SqliteConfig {
    /// The ledger in `folder`, with up to 1,024 writes waiting and a log of 64 MiB.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        const PENDING_WRITES: NonZeroU16 = NonZeroU16::MIN.saturating_add(1023);
        Self {
            folder: folder.into(),
            pending_writes: PENDING_WRITES,
            log_limit: 64 * 1024 * 1024,
        }
    }
}

/// The write-ahead log of a ledger's file.
pub(crate) fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// The ledger's file in `folder`.
pub(crate) fn file_in(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// The one connection that writes. A commit is on disk when it returns (`synchronous`, and
/// `fullfsync` where the system's fsync promises less).
pub(crate) fn writer_options(file: &Path, log_limit: u64) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", log_limit.to_string())
        .disable_statement_logging()
}

/// A connection that can't write.
pub(crate) fn reader_options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .busy_timeout(BUSY)
        .pragma("query_only", "ON")
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging()
}
