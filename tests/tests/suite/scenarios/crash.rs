//! `kill -9` in the middle of a drop: what was answered is kept, what was not is asked again, and in
//! the end exactly as many are issued as there are.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use firstcome_tests::over_http::{Answer, Server, Shop};
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use proptest::{prelude::RngExt, test_runner::TestRng};
use tokio::{sync::watch, task::JoinSet};

use super::seed::seeded;

const CAP: usize = 10_000;
const CONSUMERS: usize = 12_000;
const CONNECTIONS: usize = 64;
const READERS: usize = 8;

/// A consumer, asking until there is an answer.
struct Wish {
    consumer: String,
    key: Option<String>,
    asked: usize,
}

/// A drop that outlives its servers: who still asks, and what the others were told.
struct Wishes {
    open: Mutex<VecDeque<Wish>>,
    /// The copy that each consumer was told of.
    copies: Mutex<HashMap<String, String>>,
    refused: Mutex<HashSet<String>>,
    /// How often no answer came.
    unanswered: AtomicUsize,
    /// How often the copy had been stored before, but its consumer had not been told.
    found: AtomicUsize,
    told: watch::Sender<usize>,
}

impl Wishes {
    /// Everybody's, half of them with a key.
    fn new(rng: &mut TestRng) -> Arc<Self> {
        let wish = |n| Wish {
            consumer: format!("consumer-{n}"),
            key: rng.random_bool(0.5).then(|| format!("key-{n}")),
            asked: 0,
        };
        Arc::new(Self {
            open: Mutex::new((0..CONSUMERS).map(wish).collect()),
            copies: Mutex::default(),
            refused: Mutex::default(),
            unanswered: AtomicUsize::default(),
            found: AtomicUsize::default(),
            told: watch::Sender::new(0),
        })
    }

    /// Lets everybody ask whose wish is open, until all are answered or the server is gone.
    fn ask(self: &Arc<Self>, server: &Server, coupon: &str) -> JoinSet<()> {
        let mut asking = JoinSet::new();
        for _ in 0..CONNECTIONS {
            let (wishes, path) = (
                Arc::clone(self),
                format!("/v1/coupons/{coupon}/issued-coupons"),
            );
            let (mut client, tokens) = (server.client(), server.tokens());
            asking.spawn(async move {
                while let Some(mut wish) = wishes.next() {
                    wish.asked += 1;
                    let token = tokens.consumer(&wish.consumer);
                    let key = wish.key.as_deref().map(|key| ("idempotency-key", key));
                    let answer = client
                        .send(Method::POST, &path, Some(&token), key.as_slice(), None)
                        .await;
                    match answer {
                        Ok(answer) => wishes.told(wish, &answer),
                        Err(_) => {
                            wishes.unanswered.fetch_add(1, Ordering::Relaxed);
                            wishes.open.lock().push_front(wish);
                            return;
                        }
                    }
                }
            });
        }
        asking
    }

    fn next(&self) -> Option<Wish> {
        self.open.lock().pop_front()
    }

    fn told(&self, wish: Wish, answer: &Answer) {
        let has = |copy: String| {
            let before = self.copies.lock().insert(wish.consumer.clone(), copy);
            assert_eq!(before, None, "{} was told twice", wish.consumer);
            self.told.send_modify(|told| *told += 1);
        };
        match (answer.status, answer.code().as_str()) {
            (StatusCode::CREATED, _) => has(answer.text("issuedCouponId")),
            // Stored before the server died. With a key that is a replay, above.
            (StatusCode::CONFLICT, "SINGLE_COUPON_AVAILABLE_PER_EVENT") => {
                assert!(wish.asked > 1 && wish.key.is_none(), "{answer:?}");
                self.found.fetch_add(1, Ordering::Relaxed);
                has(answer.text("issuedCouponId"));
            }
            (StatusCode::CONFLICT, "COUPON_NOT_ISSUABLE") => {
                self.refused.lock().insert(wish.consumer);
            }
            // It says: ask again.
            (StatusCode::SERVICE_UNAVAILABLE, _) => self.open.lock().push_back(wish),
            _ => panic!("{answer:?}"),
        }
    }

    /// Every copy that a consumer was told of is there, and that consumer's.
    async fn assert_kept(self: &Arc<Self>, server: &Server, coupon: &str) {
        let copies: Vec<_> = self.copies.lock().clone().into_iter().collect();
        let distinct: HashSet<_> = copies.iter().map(|(_, copy)| copy.clone()).collect();
        assert_eq!(distinct.len(), copies.len(), "two were told of one copy");
        let mut reading = JoinSet::new();
        for part in copies.chunks(copies.len().div_ceil(READERS).max(1)) {
            let (part, coupon) = (part.to_vec(), coupon.to_owned());
            let (mut client, tokens) = (server.client(), server.tokens());
            reading.spawn(async move {
                for (consumer, copy) in part {
                    let path = format!("/v1/issued-coupons/{copy}");
                    let found = client.get(&path, &tokens.consumer(&consumer)).await;
                    assert_eq!(found.status, StatusCode::OK, "{consumer} lost {copy}");
                    assert_eq!(found.text("consumerId"), consumer);
                    assert_eq!(found.text("couponId"), coupon);
                }
            });
        }
        reading.join_all().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_that_is_killed_twice_keeps_every_201_and_ends_at_exactly_its_cap() {
    let mut rng = seeded();
    let kills = [
        rng.random_range(1_000..4_000),
        rng.random_range(5_000..9_000),
    ];
    println!("kill -9 after so many were told: {kills:?}");
    let wishes = Wishes::new(&mut rng);
    let mut server = Server::start();
    let coupon = Shop::open(&server).await.issue_coupon(10_000).await;

    for kill in kills {
        let asking = wishes.ask(&server, &coupon);
        let mut told = wishes.told.subscribe();
        told.wait_for(|told| *told >= kill).await.unwrap();
        server.kill();
        asking.join_all().await;
        server.restart();
    }
    wishes.ask(&server, &coupon).join_all().await;
    let unanswered = wishes.unanswered.load(Ordering::Relaxed);
    let found = wishes.found.load(Ordering::Relaxed);
    println!("unanswered {unanswered}, of them stored and found by asking again {found}");
    assert!(unanswered > 0, "the kills came after the drop");

    assert_eq!(wishes.copies.lock().len(), CAP);
    assert_eq!(wishes.refused.lock().len(), CONSUMERS - CAP);
    wishes.assert_kept(&server, &coupon).await;

    let audit = Shop::open(&server).await.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], CAP);
    server.assert_audited();
}
