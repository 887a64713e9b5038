//! Every variant, with a death before and after every point of it; and after each a recovery by
//! another process, and the oracle.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use adapter_memory::ManualClock;
use adapter_sqlite::{SqliteConfig, SqliteStore};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use super::child::{ORDERS, Orders, report};
use super::points::{Death, Moment};
use super::variant::Variant;
use super::{oracle, stage};
use crate::given::START;
use crate::provider::Provider;

/// So many children at a time: most of them wait, for a disk or for the next try.
const AT_A_TIME: usize = 6;

/// What came of one variant.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which.
    pub variant: Variant,
    /// The points at which it was made to die.
    pub points: Vec<String>,
    /// How often a process died, was recovered from, and the oracle held.
    pub deaths: usize,
}

/// The matrix of a test binary.
pub struct Matrix {
    /// The test that calls [`obey`](super::obey), with its whole path.
    child: &'static str,
    /// A store on which the stage is set.
    template: TempDir,
    places: Semaphore,
}

impl Matrix {
    /// Of the test binary that this process runs, whose test `child` obeys.
    pub async fn of(child: &'static str) -> Arc<Self> {
        let template = TempDir::new().unwrap();
        let store = open(template.path()).await;
        stage::set(&store).await;
        store.close().await;
        Arc::new(Self {
            child,
            template,
            places: Semaphore::new(AT_A_TIME),
        })
    }

    /// Runs all of it.
    ///
    /// # Panics
    /// When a process does not die where it has to, or what is left is not recovered exactly.
    pub async fn run(self: Arc<Self>) -> Vec<Row> {
        let mut variants = JoinSet::new();
        for (number, variant) in Variant::all().into_iter().enumerate() {
            let matrix = Arc::clone(&self);
            variants.spawn(async move { (number, matrix.row(number, variant).await) });
        }
        let mut rows = variants.join_all().await;
        rows.sort_by_key(|(number, _)| *number);
        rows.into_iter().map(|(_, row)| row).collect()
    }

    async fn row(self: Arc<Self>, number: usize, variant: Variant) -> Row {
        let points = self.clone().act(number, variant.clone(), None).await;
        let mut deaths = JoinSet::new();
        for point in 1..=points.len() {
            for moment in [Moment::Before, Moment::After] {
                let death = Death { point, moment };
                let (matrix, variant) = (Arc::clone(&self), variant.clone());
                deaths.spawn(async move { matrix.act(number, variant, Some(death)).await });
            }
        }
        Row {
            variant,
            points,
            deaths: deaths.join_all().await.len(),
        }
    }

    /// One run: all who die, one who recovers, and the oracle. The points that the one passed who was
    /// to die last, if it was not to die at all.
    async fn act(
        self: Arc<Self>,
        number: usize,
        variant: Variant,
        death: Option<Death>,
    ) -> Vec<String> {
        let _place = self.places.acquire().await.unwrap();
        let told = format!("{variant}, {death:?}");
        let folder = TempDir::new().unwrap();
        for file in std::fs::read_dir(self.template.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        let provider = Provider::start();
        variant.upset(&provider);
        let mut orders = Orders {
            folder: folder.path().to_owned(),
            provider: provider.base_url(),
            variant: number,
            recover: false,
            death: None,
        };
        if variant.died.is_some() {
            orders.death = variant.died;
            self.dies(&orders, &told).await;
            orders.recover = true;
        }
        orders.death = death;
        let passed = if death.is_some() {
            self.dies(&orders, &told).await;
            Vec::new()
        } else {
            self.lives(&orders, &told).await
        };
        orders.recover = true;
        orders.death = None;
        self.lives(&orders, &told).await;

        let store = open(folder.path()).await;
        oracle::assert_ended(&store, &provider, &variant, &told).await;
        store.close().await;
        passed
    }

    async fn dies(&self, orders: &Orders, told: &str) {
        let ended = self.child(orders).await;
        let by = ended.status.signal();
        assert_eq!(by, Some(Signal::ABORT.as_raw()), "{told}: {}", said(&ended));
        assert!(!report(&orders.folder).exists(), "{told}");
    }

    async fn lives(&self, orders: &Orders, told: &str) -> Vec<String> {
        let ended = self.child(orders).await;
        assert!(ended.status.success(), "{told}: {}", said(&ended));
        let report = report(&orders.folder);
        let passed = std::fs::read(&report).unwrap();
        std::fs::remove_file(report).unwrap();
        serde_json::from_slice(&passed).unwrap()
    }

    async fn child(&self, orders: &Orders) -> Output {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([self.child, "--exact", "--nocapture"])
            .env(ORDERS, orders.written());
        spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }
}

async fn open(folder: &Path) -> SqliteStore {
    let clock = Arc::new(ManualClock::new(START));
    let store = SqliteStore::open(&SqliteConfig::in_folder(folder), clock).await;
    store.unwrap()
}

fn said(ended: &Output) -> String {
    let (out, err) = (&ended.stdout, &ended.stderr);
    format!(
        "{}\n{}{}",
        ended.status,
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}
