//! The same thing at once, many times: one effect, and everybody hears of that one.

use std::collections::HashSet;
use std::sync::Arc;

use domain::ports::{Creation, KeyScope, KeyedRequest, RequestDigest};
use domain::{Event, EventName, IssueOutcome, IssueRequest, IssueScope};
use tokio::task::{JoinSet, yield_now};

use super::changing::{changed, pause};
use super::kinds::Kind;
use crate::given::{all_issued, everything, issue_kind, issued, keyed, use_kind};
use crate::{Fixture, assert_exact};

pub(super) const TIMES: u32 = 50;

/// What `TIMES` tasks are answered that do this at once.
pub(super) async fn at_once<T: Send + 'static, Work: Future<Output = T> + Send + 'static>(
    fixture: &Arc<Fixture>,
    work: impl Fn(Arc<Fixture>, u32) -> Work,
) -> Vec<T> {
    let mut tasks = JoinSet::new();
    for number in 0..TIMES {
        tasks.spawn(work(fixture.clone(), number));
    }
    tasks.join_all().await
}

pub async fn the_same_copy_id_at_once_is_issued_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    for kind in [issue_kind(9), use_kind(9, 9)] {
        let coupon = fixture.coupon(kind).await;
        let request = fixture.request(&coupon, "a");
        let outcomes = at_once(&fixture, |fixture, _| {
            let (coupon, request) = (coupon.clone(), request.clone());
            async move { fixture.issue_one(&coupon, request).await }
        });
        let outcomes = outcomes.await;
        let copy = issued(&outcomes[0]);
        assert!(outcomes.iter().all(|outcome| issued(outcome) == copy));
        assert_eq!(fixture.read(&coupon).await.counters.issued, 1);
        assert_exact(&*fixture.store, &[coupon.id], [&copy]).await;
    }
}

pub async fn the_same_key_at_once_is_issued_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    for kind in [issue_kind(9), use_kind(9, 9)] {
        let coupon = fixture.coupon(kind).await;
        let outcomes = at_once(&fixture, |fixture, _| {
            let coupon = coupon.clone();
            let request = keyed(fixture.request(&coupon, "a"), 1);
            async move { fixture.issue_one(&coupon, request).await }
        });
        let outcomes = outcomes.await;
        let copies = all_issued(&outcomes);
        assert_eq!(copies.len(), 1);
        for outcome in outcomes {
            match outcome {
                IssueOutcome::Issued(copy) | IssueOutcome::Replayed(copy) => {
                    assert_eq!(copy, copies[0]);
                }
                IssueOutcome::Refused(refusal) => panic!("refused: {refusal:?}"),
            }
        }
        assert_exact(&*fixture.store, &[coupon.id], &copies).await;
    }
}

pub async fn the_limit_of_a_use_coupon_holds_at_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(use_kind(9, 7)).await;
    let outcomes = at_once(&fixture, |fixture, _| {
        let coupon = coupon.clone();
        async move { fixture.ask(&coupon, "a").await }
    });
    let copies = all_issued(&outcomes.await);
    let ordinals: HashSet<_> = copies.iter().map(|copy| copy.ordinal).collect();
    assert_eq!(ordinals, (0..7).collect());
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_keyed_creation_at_once_is_one_creation_and_one_answer(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let scope = KeyScope([1; 32]);
    let creations = at_once(&fixture, |fixture, _| async move {
        let key = KeyedRequest {
            scope,
            digest: RequestDigest([1; 32]),
            answer: |event: &Event, _| event.id.as_bytes().to_vec(),
        };
        // The same request, so the same name; its id is made anew each time.
        let name = EventName::new("the same").unwrap();
        let event = Event {
            name,
            ..fixture.new_event()
        };
        fixture.store.create_event(event, Some(key)).await.unwrap()
    });
    let creations = creations.await;
    let stored = Event::all(&fixture).await;
    assert_eq!(stored.len(), 1);
    let answer = fixture.store.answered(scope).await.unwrap().unwrap();
    assert_eq!(answer.answer, stored[0].id.as_bytes());
    let mut created = 0;
    for creation in creations {
        match creation {
            Creation::Created(event, _) => {
                assert_eq!(event, stored[0]);
                created += 1;
            }
            Creation::Answered(again) => assert_eq!(again, answer),
            Creation::NameTaken => panic!("the key comes before the name"),
        }
    }
    assert_eq!(created, 1);
}

pub async fn a_name_at_once_is_taken_once(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let creations = at_once(&fixture, |fixture, _| async move {
        let name = EventName::new("the same").unwrap();
        let event = Event {
            name,
            ..fixture.new_event()
        };
        fixture.store.create_event(event, None).await.unwrap()
    });
    let creations = creations.await;
    let taken = creations
        .iter()
        .filter(|creation| **creation == Creation::NameTaken)
        .count();
    assert_eq!(taken + 1, creations.len());
    assert_eq!(Event::all(&fixture).await.len(), 1);
}

pub async fn changes_at_once_have_an_epoch_each(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let epochs = at_once(&fixture, |fixture, _| async move {
        let coupon = fixture.coupon(issue_kind(1)).await;
        let paused = changed(&fixture, &coupon, pause(true)).await;
        let resumed = changed(&fixture, &coupon, pause(false)).await;
        assert!(coupon.epoch < paused.epoch && paused.epoch < resumed.epoch);
        [coupon.epoch, paused.epoch, resumed.epoch]
    });
    let epochs = epochs.await.concat();
    assert_eq!(epochs.iter().collect::<HashSet<_>>().len(), epochs.len());
    let newest = fixture.store.changes(None, 1).await.unwrap().epoch;
    assert_eq!(epochs.into_iter().max(), Some(newest));
}

/// Lets others go first, so often.
pub(super) async fn turns(number: u32) {
    for _ in 0..number {
        yield_now().await;
    }
}

pub async fn a_caller_that_goes_away_leaves_all_or_nothing(fixture: Fixture) {
    let fixture = Arc::new(fixture);
    let coupon = fixture.coupon(issue_kind(i64::from(TIMES) * 2)).await;
    let scope = IssueScope::of(&coupon);
    let batches = at_once(&fixture, |fixture, number| {
        let coupon = coupon.clone();
        async move {
            let name = |half| format!("consumer-{number}-{half}");
            let batch = vec![
                fixture.request(&coupon, &name(1)),
                fixture.request(&coupon, &name(2)),
            ];
            // Begun, and given up, sooner or later.
            tokio::select! {
                biased;
                answer = fixture.store.issue(scope, batch.clone()) => drop(answer),
                () = turns(number) => (),
            }
            batch
        }
    });
    let mut copies = Vec::new();
    for batch in batches.await {
        // All of them in one snapshot: what was begun may be finished at any moment.
        let holders = fixture
            .store
            .holders(coupon.id, everything())
            .await
            .unwrap();
        let stored = |request: &IssueRequest| {
            holders
                .iter()
                .any(|(id, _)| *id == request.issued_coupon_id)
        };
        assert_eq!(stored(&batch[0]), stored(&batch[1]), "half a batch");
        // Whoever asks again with the same ids gets the truth.
        copies.extend(all_issued(&fixture.issue(&coupon, batch).await));
    }
    assert_eq!(u32::try_from(copies.len()), Ok(TIMES * 2));
    assert_eq!(
        fixture.read(&coupon).await.counters.issued,
        u64::from(TIMES) * 2
    );
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}
