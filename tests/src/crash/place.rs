//! Where the store of a run is: in a file, or on a server. Every process of the run opens it anew.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use adapter_memory::ManualClock;
use adapter_mysql::{MysqlConfig, MysqlStore};
use adapter_sqlite::{SqliteConfig, SqliteStore};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::stage;
use crate::Store;
use crate::given::START;
use crate::patience::PATIENCE;
use crate::servers::{Ledger, SqlServer, User};

/// A place, as one process tells another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder of a file.
    Folder(PathBuf),
    /// The address of a database, with the application's user.
    Database(String),
}

impl Place {
    pub(super) fn written(&self) -> Value {
        match self {
            Self::Folder(folder) => json!([folder, null]),
            Self::Database(url) => json!([null, url]),
        }
    }

    pub(super) fn read(value: &Value) -> Self {
        match value[1].as_str() {
            Some(url) => Self::Database(url.to_owned()),
            None => Self::Folder(value[0].as_str().unwrap().into()),
        }
    }

    /// The store there, on this clock.
    pub(super) async fn open(&self, clock: Arc<ManualClock>) -> Opened {
        match self {
            Self::Folder(folder) => {
                let store = SqliteStore::open(&SqliteConfig::in_folder(folder), clock).await;
                Opened::Sqlite(store.unwrap())
            }
            Self::Database(url) => {
                let mut config = MysqlConfig::at(url).unwrap();
                config.wait = PATIENCE;
                let store = MysqlStore::open_with_clock(&config, clock).await;
                Opened::Mysql(Box::new(store.unwrap()))
            }
        }
    }
}

/// A store, as long as a process needs it.
pub(super) enum Opened {
    Sqlite(SqliteStore),
    Mysql(Box<MysqlStore>),
}

impl Opened {
    pub(super) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::new(store.clone()),
            Self::Mysql(store) => Arc::new(MysqlStore::clone(store)),
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::Sqlite(store) => store.close().await,
            Self::Mysql(store) => store.close().await,
        }
    }
}

/// Where the stages of all runs are set.
pub(super) enum Ground {
    /// Copies of this folder.
    Template(TempDir),
    /// Ledgers of this server.
    Server(&'static SqlServer),
}

impl Ground {
    pub(super) async fn of_files() -> Self {
        let template = TempDir::new().unwrap();
        set(&Place::Folder(template.path().to_owned())).await;
        Self::Template(template)
    }

    /// A place of a run's own, with the stage set. What else the run writes goes into `folder`.
    pub(super) async fn place(&self, folder: &Path) -> (Place, Option<Ledger>) {
        match self {
            Self::Template(template) => {
                for file in std::fs::read_dir(template.path()).unwrap() {
                    let file = file.unwrap();
                    std::fs::copy(file.path(), folder.join(file.file_name())).unwrap();
                }
                (Place::Folder(folder.to_owned()), None)
            }
            Self::Server(server) => {
                let ledger = server.ledger().await;
                let place = Place::Database(ledger.socket_url(User::Application));
                set(&place).await;
                (place, Some(ledger))
            }
        }
    }
}

async fn set(place: &Place) {
    let opened = place.open(Arc::new(ManualClock::new(START))).await;
    stage::set(&*opened.store()).await;
    opened.close().await;
}
