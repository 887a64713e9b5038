//! The port of locks with a lease.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::{Lease, LockManager, StoreError};
use sqlx::mysql::MySqlRow;
use sqlx::{MySqlConnection, Row};
use uuid::Uuid;

use crate::MysqlStore;
use crate::rows::{self, integer};
use crate::unit::{LedgerTime, Unit};

#[async_trait]
impl LockManager for MysqlStore {
    async fn acquire(
        &self,
        name: &'static str,
        owner: Uuid,
        micros: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let unit = Acquire {
            name,
            owner,
            micros,
        };
        self.write_in_background(unit).await
    }

    async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write_in_background(Prolong { lease, micros }).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        let end_now = Prolong { lease, micros: 0 };
        self.write_in_background(end_now).await.map(drop)
    }
}

/// A lock as it is written down, held or run out.
struct Written {
    lease: Lease,
    until: Timestamp,
}

/// The row of a lock, locked.
async fn locked(
    connection: &mut MySqlConnection,
    name: &'static str,
) -> Result<Option<Written>, sqlx::Error> {
    sqlx::query("SELECT owner, generation, until_at FROM leases WHERE name = ? FOR UPDATE")
        .bind(name)
        .try_map(|row: MySqlRow| {
            Ok(Written {
                lease: Lease {
                    name,
                    owner: rows::uuid(&row, "owner")?,
                    generation: rows::number(&row, "generation")?,
                },
                until: Timestamp::from_micros(row.try_get("until_at")?),
            })
        })
        .fetch_optional(connection)
        .await
}

/// Takes a lock that is free, has run out, or is the owner's already. One that has run out is a new
/// generation, also for who had it last: its old lease is lost.
struct Acquire {
    name: &'static str,
    owner: Uuid,
    micros: i64,
}

impl Unit for Acquire {
    type Answer = Option<Lease>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Option<Lease>, sqlx::Error> {
        let written = locked(&mut *connection, self.name).await?;
        let now = time.now(&mut *connection).await?;
        let generation = match &written {
            None => 1,
            Some(Written { lease, until }) if *until <= now => lease.generation.saturating_add(1),
            Some(Written { lease, .. }) if lease.owner == self.owner => lease.generation,
            Some(_) => return Ok(None),
        };
        let lease = Lease {
            name: self.name,
            owner: self.owner,
            generation,
        };
        // When there is none, somebody else may be inserting it too; whoever comes second finds it
        // when it runs again.
        let write = if written.is_some() {
            "UPDATE leases SET owner = ?, generation = ?, until_at = ? WHERE name = ?"
        } else {
            "INSERT INTO leases (owner, generation, until_at, name) VALUES (?, ?, ?, ?)"
        };
        sqlx::query(write)
            .bind(&lease.owner.as_bytes()[..])
            .bind(integer(lease.generation))
            .bind(now.plus_micros(self.micros).as_micros())
            .bind(lease.name)
            .execute(connection)
            .await?;
        Ok(Some(lease))
    }
}

/// Sets when a lease that is held runs out, counted from now; false when it is lost.
struct Prolong {
    lease: Lease,
    micros: i64,
}

impl Unit for Prolong {
    type Answer = bool;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<bool, sqlx::Error> {
        let written = locked(&mut *connection, self.lease.name).await?;
        let now = time.now(&mut *connection).await?;
        let held = written.filter(|held| held.lease == self.lease && now < held.until);
        if held.is_none() {
            return Ok(false);
        }
        sqlx::query("UPDATE leases SET until_at = ? WHERE name = ?")
            .bind(now.plus_micros(self.micros).as_micros())
            .bind(self.lease.name)
            .execute(connection)
            .await?;
        Ok(true)
    }
}
