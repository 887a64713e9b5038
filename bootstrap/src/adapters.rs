//! Which adapter stands behind each port.

use std::sync::Arc;

use adapter_memory::MemoryStore;
use adapter_mysql::{MysqlConfig, MysqlStore};
use adapter_payments::{HttpPayments, HttpPaymentsConfig, NoProvider};
use adapter_redis::{RedisConfig, RedisConnection, RedisGate, RedisLocks};
use adapter_scheduler::TokioScheduler;
use adapter_sqlite::{SqliteConfig, SqliteStore};
use application::PaidBy;
use domain::ports::{
    AdmissionGate, AnsweredRequests, Catalogue, Clock, CouponLedger, GateGenerations, HoldLedger,
    IdGenerator, LockManager, Payments, Products, PurchaseLedger, Scheduler, Wallets,
};

use crate::{
    SystemClock, UuidV7,
    data_folder::{DataFolder, DataFolderError},
    settings::{self, Gate, Settings, Store},
};

/// What the application is wired to.
#[derive(Clone)]
pub struct Adapters {
    /// Events, discount policies, coupons.
    pub catalogue: Arc<dyn Catalogue>,
    /// The only one that says yes.
    pub ledger: Arc<dyn CouponLedger>,
    /// What was answered before.
    pub answered: Arc<dyn AnsweredRequests>,
    /// Orders and their sagas.
    pub purchases: Arc<dyn PurchaseLedger>,
    /// Holds of shops with a checkout of their own.
    pub holds: Arc<dyn HoldLedger>,
    /// Wallets and sellers' balances.
    pub wallets: Arc<dyn Wallets>,
    /// Products on sale.
    pub products: Arc<dyn Products>,
    /// Who pays for new orders.
    pub paid_by: PaidBy,
    /// The payment provider, for new orders and for those that it paid before.
    pub payments: Arc<dyn Payments>,
    /// The gate in front of the ledger, where there is one.
    pub gate: Option<GatePorts>,
    /// Runs the jobs.
    pub scheduler: Arc<dyn Scheduler>,
    /// The machine's time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdGenerator>,
    /// The store, to be closed at the end.
    opened: Option<Opened>,
}

/// A store that must be closed.
#[derive(Clone)]
enum Opened {
    Sqlite(SqliteStore),
    Mysql(MysqlStore),
}

/// What a gate in front of the ledger takes.
#[derive(Clone)]
pub struct GatePorts {
    /// The gate.
    pub gate: Arc<dyn AdmissionGate>,
    /// The ledger, which says what a gate must be filled from.
    pub generations: Arc<dyn GateGenerations>,
    /// The lock under which gates are filled.
    pub locks: Arc<dyn LockManager>,
}

