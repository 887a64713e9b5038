//! Opening, readiness, closing.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, StoreError};
use tokio::time::timeout;

use crate::config::MysqlConfig;
use crate::connections::{Access, Connections, open_one};
use crate::error::{OpenError, nothing_happened};
use crate::readers::Readers;
use crate::schema;
use crate::snapshots::Snapshots;
use crate::unit::{LedgerTime, Unit};
use crate::writer::Writer;

/// Connections of jobs and operators.
const BACKGROUND: u16 = 2;

/// Connections for what every node must know in time.
const POLLERS: u16 = 2;

/// How long closing waits for reads.
const READS_END: Duration = Duration::from_secs(2);

/// The ledger on a server. Clones share it.
#[derive(Clone)]
pub struct MysqlStore {
    writer: Writer,
    background: Writer,
    readers: Readers,
    poller: Readers,
    snapshots: Snapshots,
}

impl MysqlStore {
    /// Opens the ledger; its time is the server's. Must be called in a Tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`]: the server does not answer, or the schema is not exactly this program's.
    /// Nothing is changed, whatever the outcome.
    pub async fn open(config: &MysqlConfig) -> Result<Self, OpenError> {
        Self::open_at(config, LedgerTime::Server).await
    }

    /// As [`open`](Self::open), on a clock of the caller's: for tests.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with_clock(
        config: &MysqlConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_at(config, LedgerTime::Clock(clock)).await
    }

    async fn open_at(config: &MysqlConfig, time: LedgerTime) -> Result<Self, OpenError> {
        // Not through a pool, which would keep to itself why there is no connection.
        let mut connection = open_one(&config.address, Access::Read).await?;
        schema::check(&mut connection).await?;
        let write = |most| Connections::new(config, most, Access::Write);
        let read = |most| Connections::new(config, most, Access::Read);
        Ok(Self {
            writer: Writer::new(write(config.writers.get()), config, time.clone()),
            background: Writer::new(write(BACKGROUND), config, time.clone()),
            readers: Readers::new(read(config.readers.get()), time.clone()),
            poller: Readers::new(read(POLLERS), time.clone()),
            snapshots: Snapshots::new(config, time),
        })
    }

    /// Takes no more writes, lets those that are under way end, and closes the connections.
    /// Calls after this are answered with [`StoreError::Unavailable`].
    pub async fn close(&self) {
        tokio::join!(self.writer.close(), self.background.close());
        let reads = async {
            tokio::join!(
                self.readers.close(),
                self.poller.close(),
                self.snapshots.close(),
            )
        };
        let _still_reading = timeout(READS_END, reads).await;
    }

    /// Runs the unit in a transaction, and returns when that is durable. A caller that goes away
    /// changes nothing: the unit runs.
    pub(crate) async fn write<U: Unit>(&self, unit: U) -> Result<U::Answer, StoreError> {
        self.writer.write(unit).await
    }

    /// As [`write`](Self::write), for jobs and operators: take-overs, withdrawals, expiry, folding,
    /// forgetting, leases. They have connections of their own, before which no crowd comes.
    pub(crate) async fn write_in_background<U: Unit>(
        &self,
        unit: U,
    ) -> Result<U::Answer, StoreError> {
        self.background.write(unit).await
    }

    /// Runs the unit, which can't write, on one snapshot of the whole ledger: for audits.
    pub(crate) async fn snapshot<U: Unit>(&self, unit: U) -> Result<U::Answer, StoreError> {
        self.snapshots.read(unit).await
    }

    /// For reads: an executor of one statement, or [`Readers::run`] for several.
    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// As [`readers`](Self::readers), for what every node must know in time: what changes, holders,
    /// the gate's generation. No crowd of readers comes before it.
    pub(crate) fn poller(&self) -> &Readers {
        &self.poller
    }

    /// Does the server answer, and is the schema still this program's?
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        schema::check(&self.poller)
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
