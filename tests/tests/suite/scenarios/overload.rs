//! More than a node can do: what does not fit is refused at once, what is inside is answered.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use application::LaneLimits;
use firstcome_tests::{
    Call, Fault, FaultyLedger, Fixture, Gate,
    given::{END_TEXT, START_TEXT},
    over_http::{Answer, InProcess, Server, ServerBuilder, Shop, Tokens},
    until,
};
use hyper::StatusCode;
use tokio::task::{JoinHandle, JoinSet};

/// An application over a ledger whose next batch stops at the gate.
struct Stuck {
    application: InProcess,
    gate: Arc<Gate>,
}

impl Stuck {
    async fn with_room_for(waiting: usize) -> Self {
        let fixture = Fixture::memory().await;
        let ledger = Arc::new(FaultyLedger::new(fixture.store.clone()));
        let gate = Arc::new(Gate::default());
        ledger.next(Call::Issue, Fault::WaitBefore(gate.clone()));
        let mut adapters = fixture.adapters();
        adapters.ledger = ledger;
        let lanes = LaneLimits {
            waiting,
            // Nobody is told "unknown" however slow the machine is.
            patience: Duration::from_secs(60),
            ..LaneLimits::default()
        };
        let application = InProcess::start(adapters, lanes).await;
        Self { application, gate }
    }

    async fn shop(&self) -> Shop {
        Shop::during(self.application.client(), Some(START_TEXT), END_TEXT).await
    }

    /// Somebody asks, on a connection of its own.
    fn ask(
        &self,
        coupon: &str,
        consumer: String,
    ) -> impl Future<Output = (String, Answer)> + use<> {
        let (mut client, coupon) = (self.application.client(), coupon.to_owned());
        async move {
            let token = Tokens::default().consumer(&consumer);
            let answer = client.issue(&coupon, &token).await.unwrap();
            (consumer, answer)
        }
    }

    /// Somebody asks, and is in the batch that stands at the gate.
    async fn stands_at_the_gate(&self, coupon: &str) -> JoinHandle<(String, Answer)> {
        let first = tokio::spawn(self.ask(coupon, "first".to_owned()));
        self.gate.has_waiting(1).await;
        first
    }
}

fn assert_overloaded(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.code(), "OVERLOADED");
    assert!(!answer.header("retry-after").is_empty());
}

#[tokio::test]
async fn what_does_not_fit_is_refused_at_once_and_leaves_no_trace() {
    // What one event may take of the room for eight.
    const ROOM: usize = 6;
    const COME: usize = 30;
    let stuck = Stuck::with_room_for(8).await;
    let mut shop = stuck.shop().await;
    let coupon = shop.issue_coupon(1_000).await;
    let first = stuck.stands_at_the_gate(&coupon).await;

    let mut others = JoinSet::new();
    for n in 0..COME {
        others.spawn(stuck.ask(&coupon, format!("consumer-{n}")));
    }
    // The gate is shut: whoever is answered now, is refused.
    let mut refused = HashSet::new();
    for _ in ROOM..COME {
        let (consumer, answer) = others.join_next().await.unwrap().unwrap();
        assert_overloaded(&answer);
        refused.insert(consumer);
    }
    assert!(others.try_join_next().is_none());

    stuck.gate.open();
    let mut inside = others.join_all().await;
    inside.push(first.await.unwrap());
    for (consumer, answer) in &inside {
        assert_eq!(answer.status, StatusCode::CREATED, "{consumer}: {answer:?}");
    }
    let mut client = stuck.application.client();
    for consumer in refused {
        let token = Tokens::default().consumer(&consumer);
        let copies = client.get("/v1/issued-coupons", &token).await;
        assert_eq!(copies.json()["items"].as_array().unwrap().len(), 0);
        let (_, again) = stuck.ask(&coupon, consumer).await;
        assert_eq!(again.status, StatusCode::CREATED, "{again:?}");
    }
    let audit = shop.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], COME + 1);
    stuck.application.stop().await;
}