/// A store that can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder is no use.
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    /// The embedded store is no use.
    #[error("the store in `data` can't be opened")]
    Sqlite(#[from] adapter_sqlite::OpenError),
    /// The server of the store is away, or its tables are no use.
    #[error("`store`")]
    Mysql(#[from] adapter_mysql::OpenError),
    /// The gate's addresses can't be those of one Redis, or of one cluster.
    #[error("`gate`")]
    Gate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is nothing to open.
    #[error("`store` is memory: it lives and ends with its server, so there is nothing to {0}")]
    NothingToOpen(&'static str),
}

impl Adapters {
    /// Ports that are all one store, on the machine's clock; wallets pay.
    pub fn of_store<S>(store: Arc<S>) -> Self
    where
        S: Catalogue
            + CouponLedger
            + AnsweredRequests
            + PurchaseLedger
            + HoldLedger
            + Wallets
            + Products
            + LockManager
            + 'static,
    {
        let ids: Arc<dyn IdGenerator> = Arc::new(UuidV7);
        let locks: Arc<dyn LockManager> = Arc::<S>::clone(&store);
        Self {
            catalogue: Arc::<S>::clone(&store),
            ledger: Arc::<S>::clone(&store),
            answered: Arc::<S>::clone(&store),
            purchases: Arc::<S>::clone(&store),
            holds: Arc::<S>::clone(&store),
            wallets: Arc::<S>::clone(&store),
            products: store,
            paid_by: PaidBy::Wallet,
            payments: Arc::new(NoProvider),
            gate: None,
            scheduler: Arc::new(TokioScheduler::new(locks, Arc::clone(&ids))),
            clock: Arc::new(SystemClock),
            ids,
            opened: None,
        }
    }

    /// The same, with new orders paid by a provider.
    #[must_use]
    pub fn paid_by_provider(self, provider: Arc<dyn Payments>) -> Self {
        Self {
            paid_by: PaidBy::Provider,
            payments: provider,
            ..self
        }
    }

    /// The same, behind a gate.
    #[must_use]
    pub fn behind(self, gate: GatePorts) -> Self {
        Self {
            gate: Some(gate),
            ..self
        }
    }

    fn of_sqlite(store: SqliteStore) -> Self {
        Self {
            opened: Some(Opened::Sqlite(store.clone())),
            ..Self::of_store(Arc::new(store))
        }
    }

    fn of_mysql(store: MysqlStore) -> Self {
        Self {
            opened: Some(Opened::Mysql(store.clone())),
            ..Self::of_store(Arc::new(store))
        }
    }

    /// Lets the store finish what it has begun. Nothing may be asked of it any more.
    pub async fn close(&self) {
        match &self.opened {
            Some(Opened::Sqlite(store)) => store.close().await,
            Some(Opened::Mysql(store)) => store.close().await,
            None => {}
        }
    }
}

/// Opens the store that `settings` name. An embedded one is brought up to date; one that nodes share
/// must be, by `firstcome migrate`. A gate that is away is no obstacle.
///
/// # Errors
/// [`OpenError`].
pub async fn open(settings: &Settings) -> Result<Adapters, OpenError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let adapters = match &settings.store {
        Store::Memory => Adapters::of_store(Arc::new(MemoryStore::new(clock))),
        Store::Sqlite => {
            let folder = DataFolder::open(&settings.data)?;
            let config = SqliteConfig::in_folder(folder.path());
            Adapters::of_sqlite(SqliteStore::open(&config, clock).await?)
        }
        Store::Mysql(config) => shared_store(config, &settings.gate).await?,
    };
    Ok(match &settings.payments {
        settings::Payments::Wallet => adapters,
        settings::Payments::Provider(base_url) => {
            let config = HttpPaymentsConfig::at(base_url.clone());
            adapters.paid_by_provider(Arc::new(HttpPayments::new(config)))
        }
    })
}

async fn shared_store(config: &MysqlConfig, gate: &Gate) -> Result<Adapters, OpenError> {
    let store = MysqlStore::open(config).await?;
    let generations = Arc::new(store.clone());
    let adapters = Adapters::of_mysql(store);
    Ok(match gate {
        Gate::None => adapters,
        Gate::Redis(config) => adapters.behind(redis_gate(config, generations).await?),
    })
}

/// The gate, and beside it the lock under which it is filled: where Redis is away, there is nothing
/// to fill.
async fn redis_gate(
    config: &RedisConfig,
    generations: Arc<dyn GateGenerations>,
) -> Result<GatePorts, OpenError> {
    let connection = RedisConnection::open(config)
        .await
        .map_err(|error| OpenError::Gate(error.into()))?;
    Ok(GatePorts {
        gate: Arc::new(RedisGate::new(connection.clone())),
        generations,
        locks: Arc::new(RedisLocks::new(connection)),
    })
}

/// Opens the store that `settings` name beside whoever serves it, changing nothing, to `do_what`.
///
/// # Errors
/// [`OpenError`].
pub async fn open_read_only(
    settings: &Settings,
    do_what: &'static str,
) -> Result<Adapters, OpenError> {
    match &settings.store {
        Store::Memory => Err(OpenError::NothingToOpen(do_what)),
        Store::Sqlite => {
            let store = SqliteStore::open_read_only(&settings.data, Arc::new(SystemClock)).await?;
            Ok(Adapters::of_sqlite(store))
        }
        Store::Mysql(config) => Ok(Adapters::of_mysql(MysqlStore::open(config).await?)),
    }
}
