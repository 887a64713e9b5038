//! What nodes stand on: a store, perhaps a gate, and the wires there. All of it can go wrong on demand.

use std::{path::Path, sync::Arc};

use adapter_sqlite::{SqliteConfig, SqliteStore};
use async_trait::async_trait;
use firstcome::SystemClock;

use super::{Fault, Kind};
use crate::Store;

/// See the module's header.
#[async_trait]
pub trait Stack: Send + Sync {
    /// How the n-th node reaches it.
    fn settings(&self, node: usize) -> Vec<(&'static str, String)>;

    /// What can go wrong with it, and is to be asked of [`suffer`](Self::suffer).
    fn kinds(&self) -> Vec<Kind>;

    /// Has this go wrong, at once and for as long as it lasts; returns when all is well again.
    async fn suffer(&self, fault: Fault);

    /// The store itself, past every wire; `folder` is where the nodes run.
    async fn ledger(&self, folder: &Path) -> Arc<dyn Store>;

    /// How many deadlocks the database has counted, and how many COMMITs have lost their reply.
    async fn counted(&self) -> Counted;
}

/// What a stack has counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Transactions that the database ended as victims of a deadlock (error 1213).
    pub deadlocks: u64,
    /// COMMITs that were done and had no reply.
    pub commits_lost: u64,
}

/// One SQLite file, which all nodes have open.
#[derive(Clone, Copy, Debug)]
pub struct OneFile;

#[async_trait]
impl Stack for OneFile {
    fn settings(&self, _node: usize) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    fn kinds(&self) -> Vec<Kind> {
        Vec::new()
    }

    async fn suffer(&self, fault: Fault) {
        panic!("{fault:?} does not befall a file")
    }

    async fn ledger(&self, folder: &Path) -> Arc<dyn Store> {
        let config = SqliteConfig::in_folder(folder.join("firstcome-data"));
        let store = SqliteStore::open(&config, Arc::new(SystemClock)).await;
        Arc::new(store.unwrap())
    }

    async fn counted(&self) -> Counted {
        Counted::default()
    }
}
