//! The rules of the one writer. Where units have to share a transaction, a gate holds the writer
//! in an earlier one until they are all queued.

use std::time::Duration;

use domain::Timestamp;
use domain::ports::{CouponLedger, StoreError};
use futures_util::future::join_all;
use rstest::rstest;
use tokio::sync::oneshot;

use super::*;
use crate::SqliteStore;
use crate::testing::{Number, SetClock, Statements, audit, folder, on_offer, open, outsider};
use std::num::NonZeroU16;

/// Keeps the writer in its transaction until the other end is dropped.
struct Gate {
    entered: oneshot::Sender<()>,
    open: oneshot::Receiver<()>,
}

impl Unit for Gate {
    type Answer = Timestamp;

    async fn run(
        self,
        _connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Timestamp, sqlx::Error> {
        self.entered.send(()).unwrap();
        let _opened = self.open.await;
        Ok(now)
    }
}

/// The writer is inside a transaction now, and stays there until the answer is dropped.
async fn hold(store: &SqliteStore) -> oneshot::Sender<()> {
    let (entered, is_in) = oneshot::channel();
    let (keep, open) = oneshot::channel();
    let gate = Gate { entered, open };
    let store = store.clone();
    tokio::spawn(async move { store.write(gate).await });
    is_in.await.unwrap();
    keep
}

/// Inserts an event with this number, then does what `then` says.
struct Insert {
    id: u8,
    then: Then,
}

#[derive(Clone, Copy)]
enum Then {
    Finish,
    BreakACheck,
    Misread,
    Panic,
    FailBadly,
    VetoTheCommit,
}

impl Unit for Insert {
    type Answer = (u8, Timestamp);

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Self::Answer, sqlx::Error> {
        sqlx::query("INSERT INTO events VALUES (?1, ?2, 0, 1)")
            .bind(&[self.id; 16][..])
            .bind(self.id.to_string())
            .execute(&mut *connection)
            .await?;
        match self.then {
            Then::Finish => {}
            Then::BreakACheck => {
                sqlx::query("UPDATE epochs SET last = -1")
                    .execute(connection)
                    .await?;
            }
            Then::Misread => return Err(sqlx::Error::Decode("not what it should be".into())),
            Then::Panic => panic!("a bug in a unit"),
            Then::FailBadly => return Err(sqlx::Error::WorkerCrashed),
            Then::VetoTheCommit => connection.lock_handle().await?.set_commit_hook(|| false),
        }
        Ok((self.id, now))
    }
}

/// The events that are there, as somebody else sees them.
async fn stored(folder: &tempfile::TempDir) -> Vec<String> {
    sqlx::query_scalar("SELECT name FROM events ORDER BY name")
        .fetch_all(&mut outsider(folder).await)
        .await
        .unwrap()
}

/// Runs the units in one transaction.
async fn together<U: Unit>(
    store: &SqliteStore,
    units: impl IntoIterator<Item = U>,
) -> Vec<Result<U::Answer, StoreError>> {
    let gate = hold(store).await;
    let mut calls: Vec<_> = units
        .into_iter()
        .map(|unit| Box::pin(store.write(unit)))
        .collect();
    for call in &mut calls {
        assert!(futures_util::poll!(call).is_pending());
    }
    drop(gate);
    join_all(calls).await
}

fn inserts<const N: usize>(then: [Then; N]) -> impl Iterator<Item = Insert> {
    (0..).zip(then).map(|(id, then)| Insert { id, then })
}

#[tokio::test]
async fn the_writer_is_durable_and_patient() {
    let folder = folder();
    let store = open(&folder).await;
    for (pragma, expected) in [
        ("PRAGMA synchronous", 2),
        ("PRAGMA fullfsync", 1),
        ("PRAGMA busy_timeout", 5_000),
        ("PRAGMA foreign_keys", 1),
        ("PRAGMA temp_store", 2),
        ("PRAGMA wal_autocheckpoint", 10_000),
        ("PRAGMA journal_size_limit", 67_108_864),
        ("SELECT journal_mode = 'wal' FROM pragma_journal_mode", 1),
    ] {
        let actual = store.write(Number(pragma)).await.unwrap();
        assert_eq!(actual, expected, "{pragma}");
    }
}

#[tokio::test]
async fn units_that_wait_share_a_transaction_and_its_time() {
    let folder = folder();
    let clock = SetClock::at(150);
    let config = SqliteConfig::in_folder(folder.path());
    let store = SqliteStore::open(&config, clock.clone()).await.unwrap();
    let answers = together(&store, inserts([Then::Finish; 10])).await;
    assert!(answers.iter().all(Result::is_ok));
    // Once for the gate's transaction, once for the ten.
    assert_eq!(clock.asked(), 2);
}

#[tokio::test]
async fn more_units_than_a_transaction_takes_are_the_next_one() {
    let folder = folder();
    let clock = SetClock::at(150);
    let config = SqliteConfig::in_folder(folder.path());
    let store = SqliteStore::open(&config, clock.clone()).await.unwrap();
    let answers = together(&store, inserts([Then::Finish; UNITS_PER_COMMIT + 1])).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(clock.asked(), 3);
}

#[rstest]
#[case::breaks_a_check(Then::BreakACheck)]
#[case::misreads(Then::Misread)]
#[case::panics(Then::Panic)]
#[tokio::test]
async fn a_unit_that_fails_is_undone_alone(#[case] failure: Then) {
    let folder = folder();
    let store = open(&folder).await;
    let [before, failed, after] =
        <[_; 3]>::try_from(together(&store, inserts([Then::Finish, failure, Then::Finish])).await)
            .unwrap();
    assert_eq!(before.unwrap().0, 0);
    assert!(!matches!(failed, Ok(_) | Err(StoreError::Unknown(_))));
    assert_eq!(after.unwrap().0, 2);
    assert_eq!(stored(&folder).await, ["0", "2"]);
}

#[rstest]
#[case::breaks_a_check(Then::BreakACheck)]
#[case::misreads(Then::Misread)]
#[case::panics(Then::Panic)]
#[case::fails_badly(Then::FailBadly)]
#[case::commit_fails(Then::VetoTheCommit)]
#[tokio::test]
async fn a_unit_that_fails_with_no_other_beside_it_is_undone_and_the_writer_goes_on(
    #[case] failure: Then,
) {
    let folder = folder();
    let store = open(&folder).await;
    let failed = store
        .write(Insert {
            id: 0,
            then: failure,
        })
        .await;
    assert!(!matches!(failed, Ok(_) | Err(StoreError::Unknown(_))));
    let next = Insert {
        id: 1,
        then: Then::Finish,
    };
    store.write(next).await.unwrap();
    assert_eq!(stored(&folder).await, ["1"]);
}

#[rstest]
#[case::fails_badly(Then::FailBadly)]
#[case::commit_fails(Then::VetoTheCommit)]
#[tokio::test]
async fn when_the_transaction_fails_nobody_is_told_yes_and_nothing_is_stored(
    #[case] failure: Then,
) {
    let folder = folder();
    let store = open(&folder).await;
    let answers = together(
        &store,
        inserts([Then::Finish, Then::Misread, failure, Then::Finish]),
    )
    .await;
    assert!(matches!(answers[0], Err(StoreError::Unavailable(_))));
    assert!(matches!(answers[1], Err(StoreError::Corrupt(_))));
    assert!(matches!(answers[2], Err(StoreError::Unavailable(_))));
    assert!(matches!(answers[3], Err(StoreError::Unavailable(_))));
    assert!(stored(&folder).await.is_empty());
    let next = Insert {
        id: 9,
        then: Then::Finish,
    };
    store.write(next).await.unwrap();
    assert_eq!(stored(&folder).await, ["9"]);
}

#[tokio::test]
async fn after_a_failure_the_new_connection_is_as_durable_as_the_old() {
    let folder = folder();
    let store = open(&folder).await;
    let bad = Insert {
        id: 0,
        then: Then::FailBadly,
    };
    store.write(bad).await.unwrap_err();
    let synchronous = Number("PRAGMA synchronous");
    assert_eq!(store.write(synchronous).await.unwrap(), 2);
}

#[tokio::test]
async fn what_does_not_fit_into_the_queue_is_refused_and_not_done() {
    let folder = folder();
    let mut config = SqliteConfig::in_folder(folder.path());
    config.pending_writes = NonZeroU16::MIN;
    let store = SqliteStore::open(&config, SetClock::at(150)).await.unwrap();
    let gate = hold(&store).await;
    let mut first = Box::pin(store.write(inserts([Then::Finish]).next().unwrap()));
    assert!(futures_util::poll!(&mut first).is_pending());
    let second = store
        .write(Insert {
            id: 1,
            then: Then::Finish,
        })
        .await;
    assert!(matches!(second, Err(StoreError::Overloaded)));
    drop(gate);
    first.await.unwrap();
    assert_eq!(stored(&folder).await, ["0"]);
}

#[tokio::test]
async fn a_caller_that_goes_away_changes_nothing() {
    let folder = folder();
    let store = open(&folder).await;
    let gate = hold(&store).await;
    let mut call = Box::pin(store.write(inserts([Then::Finish]).next().unwrap()));
    assert!(futures_util::poll!(&mut call).is_pending());
    drop(call);
    drop(gate);
    store.close().await;
    assert_eq!(stored(&folder).await, ["0"]);
}

#[tokio::test]
async fn closing_finishes_what_is_queued_and_takes_nothing_more() {
    let folder = folder();
    let store = open(&folder).await;
    let gate = hold(&store).await;
    let mut queued = Box::pin(store.write(inserts([Then::Finish]).next().unwrap()));
    assert!(futures_util::poll!(&mut queued).is_pending());
    let closing = tokio::spawn({
        let store = store.clone();
        async move { store.close().await }
    });
    drop(gate);
    closing.await.unwrap();
    assert_eq!(queued.await.unwrap().0, 0);
    let late = store
        .write(Insert {
            id: 1,
            then: Then::Finish,
        })
        .await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))));
    assert_eq!(stored(&folder).await, ["0"]);
}

