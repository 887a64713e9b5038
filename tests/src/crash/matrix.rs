//! Every variant, with a death before and after every point of it; and after each a recovery by
//! another process, and the oracle.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::Arc;

use adapter_memory::ManualClock;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};

use super::child::{ORDERS, Orders};
use super::oracle;
use super::place::Ground;
use super::points::{Death, Moment};
use super::variant::Variant;
use crate::given::START;
use crate::provider::Provider;
use crate::servers::{Make, SqlServer};

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
    ground: Ground,
    turns: Semaphore,
}

impl Matrix {
    /// Of the test binary that this process runs, whose test `child` obeys; on SQLite.
    pub async fn on_sqlite(child: &'static str) -> Arc<Self> {
        Self::on(Ground::of_files().await, child)
    }

    /// The same on a server of this make.
    pub fn on_server(make: Make, child: &'static str) -> Arc<Self> {
        Self::on(Ground::Server(SqlServer::shared(make)), child)
    }

    fn on(ground: Ground, child: &'static str) -> Arc<Self> {
        Arc::new(Self {
            child,
            ground,
            turns: Semaphore::new(AT_A_TIME),
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
        let _turn = self.turns.acquire().await.unwrap();
        let told = format!("{variant}, {death:?}");
        let folder = TempDir::new().unwrap();
        let (place, _ledger) = self.ground.place(folder.path()).await;
        let provider = Provider::start();
        variant.upset(&provider);
        let mut orders = Orders {
            place: place.clone(),
            report: folder.path().join("passed.json"),
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

        let opened = place.open(Arc::new(ManualClock::new(START))).await;
        oracle::assert_ended(&*opened.store(), &provider, &variant, &told).await;
        opened.close().await;
        passed
    }

    async fn dies(&self, orders: &Orders, told: &str) {
        let ended = self.child(orders).await;
        let by = ended.status.signal();
        assert_eq!(by, Some(Signal::ABORT.as_raw()), "{told}: {}", said(&ended));
        assert!(!orders.report.exists(), "{told}");
    }

    async fn lives(&self, orders: &Orders, told: &str) -> Vec<String> {
        let ended = self.child(orders).await;
        assert!(ended.status.success(), "{told}: {}", said(&ended));
        let passed = std::fs::read(&orders.report).unwrap();
        std::fs::remove_file(&orders.report).unwrap();
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

fn said(ended: &Output) -> String {
    let (out, err) = (&ended.stdout, &ended.stderr);
    format!(
        "{}\n{}{}",
        ended.status,
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}
