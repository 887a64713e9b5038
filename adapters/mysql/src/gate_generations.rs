//! The port of the gate's generation.

use async_trait::async_trait;
use domain::ports::{GateGenerations, StoreError};
use sqlx::MySqlConnection;
use uuid::{Builder, Uuid};

use crate::MysqlStore;
use crate::error::nothing_happened;
use crate::rows;
use crate::unit::{LedgerTime, Unit};

#[async_trait]
impl GateGenerations for MysqlStore {
    async fn gate_generation(&self) -> Result<Uuid, StoreError> {
        sqlx::query("SELECT generation FROM gate_generation WHERE one = 1")
            .try_map(|row| rows::uuid(&row, "generation"))
            .fetch_one(self.poller())
            .await
            .map_err(nothing_happened)
    }

    async fn renew_gate_generation(&self) -> Result<Uuid, StoreError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(StoreError::unavailable)?;
        let generation = Builder::from_random_bytes(random).into_uuid();
        self.write_in_background(Renew { generation }).await
    }
}

/// Draws this generation.
struct Renew {
    generation: Uuid,
}

impl Unit for Renew {
    type Answer = Uuid;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        _time: &LedgerTime,
    ) -> Result<Uuid, sqlx::Error> {
        sqlx::query("UPDATE gate_generation SET generation = ? WHERE one = 1")
            .bind(&self.generation.as_bytes()[..])
            .execute(connection)
            .await?;
        Ok(self.generation)
    }
}
