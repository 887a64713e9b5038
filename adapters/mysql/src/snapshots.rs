//! Long reads on one snapshot of the whole ledger, for audits. Must never write, and never hold up who
//! does.

use std::time::Duration;

use domain::ports::StoreError;
use sqlx::{Executor, MySqlConnection};
use tokio::time::timeout;

use crate::config::MysqlConfig;
use crate::connections::{Access, Connections, no_answer};
use crate::error::nothing_happened;
use crate::unit::{LedgerTime, Unit};

/// Audits at a time.
const MOST: u16 = 2;

/// How long an audit may take: the server keeps all old rows as long.
const LONGEST: Duration = Duration::from_secs(600);

const BEGIN: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; \
     START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

/// Connections for that. Clones share them.
#[derive(Clone)]
pub(crate) struct Snapshots {
    connections: Connections,
    time: LedgerTime,
}

impl Snapshots {
    pub(crate) fn new(config: &MysqlConfig, time: LedgerTime) -> Self {
        Self {
            connections: Connections::new(config, MOST, Access::Read),
            time,
        }
    }

    /// Runs the unit on a snapshot, in a task of its own.
    pub(crate) async fn read<U: Unit>(&self, unit: U) -> Result<U::Answer, StoreError> {
        let this = self.clone();
        let task = tokio::spawn(async move {
            let mut connection = this.connections.acquire().await?;
            let read = read(&mut connection, &unit, &this.time);
            let answer = timeout(LONGEST, read)
                .await
                .unwrap_or_else(|_elapsed| Err(no_answer()))?;
            connection.give_back();
            Ok(answer)
        });
        match task.await {
            Ok(answer) => answer.map_err(nothing_happened),
            Err(gone) => Err(StoreError::unavailable(gone)),
        }
    }

    pub(crate) async fn close(&self) {
        self.connections.close().await;
    }
}

async fn read<U: Unit>(
    connection: &mut MySqlConnection,
    unit: &U,
    time: &LedgerTime,
) -> Result<U::Answer, sqlx::Error> {
    connection.execute(BEGIN).await?;
    let answer = unit.run(connection, time).await?;
    connection.execute("COMMIT").await?;
    Ok(answer)
}
