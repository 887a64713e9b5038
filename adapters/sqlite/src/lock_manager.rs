//! The port of locks with a lease.

use async_trait::async_trait;
use domain::Timestamp;
use domain::ports::{Lease, LockManager, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use crate::SqliteStore;
use crate::rows::{self, integer};
use crate::unit::Unit;

pub(crate) const ACQUIRE: &str = "INSERT INTO leases (name, owner, generation, until) \
     VALUES (?1, ?2, 1, ?4) \
     ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until, \
     generation = generation + (until <= ?3) \
     WHERE owner = excluded.owner OR until <= ?3 \
     RETURNING generation";

pub(crate) const HOLD_UNTIL: &str = "UPDATE leases SET until = ?5 \
     WHERE name = ?1 AND owner = ?2 AND generation = ?3 AND until > ?4";

#[async_trait]
impl LockManager for SqliteStore {
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
        self.write(unit).await
    }

    async fn renew(&self, lease: &Lease, micros: i64) -> Result<bool, StoreError> {
        let lease = lease.clone();
        self.write(Prolong { lease, micros }).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let lease = lease.clone();
        let end_now = Prolong { lease, micros: 0 };
        self.write(end_now).await.map(drop)
    }
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
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Option<Lease>, sqlx::Error> {
        let Self {
            name,
            owner,
            micros,
        } = self;
        sqlx::query(ACQUIRE)
            .bind(name)
            .bind(&owner.as_bytes()[..])
            .bind(now.as_micros())
            .bind(now.plus_micros(micros).as_micros())
            .try_map(|row: SqliteRow| {
                let generation: i64 = row.try_get("generation")?;
                Ok(Lease {
                    name,
                    owner,
                    generation: rows::valid(u64::try_from(generation))?,
                })
            })
            .fetch_optional(connection)
            .await
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
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<bool, sqlx::Error> {
        let prolonged = sqlx::query(HOLD_UNTIL)
            .bind(self.lease.name)
            .bind(&self.lease.owner.as_bytes()[..])
            .bind(integer(self.lease.generation))
            .bind(now.as_micros())
            .bind(now.plus_micros(self.micros).as_micros())
            .execute(connection)
            .await?;
        Ok(prolonged.rows_affected() > 0)
    }
}
