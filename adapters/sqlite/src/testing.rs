//! What the tests of this crate share: a ledger in a folder of its own, a clock that is set by
//! hand, and something to issue.

mod purchases;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::ports::{Catalogue, Clock, CouponLedger, Creation};
use domain::{
    Audit, Cap, ConsumerId, Counters, Coupon, CouponId, CouponKind, CouponName, Discount,
    DiscountPolicy, DiscountPolicyId, DiscountPolicyName, Epoch, Event, EventId, EventName,
    IssueOutcome, IssueRequest, IssueScope, IssuedCouponId, Money, PerConsumerLimit, RequestKey,
    Timestamp, Window,
};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::config::file_in;
use crate::unit::Unit;
use crate::{SqliteConfig, SqliteStore};

pub(crate) use purchases::*;

/// Stands still until it is set; counts how often it was asked.
pub(crate) struct SetClock {
    micros: AtomicI64,
    asked: AtomicU64,
}

impl SetClock {
    pub(crate) fn at(micros: i64) -> Arc<Self> {
        Arc::new(Self {
            micros: micros.into(),
            asked: 0.into(),
        })
    }

    pub(crate) fn set(&self, micros: i64) {
        self.micros.store(micros, Ordering::SeqCst);
    }

    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.asked.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }
}

/// Ids that rise within the test's process.
pub(crate) fn next_id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let rises = LAST.fetch_add(1, Ordering::SeqCst);
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + u128::from(rises))
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub(crate) async fn open(folder: &TempDir) -> SqliteStore {
    let config = SqliteConfig::in_folder(folder.path());
    SqliteStore::open(&config, SetClock::at(150)).await.unwrap()
}

/// As [`open`], with the clock that it runs on.
pub(crate) async fn open_at(folder: &TempDir, micros: i64) -> (SqliteStore, Arc<SetClock>) {
    let config = SqliteConfig::in_folder(folder.path());
    let clock = SetClock::at(micros);
    let store = SqliteStore::open(&config, clock.clone()).await.unwrap();
    (store, clock)
}

/// A connection of somebody else, free to do anything.
pub(crate) async fn outsider(folder: &TempDir) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(file_in(folder.path()))
        .connect()
        .await
        .unwrap()
}

/// Statements of somebody else, whatever they do.
pub(crate) async fn by_hand(
    connection: &mut SqliteConnection,
    sql: &'static str,
) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(sql).execute(connection).await.map(drop)
}

/// Breaks what the CHECKs protect.
pub(crate) async fn by_force(folder: &TempDir, sql: &'static str) {
    let mut outsider = outsider(folder).await;
    by_hand(&mut outsider, "PRAGMA ignore_check_constraints = ON")
        .await
        .unwrap();
    by_hand(&mut outsider, sql).await.unwrap();
}

pub(crate) fn event(name: &str) -> Event {
    Event {
        id: EventId::from_uuid(next_id()),
        name: EventName::new(name).unwrap(),
        window: Window::new(Timestamp::from_micros(100), Timestamp::from_micros(200)).unwrap(),
    }
}

pub(crate) fn policy(name: &str) -> DiscountPolicy {
    DiscountPolicy {
        id: DiscountPolicyId::from_uuid(next_id()),
        name: DiscountPolicyName::new(name).unwrap(),
        discount: Discount::Fixed {
            amount: Money::new(500).unwrap(),
        },
        minimum_order_amount: None,
    }
}

pub(crate) fn coupon(name: &str, cap: i64, event: &Event, policy: &DiscountPolicy) -> Coupon {
    Coupon {
        id: CouponId::from_uuid(next_id()),
        name: CouponName::new(name).unwrap(),
        event_id: event.id,
        event_window: event.window,
        discount_policy_id: policy.id,
        kind: CouponKind::Issue {
            maximum_issued: Cap::new(cap).unwrap(),
            redundant_usable: false,
        },
        expires_at: Timestamp::from_micros(190),
        paused: false,
        epoch: Epoch(0),
        counters: Counters::default(),
    }
}

/// Stores an ISSUE_COUPON in an event of its own; both have this name.
pub(crate) async fn on_offer(store: &SqliteStore, name: &str, cap: i64) -> Coupon {
    let kind = CouponKind::Issue {
        maximum_issued: Cap::new(cap).unwrap(),
        redundant_usable: false,
    };
    offered(store, name, kind, 100..200).await
}