#[tokio::test]
async fn a_write_waits_for_the_transaction_of_another_process() {
    let folder = folder();
    let store = open(&folder).await;
    let mut other = outsider(&folder).await;
    let theirs = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let mut call = Box::pin(store.write(inserts([Then::Finish]).next().unwrap()));
    // Not an assertion on time: it can't be answered before the other has finished.
    let early = tokio::time::timeout(Duration::from_millis(50), &mut call).await;
    assert!(early.is_err());
    theirs.rollback().await.unwrap();
    assert_eq!(call.await.unwrap().0, 0);
}

#[tokio::test]
async fn a_full_disk_refuses_and_never_says_issued_and_the_store_recovers() {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "full", 100_000).await;
    store
        .write(Statements("PRAGMA max_page_count = 1"))
        .await
        .unwrap();
    let mut acknowledged = 0;
    let refused = loop {
        let requests = (0..100)
            .map(|_| crate::testing::request(&coupon, &crate::testing::next_id().to_string()))
            .collect();
        match store.issue(domain::IssueScope::of(&coupon), requests).await {
            Ok(batch) => acknowledged += batch.outcomes.len(),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused:?}");
    let after = audit(&store, &coupon).await;
    assert!(after.is_exact(), "{:?}", after.violations);
    assert_eq!(after.rows.issued, u64::try_from(acknowledged).unwrap());
    // The failed connection took its limit with it: there is space again.
    let outcome = crate::testing::issue(&store, &coupon, "afterwards").await;
    assert!(crate::testing::is_issued(&outcome));
}

#[tokio::test]
async fn a_unit_that_writes_nothing_costs_no_trip_to_the_disk() {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "one", 1).await;
    assert!(crate::testing::is_issued(
        &crate::testing::issue(&store, &coupon, "first").await
    ));
    let log = folder.path().join("firstcome.db-wal");
    let before = std::fs::metadata(&log).unwrap();
    for consumer in ["first", "second", "third"] {
        let outcome = crate::testing::issue(&store, &coupon, consumer).await;
        assert!(!crate::testing::is_issued(&outcome));
    }
    let after = std::fs::metadata(&log).unwrap();
    assert_eq!(after.len(), before.len());
    assert_eq!(after.modified().unwrap(), before.modified().unwrap());
}
