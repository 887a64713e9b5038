//! The keys of requests: looked at before anything is decided, kept in the effect's own unit.

use domain::Timestamp;
use domain::ports::{Answered, KeyScope, KeyedRequest};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows;
use crate::unit::Unit;

/// The request that was answered under this scope.
pub(crate) async fn answered(
    executor: impl SqliteExecutor<'_>,
    scope: KeyScope,
) -> Result<Option<Answered>, sqlx::Error> {
    sqlx::query("SELECT digest, answer FROM idempotency_keys WHERE scope = ?1")
        .bind(&scope.0[..])
        .try_map(|row| rows::answered(&row))
        .fetch_optional(executor)
        .await
}

/// As [`answered`], of a request that may carry no key.
pub(crate) async fn answered_before<T>(
    connection: &mut SqliteConnection,
    key: Option<&KeyedRequest<T>>,
) -> Result<Option<Answered>, sqlx::Error> {
    match key {
        Some(key) => answered(connection, key.scope).await,
        None => Ok(None),
    }
}

/// Keeps the answer that `done` gets at `now` under the key.
pub(crate) async fn keep<T>(
    connection: &mut SqliteConnection,
    key: &KeyedRequest<T>,
    done: &T,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    const KEEP: &str = "INSERT INTO idempotency_keys (scope, digest, answer, created_at) \
         VALUES (?1, ?2, ?3, ?4)";
    sqlx::query(KEEP)
        .bind(&key.scope.0[..])
        .bind(&key.digest.0[..])
        .bind((key.answer)(done, now))
        .bind(now.as_micros())
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) const FORGET: &str = "DELETE FROM idempotency_keys WHERE scope IN \
     (SELECT scope FROM idempotency_keys WHERE created_at < ?1 ORDER BY created_at LIMIT ?2)";

/// Forgets the oldest answers, up to a limit; says how many.
pub(crate) struct Forget {
    /// Only what was kept before.
    pub(crate) before: Timestamp,
    pub(crate) limit: u32,
}

impl Unit for Forget {
    type Answer = u32;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<u32, sqlx::Error> {
        let forgotten = sqlx::query(FORGET)
            .bind(self.before.as_micros())
            .bind(self.limit)
            .execute(connection)
            .await?;
        rows::count(forgotten.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use domain::Timestamp;
    use domain::ports::{AnsweredRequests, Catalogue, KeyScope, KeyedRequest};

    #[tokio::test]
    async fn the_oldest_answers_are_forgotten_first_and_only_those_from_before() {
        let folder = folder();
        let (store, clock) = open_at(&folder, 150).await;
        // In no order, so that nothing but the time tells which is older.
        let keys = [7, 3, 9, 1].map(|byte| KeyScope([byte; 32]));
        for (micros, scope) in (150..).zip(keys) {
            clock.set(micros);
            let key = KeyedRequest { scope, ..keyed() };
            let event = event(&micros.to_string());
            store.create_event(event, Some(key)).await.unwrap();
        }
        let kept = async || {
            let mut kept = Vec::new();
            for scope in keys {
                kept.push(store.answered(scope).await.unwrap().is_some());
            }
            kept
        };
        let before = Timestamp::from_micros(153);
        assert_eq!(store.forget_answered(before, 2).await.unwrap(), 2);
        assert_eq!(kept().await, [false, false, true, true]);
        assert_eq!(store.forget_answered(before, 2).await.unwrap(), 1);
        assert_eq!(store.forget_answered(before, 2).await.unwrap(), 0);
        assert_eq!(kept().await, [false, false, false, true]);
    }
}
