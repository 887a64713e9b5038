//! The schema: brought up to date by `firstcome migrate`, only looked at by whoever serves.
//!
//! A server commits every CREATE and ALTER by itself, so a version can be half done: its row is written
//! before it begins and marked when it has ended. Must never go on from there.

use std::sync::LazyLock;

use sqlx::migrate::{Migrate, Migration, MigrationType};
use sqlx::{Connection, MySqlConnection, MySqlExecutor, Row, SqlSafeStr};

use crate::config::MysqlConfig;
use crate::connections::{Access, open_one};
use crate::error::{OpenError, is_no_such_table};

const TABLE: &str = "_sqlx_migrations";

/// One lock for each database of the server; it goes with its connection. (sqlx's own lock does
/// nothing on MariaDB. A lock's name has 64 characters at most. MySQL 9 has no MD5 any more.)
const LOCK: &str =
    "SELECT GET_LOCK(CONCAT('firstcome.migrate.', LEFT(SHA2(DATABASE(), 256), 40)), 60) AS locked";

/// In rising order. Embedded by hand: sqlx's macro would build the driver a second time, for the
/// compiler's side.
static VERSIONS: LazyLock<Vec<Migration>> = LazyLock::new(|| {
    vec![version(
        1,
        "ledger",
        include_str!("../migrations/0001_ledger.sql"),
    )]
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

/// What a migration has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The schema's version before; 0 for none.
    pub from: i64,
    /// The schema's version now.
    pub to: i64,
}

/// Brings the schema up to date. Of several that do so at once one migrates, the others wait, for a
/// minute at most, and find it done.
///
/// # Errors
/// [`OpenError`]; nothing was changed, unless it says that a version is half done, or the server went
/// away in the middle of one: then [`OpenError::SchemaHalfDone`] is the next answer.
pub async fn migrate(config: &MysqlConfig) -> Result<Applied, OpenError> {
    let mut connection = open_one(&config.address, Access::Write).await?;
    let locked: Option<i64> = sqlx::query(LOCK)
        .fetch_one(&mut connection)
        .await?
        .try_get("locked")?;
    if locked != Some(1) {
        return Err(OpenError::BeingMigrated);
    }
    let applied = bring_up_to_date(&mut connection).await?;
    // MySQL may be gone before an encrypted connection has said all of its goodbye.
    let _gone = connection.close().await;
    Ok(applied)
}

async fn bring_up_to_date(connection: &mut MySqlConnection) -> Result<Applied, OpenError> {
    connection.ensure_migrations_table(TABLE).await?;
    let to = known();
    let from = match check(&mut *connection).await {
        Ok(()) => to,
        Err(OpenError::SchemaOlder { found, .. }) => found,
        Err(error) => return Err(error),
    };
    for version in VERSIONS.iter().filter(|version| version.version > from) {
        connection.apply(TABLE, version).await?;
    }
    Ok(Applied { from, to })
}

/// Is the schema exactly this program's? Changes nothing.
pub(crate) async fn check(reader: impl MySqlExecutor<'_>) -> Result<(), OpenError> {
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
