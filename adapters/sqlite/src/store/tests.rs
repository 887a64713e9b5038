//! What is SQLite's own about opening, sharing and surviving; the ports' rules stand in the
//! conformance suite.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use domain::ports::{
    AnsweredRequests, Catalogue, CouponLedger, Creation, KeyScope, KeyedRequest, RequestDigest,
    StoreError,
};
use domain::{CouponChange, IssueOutcome, IssueScope, IssuedCouponId, Page};
use futures_util::future::join_all;

use super::*;
use crate::testing::{
    SetClock, audit, event, folder, is_issued, issue, next_id, on_offer, open, outsider, policy,
    request,
};

#[tokio::test]
async fn a_reopened_ledger_has_everything() {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "kept", 3).await;
    let key = KeyedRequest {
        scope: KeyScope([7; 32]),
        digest: RequestDigest([8; 32]),
        answer: |event: &domain::Event, now: domain::Timestamp| {
            format!("{} at {}", event.name, now.as_micros()).into_bytes()
        },
    };
    let keyed = event("keyed");
    store.create_event(keyed, Some(key)).await.unwrap();
    let IssueOutcome::Issued(copy) = issue(&store, &coupon, "someone").await else {
        panic!("not issued");
    };
    let changed = CouponChange {
        paused: Some(true),
        ..CouponChange::default()
    };
    store.change_coupon(coupon.id, changed).await.unwrap();
    store.close().await;

    let store = open(&folder).await;
    assert_eq!(store.issued_coupon(copy.id).await.unwrap(), Some(copy));
    let answered = store.answered(KeyScope([7; 32])).await.unwrap().unwrap();
    assert_eq!(answered.answer, b"keyed at 150");
    let again = store.coupon(coupon.id).await.unwrap().unwrap();
    assert!(again.paused);
    assert_eq!(again.counters.issued, 1);
    // The sequence of epochs goes on where it stood.
    let next = on_offer(&store, "next", 3).await;
    assert_eq!(
        (coupon.epoch.0, again.epoch.0, next.epoch.0),
        (1, 2, 3),
        "created, paused, created"
    );
}

#[tokio::test]
async fn a_store_that_was_not_closed_has_everything_too() {
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "kept", 3).await;
    assert!(is_issued(&issue(&store, &coupon, "someone").await));
    // As a crash leaves them: the file and its log, in the middle of things.
    let crashed = tempfile::tempdir().unwrap();
    for file in ["firstcome.db", "firstcome.db-wal"] {
        std::fs::copy(folder.path().join(file), crashed.path().join(file)).unwrap();
    }
    let reader = SqliteStore::open_read_only(crashed.path(), SetClock::at(150))
        .await
        .unwrap();
    assert!(audit(&reader, &coupon).await.is_exact());
    let again = open(&crashed).await;
    assert_eq!(audit(&again, &coupon).await.rows.issued, 1);
}

