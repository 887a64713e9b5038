//! A store to be tested, with the clock it runs on. Knows the stores by how they are opened, and by
//! nothing else.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use adapter_memory::{ManualClock, MemoryStore, SequentialIds};
use adapter_mysql::MysqlStore;
use adapter_sqlite::{SqliteConfig, SqliteStore};
use domain::ports::{
    AnsweredRequests, Catalogue, CouponLedger, HoldLedger, IdGenerator, LockManager, Products,
    PurchaseLedger, Wallets,
};
use firstcome::Adapters;
use tempfile::TempDir;
use uuid::Uuid;

use crate::given::START;
use crate::patience::PATIENCE;
use crate::servers::{Make, SqlServer};

/// All that a store does.
pub trait Store:
    Catalogue
    + CouponLedger
    + AnsweredRequests
    + PurchaseLedger
    + HoldLedger
    + Wallets
    + Products
    + LockManager
{
}

impl<S> Store for S where
    S: Catalogue
        + CouponLedger
        + AnsweredRequests
        + PurchaseLedger
        + HoldLedger
        + Wallets
        + Products
        + LockManager
{
}

/// An empty store, and what it is made of.
pub struct Fixture {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its time; it stands at [`START`] until it is set.
    pub clock: Arc<ManualClock>,
    ids: SequentialIds,
    names: AtomicU32,
    /// What must outlive the store, such as its folder.
    _kept: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// The store in memory.
    pub async fn memory() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        Self::of(Arc::new(MemoryStore::new(clock.clone())), clock, ())
    }

    /// The store in an SQLite file, in a folder that goes with the fixture.
    pub async fn sqlite() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let folder = TempDir::new().unwrap();
        let config = SqliteConfig::in_folder(folder.path());
        let store = SqliteStore::open(&config, clock.clone()).await.unwrap();
        Self::of(Arc::new(store), clock, folder)
    }

    /// The store on MariaDB, as the user that the application has.
    pub async fn mariadb() -> Self {
        Self::on(SqlServer::shared(Make::MariaDb)).await
    }

    /// The store on MySQL, as the user that the application has.
    pub async fn mysql() -> Self {
        Self::on(SqlServer::shared(Make::MySql)).await
    }

    /// The store on this server, as the user that the application has.
    pub async fn on(server: &SqlServer) -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let ledger = server.ledger().await;
        let mut config = ledger.config();
        // What every store must do does not depend on how fast the machine is.
        config.wait = PATIENCE;
        let store = MysqlStore::open_with_clock(&config, clock.clone());
        Self::of_mysql(store.await.unwrap(), clock, ledger)
    }

    /// A store that was opened on this clock.
    pub(crate) fn of_mysql(
        store: MysqlStore,
        clock: Arc<ManualClock>,
        kept: impl Any + Send + Sync,
    ) -> Self {
        Self::of(Arc::new(store), clock, kept)
    }

    fn of(store: Arc<dyn Store>, clock: Arc<ManualClock>, kept: impl Any + Send + Sync) -> Self {
        Self {
            store,
            clock,
            ids: SequentialIds::default(),
            names: AtomicU32::default(),
            _kept: Box::new(kept),
        }
    }

    /// What an application is wired to, to run on this store.
    pub fn adapters(&self) -> Adapters {
        let unused = Arc::new(MemoryStore::new(self.clock.clone()));
        let mut adapters = Adapters::of_store(unused);
        adapters.catalogue = self.store.clone();
        adapters.ledger = self.store.clone();
        adapters.answered = self.store.clone();
        adapters.purchases = self.store.clone();
        adapters.holds = self.store.clone();
        adapters.wallets = self.store.clone();
        adapters.products = self.store.clone();
        adapters
    }

    /// An id that is higher than all before.
    pub fn id(&self) -> Uuid {
        self.ids.next_id()
    }

    /// A number that was not there before, for names.
    pub(crate) fn number(&self) -> u32 {
        self.names.fetch_add(1, Ordering::Relaxed)
    }
}
