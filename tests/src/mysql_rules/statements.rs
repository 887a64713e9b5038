//! How often a batch goes to the server and back, what it says there, and when.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use adapter_mysql::MysqlStore;
use domain::ports::CouponLedger;
use domain::{Coupon, Event, IssueScope, Timestamp};

use super::ground::Ground;
use super::log::{Command, Log, Said};
use super::wire::{Shears, through};
use crate::given::{all_issued, issue_kind, window};
use crate::servers::{Make, SqlServer};

/// A store with one connection that writes, on the server's time, and a coupon that is open in it.
struct Heard {
    store: MysqlStore,
    ground: Arc<Ground>,
    coupon: Coupon,
    log: Log,
    wire: Shears,
}

/// The server's time.
const NOW: &str = "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)";

impl Heard {
    async fn on(server: &SqlServer) -> Self {
        let ground = Ground::on(server).await;
        let wire = Shears::default();
        let mut config = through(&ground.ledger, &wire);
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
            wire,
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

pub async fn a_batch_is_four_trips_whatever_its_size(make: Make) {
    // Two of them around the unit; between: locks the event, locks the coupon, asks for the time, looks
    // for copies; then inserts them and counts.
    const STATEMENTS: [&str; 10] = [
        "ROLLBACK",
        "SET SESSION wait_timeout = 5",
        "START TRANSACTION",
        "SELECT id FROM events",
        "SELECT c.id",
        "SELECT CAST(UNIX_TIMESTAMP(NOW(6))",
        "SELECT i.id",
        "INSERT INTO issued_coupons",
        "UPDATE coupons SET issued",
        "COMMIT",
    ];
    let server = SqlServer::durable(make);
    let heard = Heard::on(&server).await;
    heard.batch(1).await;
    for size in [1, 16, 200, 256, 1_000] {
        let before = heard.wire.trips.load(Ordering::SeqCst);
        let said = heard.batch(size).await;
        assert_eq!(heard.wire.trips.load(Ordering::SeqCst) - before, 4);
        assert!(said.iter().all(|said| said.command == Command::Query));
        // One make logs a text, the other each statement of it.
        let texts: Vec<_> = said.iter().map(|said| said.text.as_str()).collect();
        let texts = texts.join("; ");
        let statements: Vec<_> = texts.split("; ").take(STATEMENTS.len()).collect();
        assert_eq!(statements.len(), STATEMENTS.len(), "{texts}");
        for (said, begins) in statements.into_iter().zip(STATEMENTS) {
            assert!(said.starts_with(begins), "{said}");
        }
    }
}

pub async fn a_batch_that_has_waited_for_its_lock_is_of_the_time_after_it(make: Make) {
    let server = SqlServer::durable(make);
    let heard = Heard::on(&server).await;
    let mut stranger = heard.ground.stranger().await;
    stranger.locks("coupons", heard.coupon.id.as_uuid()).await;
    let requests = vec![heard.ground.fixture.request(&heard.coupon, "waits")];
    let store = heard.store.clone();
    let scope = IssueScope::of(&heard.coupon);
    let batch = tokio::spawn(async move { store.issue(scope, requests).await.unwrap() });
    heard.ground.until_waiting(1).await;
    let waited_until = heard.ground.count(NOW).await;
    stranger.ends().await;
    let [copy] = &all_issued(&batch.await.unwrap().outcomes)[..] else {
        panic!("one copy was asked for");
    };
    assert!(copy.issued_at.as_micros() >= waited_until);
}
