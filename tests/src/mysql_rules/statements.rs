//! How much is said for a batch, and in how many words: every statement is a way to the server and
//! back, and one that a connection has not prepared is two.

use std::collections::HashSet;
use std::num::NonZeroU16;
use std::sync::Arc;

use adapter_mysql::MysqlStore;
use domain::ports::CouponLedger;
use domain::{Coupon, Event, IssueScope, Timestamp};

use super::ground::Ground;
use super::log::{Command, Log, Said};
use crate::given::{all_issued, issue_kind, window};
use crate::servers::{Make, SqlServer};

/// A store with one connection that writes, on the server's time, and a coupon that is open in it.
struct Heard {
    store: MysqlStore,
    ground: Arc<Ground>,
    coupon: Coupon,
    log: Log,
}

impl Heard {
    async fn on(server: &SqlServer) -> Self {
        let ground = Ground::on(server).await;
        let mut config = ground.ledger.config();
        config.writers = NonZeroU16::MIN;
        let always = window(
            Timestamp::from_micros(0),
            Timestamp::from_micros(i64::MAX / 2),
        );
        let event = Event {
            window: always,
            ..ground.fixture.new_event()
        };
        let event = ground.fixture.store_event(event).await;
        Self {
            store: MysqlStore::open(&config).await.unwrap(),
            coupon: ground
                .fixture
                .coupon_of(&event, issue_kind(1_000_000))
                .await,
            log: Log::of(&ground).await,
            ground: Arc::new(ground),
        }
    }

    /// Issues a batch of this size; what was said until it was committed.
    async fn batch(&self, size: usize) -> Vec<Said> {
        self.log.forget().await;
        let requests = (0..size).map(|number| {
            let name = format!("{size}-{number}-{}", self.ground.fixture.id().simple());
            self.ground.fixture.request(&self.coupon, &name)
        });
        let scope = IssueScope::of(&self.coupon);
        let batch = self.store.issue(scope, requests.collect()).await.unwrap();
        assert_eq!(all_issued(&batch.outcomes).len(), size);
        let connections = self.log.connections().await;
        let mut wrote = connections
            .into_iter()
            .filter(|said| said.iter().any(|said| said.text.starts_with("COMMIT")));
        let mut said = wrote.next().unwrap();
        assert!(wrote.next().is_none());
        let end = said.iter().position(|said| said.text.starts_with("COMMIT"));
        said.truncate(end.unwrap() + 1);
        said
    }
}

pub async fn a_batch_is_few_statements(make: Make) {
    // Two ways: one before the unit, one after it.
    const AROUND: &str = "ROLLBACK; SET SESSION wait_timeout = 5; START TRANSACTION; COMMIT";
    // Locks the event, locks the coupon, asks for the time, counts.
    const BESIDE_LISTS: usize = 4;
    let server = SqlServer::durable(make);
    let heard = Heard::on(&server).await;
    for (size, reads, inserts) in [
        (1, 1, 1),
        (16, 1, 1),
        (200, 1, 5),
        (256, 1, 1),
        (1_000, 4, 10),
    ] {
        heard.batch(size).await;
        let said = heard.batch(size).await;
        let (inside, around): (Vec<_>, Vec<_>) = said
            .iter()
            .partition(|said| said.command == Command::Execute);
        let most = BESIDE_LISTS + reads + inserts;
        assert!(inside.len() <= most, "{size}: {said:#?}");
        let around: Vec<_> = around.iter().map(|said| said.text.as_str()).collect();
        let around = around.join("; ");
        assert!(around.starts_with(AROUND), "{around}");
    }
}

pub async fn batches_of_all_sizes_share_few_statements(make: Make) {
    const MOST: usize = 30;
    let server = SqlServer::durable(make);
    let heard = Heard::on(&server).await;
    let sizes = || (1..=40).chain((41..=600).step_by(53));
    let mut prepared = HashSet::new();
    for size in sizes() {
        for said in heard.batch(size).await {
            assert_ne!(said.command, Command::Close, "{said:?}");
            if said.command == Command::Prepare {
                assert!(
                    prepared.insert(said.text.clone()),
                    "prepared again: {said:?}"
                );
            }
        }
    }
    assert!((1..=MOST).contains(&prepared.len()), "{prepared:#?}");
    for size in sizes() {
        for said in heard.batch(size).await {
            assert!(
                !matches!(said.command, Command::Prepare | Command::Close),
                "{said:?}"
            );
        }
    }
}