/// The same with a USE_COUPON, of which a consumer may have two copies, that never ends.
pub(crate) async fn on_offer_to_use(store: &SqliteStore, name: &str, cap: i64) -> Coupon {
    let kind = CouponKind::Use {
        maximum_usage: Cap::new(cap).unwrap(),
        per_consumer_limit: PerConsumerLimit::new(2).unwrap(),
    };
    offered(store, name, kind, 100..i64::MAX).await
}

/// A coupon of this kind, with its event of this window, which it lasts as long as.
pub(crate) async fn offered(
    store: &SqliteStore,
    name: &str,
    kind: CouponKind,
    window: Range<i64>,
) -> Coupon {
    let (start, end) = (
        Timestamp::from_micros(window.start),
        Timestamp::from_micros(window.end),
    );
    let event = Event {
        window: Window::new(start, end).unwrap(),
        ..event(name)
    };
    let policy = policy(name);
    let coupon = Coupon {
        kind,
        expires_at: end,
        ..coupon(name, 1, &event, &policy)
    };
    store.create_event(event, None).await.unwrap();
    store.create_discount_policy(policy, None).await.unwrap();
    match store.create_coupon(coupon, None).await.unwrap() {
        Creation::Created(coupon, _) => coupon,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn request(coupon: &Coupon, consumer: &str) -> IssueRequest {
    IssueRequest {
        issued_coupon_id: IssuedCouponId::from_uuid(next_id()),
        coupon_id: coupon.id,
        consumer_id: ConsumerId::new(consumer).unwrap(),
        request_key: Some(RequestKey(*next_id().as_bytes())),
    }
}

pub(crate) fn is_issued(outcome: &IssueOutcome) -> bool {
    matches!(outcome, IssueOutcome::Issued(_))
}

/// Asks for one copy.
pub(crate) async fn issue(store: &SqliteStore, coupon: &Coupon, consumer: &str) -> IssueOutcome {
    let requests = vec![request(coupon, consumer)];
    let batch = store.issue(IssueScope::of(coupon), requests).await.unwrap();
    batch.outcomes.into_iter().next().unwrap()
}

pub(crate) async fn audit(store: &SqliteStore, coupon: &Coupon) -> Audit {
    Audit::of(store.audit(coupon.id).await.unwrap().unwrap())
}

/// Runs these statements in the writer's own transaction.
pub(crate) struct Statements(pub(crate) &'static str);

impl Unit for Statements {
    type Answer = ();

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(self.0).execute(connection).await.map(drop)
    }
}

/// Reads one number in the writer's own transaction.
pub(crate) struct Number(pub(crate) &'static str);

impl Unit for Number {
    type Answer = i64;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(self.0).fetch_one(connection).await
    }
}

/// How many statements the writer keeps prepared.
pub(crate) struct Prepared;

impl Unit for Prepared {
    type Answer = usize;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<usize, sqlx::Error> {
        Ok(connection.cached_statements_size())
    }
}

/// None of the statements reads a table, or an index, from end to end, and none sorts what it finds
/// (the lines of one order or trace apart). Of an index of what is to be done, all may be done.
pub(crate) async fn assert_no_scan(statements: &[&str]) {
    const ALLOWED: [&str; 6] = [
        "INDEX money_entries_to_fold",
        "INDEX coupons_to_be_withdrawn",
        "SCAN json_each",
        "SCAN j ",
        "SCAN (subquery",
        "B-TREE FOR json_group_array",
    ];
    let folder = folder();
    let _store = open(&folder).await;
    let mut outsider = outsider(&folder).await;
    let mut bad = Vec::new();
    for statement in statements {
        for step in plan(&mut outsider, statement).await {
            let is_bad = step.contains("SCAN") || step.contains("B-TREE");
            if is_bad && !ALLOWED.iter().any(|part| step.contains(part)) {
                bad.push(format!("{step}: {statement}"));
            }
        }
    }
    assert!(bad.is_empty(), "{bad:#?}");
}

/// The steps of a statement's plan.
pub(crate) async fn plan(connection: &mut SqliteConnection, statement: &str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(explain).fetch_all(connection).await.unwrap();
    steps.into_iter().map(|(.., step)| step).collect()
}
