//! Opening, readiness, closing.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, StoreError};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{ConnectOptions, SqlitePool};

use crate::config::{SqliteConfig, file_in, reader_options, writer_options};
use crate::error::{OpenError, nothing_happened};
use crate::schema;
use crate::unit::Unit;
use crate::writer::Writer;

/// Connections that read.
const READERS: u32 = 4;

/// How long a read waits for one of them; after that more is waiting than the store takes on.
const READER_WAIT: Duration = Duration::from_secs(1);

/// The ledger in one SQLite file. Clones share it.
#[derive(Clone)]
pub struct SqliteStore {
    readers: SqlitePool,
    /// One connection for what every node must know in time: no crowd of readers comes before it.
    poller: SqlitePool,
    /// None when opened to read only.
    writer: Option<Writer>,
    clock: Arc<dyn Clock>,
}

/// How long closing waits for reads.
const READS_END: Duration = Duration::from_secs(2);

impl SqliteStore {
    /// Opens the ledger in the folder of `config`, creates it (readable by its owner only) when
    /// there is none, and brings its schema up to date. Must be called in a Tokio runtime, which
    /// then runs the writer.
    ///
    /// # Errors
    /// [`OpenError`]; then nothing was changed, except that an empty file may have been created.
    pub async fn open(config: &SqliteConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let file = file_in(&config.folder);
        create(&file).map_err(|source| OpenError::File {
            path: file.clone(),
            source,
        })?;
        let options = writer_options(&file, config.log_limit);
        let mut connection = options.connect().await?;
        schema::migrate(&mut connection).await?;
        Ok(Self {
            readers: readers(&file, READERS),
            poller: readers(&file, 1),
            writer: Some(Writer::start(
                connection,
                options,
                Arc::clone(&clock),
                config,
            )),
            clock,
        })
    }

    /// Opens the ledger in `folder` to read, beside whoever writes to it. Every write is answered
    /// with [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// [`OpenError`]: there is no ledger, or its schema is not exactly this program's. Nothing is
    /// changed, whatever the outcome.
    pub async fn open_read_only(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let file = file_in(folder);
        if !file.exists() {
            return Err(OpenError::Missing(file));
        }
        let pool = readers(&file, READERS);
        schema::check(&pool).await?;
        Ok(Self {
            readers: pool,
            poller: readers(&file, 1),
            writer: None,
            clock,
        })
    }

    /// Takes no more writes, lets those that are queued finish, checkpoints, and closes the file.
    /// Calls after this are answered with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        let reads = async {
            self.readers.close().await;
            self.poller.close().await;
        };
        // Before the writer, which as the last one takes the log away; but a long read may go on.
        let _still_reading = tokio::time::timeout(READS_END, reads).await;
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }

    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Answer, StoreError> {
        match &self.writer {
            Some(writer) => writer.write(unit).await,
            None => Err(StoreError::unavailable(
                "the ledger was opened to read only",
            )),
        }
    }

    /// For reads only, and one statement each: a transaction that is begun here and cancelled could
    /// stay open in the pool.
    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// As [`readers`](Self::readers), for what changes and for holders.
    pub(crate) fn poller(&self) -> &SqlitePool {
        &self.poller
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Can it be read and written, and is the schema still this program's?
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        if self.writer.as_ref().is_some_and(|writer| !writer.is_open()) {
            return Err(StoreError::unavailable("the store is closed"));
        }
        schema::check(&self.readers)
            .await
            .map_err(|error| match error {
                OpenError::Store(source) => match source.downcast() {
                    Ok(error) => nothing_happened(*error),
                    Err(other) => StoreError::unavailable(other),
                },
                other => StoreError::corrupt(other),
            })
    }
}

fn readers(file: &Path, connections: u32) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(READER_WAIT)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(reader_options(file))
}

/// Creates the file for its owner only; SQLite gives its log the same mode. Must not open one that
/// exists: closing any handle of a file ends all locks that this process has on it, SQLite's too.
fn create(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created.map(drop),
    }
}

#[cfg(test)]
mod tests;
