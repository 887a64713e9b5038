//! The schema: brought up to date by whoever opens the ledger to write, only looked at by readers.

use std::sync::LazyLock;

use sqlx::migrate::{Migrate, Migration, MigrationType};
use sqlx::{Connection, Row, SqlSafeStr, SqliteConnection, SqliteExecutor};

use crate::error::OpenError;

const TABLE: &str = "_sqlx_migrations";

/// In rising order. Embedded by hand: sqlx's macro would build SQLite a second time, for the
/// compiler's side.
static VERSIONS: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    vec![
        version(1, "coupons", include_str!("../migrations/0001_coupons.sql")),
        version(
            2,
            "purchases",
            include_str!("../migrations/0002_purchases.sql"),
        ),
    ]
});

fn version(version: i64, name: &'static str, sql: &'static str) -> Migration {
    let outside_transactions = false;
    Migration::new(
        version,
        name.into(),
        MigrationType::Simple,
        sql.into_sql_str(),
        outside_transactions,
    )
}

/// The newest version that this program knows.
fn known() -> i64 {
    VERSIONS.last().map_or(0, |newest| newest.version)
}

/// Brings the schema up to date, all of it or nothing. One transaction from before the first look:
/// of several processes that open a fresh file one migrates, the others wait and find it done.
/// (sqlx's own `Migrator` begins after it has looked, and its lock does nothing on SQLite.)
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), OpenError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    transaction.ensure_migrations_table(TABLE).await?;
    match check(&mut *transaction).await {
        Err(OpenError::SchemaOlder { found, .. }) => {
            for version in VERSIONS.iter().filter(|version| version.version > found) {
                transaction.apply(TABLE, version).await?;
            }
        }
        checked => checked?,
    }
    transaction.commit().await?;
    Ok(())
}

/// Is the schema exactly this program's? Changes nothing.
pub(crate) async fn check(reader: impl SqliteExecutor<'_>) -> Result<(), OpenError> {
    const APPLIED: &str =
        "SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version";
    let applied = match sqlx::query(APPLIED).fetch_all(reader).await {
        Ok(rows) => rows,
        Err(error) if is_no_such_table(&error) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut found = 0;
    for row in applied {
        found = row.try_get("version")?;
        if !row.try_get::<bool, _>("success")? {
            return Err(OpenError::SchemaHalfDone(found));
        }
        let checksum: &[u8] = row.try_get("checksum")?;
        match VERSIONS.iter().find(|known| known.version == found) {
            None => {
                let known = known();
                return Err(OpenError::SchemaNewer { found, known });
            }
            Some(known) if *known.checksum != *checksum => {
                return Err(OpenError::SchemaDiffers(found));
            }
            Some(_) => {}
        }
    }
    if found < known() {
        let known = known();
        return Err(OpenError::SchemaOlder { found, known });
    }
    Ok(())
}

/// SQLite answers a wrong statement and a missing table with the same code; the statement is right.
fn is_no_such_table(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|error| error.code().as_deref() == Some("1"))
}

#[cfg(test)]
mod tests;