#[tokio::test]
async fn closing_twice_is_closing_and_a_closed_store_says_so() {
    let folder = folder();
    let store = open(&folder).await;
    store.ready().await.unwrap();
    store.close().await;
    store.close().await;
    assert!(!folder.path().join("firstcome.db-wal").exists());
    assert!(matches!(
        store.ready().await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(matches!(
        store.events(FIRST).await,
        Err(StoreError::Unavailable(_))
    ));
    assert!(matches!(
        store.create_event(event("late"), None).await,
        Err(StoreError::Unavailable(_))
    ));
}

const FIRST: Page<domain::EventId> = Page {
    after: None,
    limit: 10,
};

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file_and_its_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let store = open(&folder).await;
    on_offer(&store, "any", 1).await;
    for file in ["firstcome.db", "firstcome.db-wal", "firstcome.db-shm"] {
        let mode = std::fs::metadata(folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[tokio::test]
async fn reading_needs_a_ledger_that_is_there_and_migrates_nothing() {
    let folder = folder();
    let opened = SqliteStore::open_read_only(folder.path(), SetClock::at(150)).await;
    assert!(matches!(opened.err().unwrap(), OpenError::Missing(_)));
    assert!(!folder.path().join("firstcome.db").exists());

    std::fs::write(folder.path().join("firstcome.db"), "").unwrap();
    let opened = SqliteStore::open_read_only(folder.path(), SetClock::at(150)).await;
    assert!(matches!(
        opened.err().unwrap(),
        OpenError::SchemaOlder { found: 0, known: 2 }
    ));

    std::fs::write(folder.path().join("firstcome.db"), "no ledger ".repeat(99)).unwrap();
    let opened = SqliteStore::open_read_only(folder.path(), SetClock::at(150)).await;
    assert!(matches!(opened.err().unwrap(), OpenError::Store(_)));
}

#[tokio::test]
async fn a_reader_sees_what_a_live_server_commits_and_can_not_write() {
    let folder = folder();
    let store = open(&folder).await;
    let reader = SqliteStore::open_read_only(folder.path(), SetClock::at(150))
        .await
        .unwrap();
    let coupon = on_offer(&store, "live", 2).await;
    assert!(is_issued(&issue(&store, &coupon, "someone").await));
    assert_eq!(audit(&reader, &coupon).await.rows.issued, 1);
    reader.ready().await.unwrap();
    let requests = vec![request(&coupon, "other")];
    let refused = reader.issue(IssueScope::of(&coupon), requests).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))));
    let forbidden = sqlx::query("DELETE FROM issued_coupons")
        .execute(store.readers())
        .await;
    assert!(forbidden.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_that_open_a_fresh_ledger_at_once_all_succeed() {
    let folder = folder();
    let config = SqliteConfig::in_folder(folder.path());
    let opened = join_all((0..8).map(|_| {
        let config = config.clone();
        tokio::spawn(async move { SqliteStore::open(&config, SetClock::at(150)).await })
    }))
    .await;
    for (number, store) in opened.into_iter().enumerate() {
        let store = store.unwrap().unwrap();
        let created = store.create_event(event(&number.to_string()), None).await;
        assert!(matches!(created, Ok(Creation::Created(..))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_issue_exactly_the_cap_together() {
    const CAP: usize = 300;
    let folder = folder();
    let stores = [open(&folder).await, open(&folder).await];
    let coupon = on_offer(&stores[0], "shared", 300).await;
    let calls = (0..100).map(|number| {
        let store = stores[number % 2].clone();
        // Every consumer asks twice, once through each store.
        let consumers = number / 2 * 10..number / 2 * 10 + 10;
        let requests = consumers
            .map(|consumer| request(&coupon, &consumer.to_string()))
            .collect();
        let scope = IssueScope::of(&coupon);
        tokio::spawn(async move { store.issue(scope, requests).await.unwrap() })
    });
    let mut issued = HashSet::new();
    for batch in join_all(calls).await {
        for outcome in batch.unwrap().outcomes {
            if let IssueOutcome::Issued(copy) = outcome {
                assert!(issued.insert(copy.consumer_id), "one copy per consumer");
            }
        }
    }
    assert_eq!(issued.len(), CAP);
    for store in &stores {
        let audit = audit(store, &coupon).await;
        assert!(audit.is_exact(), "{:?}", audit.violations);
        assert_eq!(audit.rows.issued, 300);
    }
}

/// The trap: a `begin()` that is cancelled leaves its connection in a transaction, and whoever gets
/// the connection next writes into it, is told yes, and loses everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_cancelled_at_any_instant_lose_nothing_that_was_acknowledged() {
    const CALLS: usize = 4_000;
    let folder = folder();
    let store = open(&folder).await;
    let coupon = on_offer(&store, "cancelled", 1_000_000).await;
    let acknowledged = Arc::new(Mutex::new(Vec::<IssuedCouponId>::new()));
    let cancelled = Arc::new(AtomicUsize::new(0));
    for wave in 0..CALLS / 200 {
        let calls = (0..200).map(|number| {
            let (store, coupon) = (store.clone(), coupon.clone());
            let (acknowledged, cancelled) = (Arc::clone(&acknowledged), Arc::clone(&cancelled));
            tokio::spawn(async move {
                // Anything from "before it has begun" to "long after it is done".
                let patience = 1 << ((wave * 200 + number) % 15);
                let give_up = async {
                    for _ in 0..patience {
                        tokio::task::yield_now().await;
                    }
                };
                let call = async {
                    let requests = vec![request(&coupon, &next_id().to_string())];
                    let batch = match store.issue(IssueScope::of(&coupon), requests).await {
                        // Units of calls that went away still fill the queue.
                        Err(StoreError::Overloaded) => return,
                        answer => answer.unwrap(),
                    };
                    let [IssueOutcome::Issued(copy)] = &batch.outcomes[..] else {
                        panic!("{batch:?}");
                    };
                    acknowledged.lock().unwrap().push(copy.id);
                    let read = store.issued_coupon(copy.id).await;
                    assert!(!matches!(read, Ok(None)), "{} is not visible", copy.id);
                };
                tokio::select! {
                    biased;
                    () = call => {}
                    () = give_up => { cancelled.fetch_add(1, Ordering::SeqCst); }
                }
            })
        });
        for call in join_all(calls).await {
            call.unwrap();
        }
    }
    let acknowledged = std::mem::take(&mut *acknowledged.lock().unwrap());
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    let cancelled = cancelled.load(Ordering::SeqCst);
    assert!(cancelled > 100, "{cancelled}");
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT id FROM issued_coupons")
        .fetch_all(&mut outsider(&folder).await)
        .await
        .unwrap();
    let stored: HashSet<Vec<u8>> = stored.into_iter().collect();
    for id in acknowledged {
        assert!(stored.contains(&id.as_bytes()[..]), "{id} was lost");
    }
    assert!(is_issued(&issue(&store, &coupon, "afterwards").await));
    let audit = audit(&store, &coupon).await;
    assert!(audit.is_exact(), "{:?}", audit.violations);
}

#[tokio::test]
async fn a_read_that_finds_no_connection_in_time_is_refused_as_overload() {
    let folder = folder();
    let store = open(&folder).await;
    let mut all = Vec::new();
    for _ in 0..READERS {
        all.push(store.readers().acquire().await.unwrap());
    }
    let refused = store.events(FIRST).await;
    assert!(matches!(refused, Err(StoreError::Overloaded)));
    drop(all);
    store.events(FIRST).await.unwrap();
}

#[tokio::test]
async fn a_coupon_without_its_event_is_refused_as_a_whole() {
    let folder = folder();
    let store = open(&folder).await;
    let stranger = crate::testing::coupon("stray", 1, &event("nowhere"), &policy("nowhere"));
    let refused = store.create_coupon(stranger.clone(), None).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))));
    assert_eq!(store.coupon(stranger.id).await.unwrap(), None);
    assert_eq!(on_offer(&store, "first", 1).await.epoch.0, 1);
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_first_and_an_id_that_is_taken_is_corrupt() {
    let folder = folder();
    let store = open(&folder).await;
    let first = event("first");
    store.create_event(first.clone(), None).await.unwrap();
    let again = store.create_event(first.clone(), None).await;
    assert!(matches!(again, Ok(Creation::NameTaken)));
    let id = first.id;
    let same_id = domain::Event {
        id,
        ..event("second")
    };
    let refused = store.create_event(same_id, None).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))));
}

#[tokio::test]
async fn a_name_that_is_taken_draws_no_epoch() {
    let folder = folder();
    let store = open(&folder).await;
    let first = on_offer(&store, "first", 1).await;
    let again = store.create_coupon(first, None).await;
    assert!(matches!(again, Ok(Creation::NameTaken)));
    assert_eq!(on_offer(&store, "second", 1).await.epoch.0, 2);
}

#[tokio::test]
async fn a_crowd_of_readers_is_refused_in_a_second_and_holds_up_nothing_that_must_be_known() {
    let folder = folder();
    let store = open(&folder).await;
    let mut taken = Vec::new();
    for _ in 0..READERS {
        taken.push(store.readers().acquire().await.unwrap());
    }
    // The pool's own default would keep it waiting for 30 s.
    let refused = tokio::time::timeout(Duration::from_secs(15), store.events(FIRST)).await;
    assert!(matches!(refused.unwrap(), Err(StoreError::Overloaded)));
    assert!(store.changes(None, 0).await.is_ok());
}