#[tokio::test]
async fn an_event_that_is_stuck_does_not_delay_another() {
    let stuck = Stuck::with_room_for(100).await;
    let (mut busy, mut quiet) = (stuck.shop().await, stuck.shop().await);
    let (crowded, calm) = (busy.issue_coupon(1_000).await, quiet.issue_coupon(9).await);
    let first = stuck.stands_at_the_gate(&crowded).await;
    let mut crowd = JoinSet::new();
    for n in 0..20 {
        crowd.spawn(stuck.ask(&crowded, format!("consumer-{n}")));
    }

    for consumer in ["ann", "bob"] {
        let (_, answer) = stuck.ask(&calm, consumer.to_owned()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }
    assert_eq!(stuck.gate.waiting(), 1);
    assert!(!first.is_finished() && crowd.try_join_next().is_none());

    stuck.gate.open();
    for (_, answer) in crowd.join_all().await {
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    }
    busy.assert_exact(&crowded).await;
    quiet.assert_exact(&calm).await;
    stuck.application.stop().await;
}

#[tokio::test]
async fn an_event_that_has_filled_its_room_is_refused_and_another_is_not() {
    let stuck = Stuck::with_room_for(20).await;
    let (mut busy, mut quiet) = (stuck.shop().await, stuck.shop().await);
    let (crowded, calm) = (busy.issue_coupon(1_000).await, quiet.issue_coupon(9).await);
    let first = stuck.stands_at_the_gate(&crowded).await;
    let mut crowd = JoinSet::new();
    let mut come = 0;
    // More and more come, until one is refused: then there is no room for this event.
    let full = loop {
        crowd.spawn(stuck.ask(&crowded, format!("consumer-{come}")));
        come += 1;
        if let Some(answered) = crowd.try_join_next() {
            break answered.unwrap().1;
        }
        assert!(come < 1_000, "nobody is refused");
        tokio::task::yield_now().await;
    };
    assert_overloaded(&full);
    for consumer in ["ann", "bob", "carol"] {
        let (_, answer) = stuck.ask(&calm, consumer.to_owned()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        assert_overloaded(&stuck.ask(&crowded, consumer.to_owned()).await.1);
    }

    stuck.gate.open();
    assert_eq!(first.await.unwrap().1.status, StatusCode::CREATED);
    crowd.join_all().await;
    busy.assert_exact(&crowded).await;
    quiet.assert_exact(&calm).await;
    stuck.application.stop().await;
}

/// How much memory the server has, in KiB.
fn memory_kib(server: &Server) -> u64 {
    let status = format!("/proc/{}/status", server.pid());
    let status = std::fs::read_to_string(status).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.unwrap().trim().strip_suffix(" kB").unwrap();
    kib.parse().unwrap()
}

/// So many consumers ask once each, over many more connections than there is room for; how many got
/// a copy. The others were told that it is too much.
async fn stampede(server: &Server, coupon: &str, name: &'static str, consumers: usize) -> usize {
    const CONNECTIONS: usize = 96;
    let next = Arc::new(AtomicUsize::default());
    let mut asking = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (mut client, tokens) = (server.client(), server.tokens());
        let (next, coupon) = (Arc::clone(&next), coupon.to_owned());
        asking.spawn(async move {
            let mut issued = 0;
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= consumers {
                    return issued;
                }
                let token = tokens.consumer(&format!("{name}-{n}"));
                let answer = client.issue(&coupon, &token).await.unwrap();
                match answer.status {
                    StatusCode::CREATED => issued += 1,
                    _ => assert_overloaded(&answer),
                }
            }
        });
    }
    asking.join_all().await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_stays_flat_under_overload() {
    const CONSUMERS: usize = 4_000;
    const GROWTH_KIB: u64 = 48 * 1_024;
    let server = ServerBuilder::default().with("max_waiting", 4).start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(1_000_000).await;
    let mut issued = stampede(&server, &coupon, "warm", CONSUMERS).await;
    let before = memory_kib(&server);
    issued += stampede(&server, &coupon, "hot", 3 * CONSUMERS).await;
    let after = memory_kib(&server);
    println!(
        "{issued} issued of {} asked; {before} KiB, then {after} KiB",
        4 * CONSUMERS
    );
    assert!(issued < 4 * CONSUMERS, "there was no overload");
    assert!(
        after < before + GROWTH_KIB,
        "{before} KiB, then {after} KiB"
    );
    assert_eq!(shop.assert_exact(&coupon).await["rows"]["issued"], issued);
    server.assert_audited();

    // And it is as good as before.
    let token = server.tokens().consumer("late");
    let late = server.client().issue(&coupon, &token).await.unwrap();
    assert_eq!(late.status, StatusCode::CREATED, "{late:?}");
    until("an idle server", async || {
        let ready = server.client().get("/health/ready", "").await;
        (ready.status == StatusCode::OK).then_some(())
    })
    .await;
}
