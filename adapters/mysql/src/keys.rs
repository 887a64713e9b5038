//! The keys of requests: looked at before anything is decided, kept in the effect's own unit.

use domain::Timestamp;
use domain::ports::{Answered, KeyScope, KeyedRequest};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::rows;
use crate::unit::{LedgerTime, Unit};

/// The request that was answered under this scope.
pub(crate) async fn answered(
    executor: impl MySqlExecutor<'_>,
    scope: KeyScope,
) -> Result<Option<Answered>, sqlx::Error> {
    sqlx::query("SELECT digest, answer FROM idempotency_keys WHERE scope = ?")
        .bind(&scope.0[..])
        .try_map(|row| rows::answered(&row))
        .fetch_optional(executor)
        .await
}

/// As [`answered`], of a request that may carry no key.
pub(crate) async fn answered_before<T>(
    connection: &mut MySqlConnection,
    key: Option<&KeyedRequest<T>>,
) -> Result<Option<Answered>, sqlx::Error> {
    match key {
        Some(key) => answered(connection, key.scope).await,
        None => Ok(None),
    }
}

/// Keeps the answer that `done` gets at `now` under the key.
pub(crate) async fn keep<T>(
    connection: &mut MySqlConnection,
    key: &KeyedRequest<T>,
    done: &T,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const KEEP: &str = "INSERT INTO idempotency_keys (scope, digest, answer, created_at) \
         VALUES (?, ?, ?, ?)";
    sqlx::query(KEEP)
        .bind(&key.scope.0[..])
        .bind(&key.digest.0[..])
        .bind((key.answer)(done, now))
        .bind(now.as_micros())
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets the oldest answers, up to a limit; says how many.
pub(crate) struct Forget {
    /// Only what was kept before.
    pub(crate) before: Timestamp,
    pub(crate) limit: u32,
}

impl Unit for Forget {
    type Answer = u32;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        _time: &LedgerTime,
    ) -> Result<u32, sqlx::Error> {
        const FORGET: &str = "DELETE FROM idempotency_keys WHERE created_at < ? \
             ORDER BY created_at LIMIT ?";
        let forgotten = sqlx::query(FORGET)
            .bind(self.before.as_micros())
            .bind(self.limit)
            .execute(connection)
            .await?;
        rows::count(forgotten.rows_affected())
    }
}
