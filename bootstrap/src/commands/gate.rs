//! `firstcome gate renew`: no gate is believed any more; each is filled anew from the ledger.

use adapter_mysql::MysqlStore;
use domain::ports::{GateGenerations, StoreError};

use super::{Failure, exit_for, print};
use crate::{
    OpenError,
    exit::Exit,
    logs,
    settings::{Settings, Store},
};

/// Asks the ledger only: which gate is believed stands there, and the gate itself may be away.
pub(super) async fn renew(settings: Settings) -> Result<Exit, Failure> {
    let Store::Mysql(config) = &settings.store else {
        return Err(Failure::new(
            Exit::Usage,
            "`store`: only a store in MySQL has a gate in front of it: set it to mysql://…",
        ));
    };
    logs::start(&settings.log, settings.log_format)
        .map_err(|error| Failure::new(Exit::Usage, error))?;
    let store = MysqlStore::open(config).await.map_err(OpenError::from)?;
    let renewed = store.renew_gate_generation().await;
    store.close().await;
    let generation = renewed.map_err(|error: StoreError| Failure::new(exit_for(&error), error))?;
    print(&format!("the gate's generation is {generation} now"))?;
    print("within a second every node takes its gates for closed, and they are filled anew")
}
