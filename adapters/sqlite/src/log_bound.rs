//! Keeps the write-ahead log from growing for ever.
//!
//! SQLite starts its log anew only when a commit finds no reader in it. Under reads that overlap one
//! another there is always one, and the log would grow until the disk is full. So now and then the
//! writer waits, briefly, for the readers to leave.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::config::BUSY;

/// See the module's header.
pub(crate) struct LogBound {
    log: PathBuf,
    limit: u64,
    /// The size at which the log is looked after next.
    next: u64,
}

impl LogBound {
    /// Keeps the log at `log` near `limit` bytes.
    pub(crate) fn new(log: PathBuf, limit: u64) -> Self {
        let next = limit.saturating_mul(2);
        Self { log, limit, next }
    }

    /// To be called between transactions. Starts the log anew when it has grown too far; where a long
    /// read prevents that, tries again once the log has grown as far again, so that commits are not
    /// held up each time.
    pub(crate) async fn keep(&mut self, connection: &mut SqliteConnection) {
        // No log is a short one.
        let size = std::fs::metadata(&self.log).map_or(0, |log| log.len());
        if size < self.next {
            return;
        }
        self.next = match start_anew(connection).await {
            Ok(true) => self.limit.saturating_mul(2),
            Ok(false) => size.saturating_add(self.limit),
            Err(error) => {
                tracing::warn!(%error, log.bytes = size, "the log could not be started anew");
                size.saturating_add(self.limit)
            }
        };
    }
}

/// Whether the next write begins the log anew, which cuts it back.
async fn start_anew(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query("PRAGMA busy_timeout = 100")
        .execute(&mut *connection)
        .await?;
    let restarted = sqlx::query("PRAGMA wal_checkpoint(RESTART)")
        .fetch_one(&mut *connection)
        .await;
    let patience = format!("PRAGMA busy_timeout = {}", BUSY.as_millis());
    sqlx::query(AssertSqlSafe(patience))
        .execute(&mut *connection)
        .await?;
    let was_busy: i64 = restarted?.try_get(0)?;
    Ok(was_busy == 0)
}

#[cfg(test)]
mod tests {
    use crate::SqliteStore;
    use crate::config::SqliteConfig;
    use crate::testing::{SetClock, event, folder, outsider};
    use domain::ports::Catalogue;

    const LIMIT: u64 = 100_000;

    #[tokio::test]
    async fn a_log_that_a_long_read_has_let_grow_is_cut_back_when_the_read_ends() {
        let folder = folder();
        let config = SqliteConfig {
            log_limit: LIMIT,
            ..SqliteConfig::in_folder(folder.path())
        };
        let store = SqliteStore::open(&config, SetClock::at(150)).await.unwrap();
        let size = || {
            std::fs::metadata(folder.path().join("firstcome.db-wal"))
                .unwrap()
                .len()
        };
        let mut reader = outsider(&folder).await;
        let read = "BEGIN; SELECT count(*) FROM events";
        sqlx::raw_sql(read).execute(&mut reader).await.unwrap();
        let mut made = 0;
        while size() < 4 * LIMIT {
            made += 1;
            store
                .create_event(event(&made.to_string()), None)
                .await
                .unwrap();
        }
        sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
        for more in 0..made {
            store
                .create_event(event(&format!("more {more}")), None)
                .await
                .unwrap();
            if size() <= 2 * LIMIT {
                return;
            }
        }
        panic!("the log has {} bytes", size());
    }
}
