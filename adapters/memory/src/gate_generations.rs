//! The port of the gate's generations.

use async_trait::async_trait;
use domain::ports::{GateGenerations, StoreError};
use uuid::Uuid;

use crate::MemoryStore;

/// Random: a gate may outlive this store, and must not be believed by the next one.
pub(crate) struct GateGeneration(Uuid);

impl Default for GateGeneration {
    fn default() -> Self {
        Self(Uuid::new_v4())
    }
}

#[async_trait]
impl GateGenerations for MemoryStore {
    async fn gate_generation(&self) -> Result<Uuid, StoreError> {
        Ok(self.lock().0.gate_generation.0)
    }

    async fn renew_gate_generation(&self) -> Result<Uuid, StoreError> {
        let renewed = GateGeneration::default();
        let generation = renewed.0;
        self.lock().0.gate_generation = renewed;
        Ok(generation)
    }
}
