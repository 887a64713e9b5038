//! `firstcome migrate`: brings a store's tables to this version, or prints who may do what in them.

use super::{Failure, print};
use crate::{
    OpenError,
    exit::Exit,
    logs, open,
    settings::{Settings, Store},
};

pub(super) async fn migrate(settings: Settings) -> Result<Exit, Failure> {
    logs::start(&settings.log, settings.log_format)
        .map_err(|error| Failure::new(Exit::Usage, error))?;
    let Store::Mysql(config) = &settings.store else {
        // Whoever opens it has migrated it.
        open(&settings).await?.close().await;
        return print("the store is up to date");
    };
    let applied = adapter_mysql::migrate(config)
        .await
        .map_err(OpenError::from)?;
    let (from, to) = (applied.from, applied.to);
    if from == to {
        return print(&format!("the store is up to date, at version {to}"));
    }
    print(&format!(
        "the store was at version {from} and is at version {to} now"
    ))?;
    print("next: run what `firstcome migrate --grants` prints, for tables may be new")
}

pub(super) fn grants(settings: &Settings) -> Result<Exit, Failure> {
    match &settings.store {
        Store::Mysql(config) => print(adapter_mysql::grants(config.database()).trim_end()),
        Store::Sqlite | Store::Memory => Err(Failure::new(
            Exit::Usage,
            "`store`: `--grants` is for mysql://…; sqlite and memory know no users",
        )),
    }
}
