//! Answers are forgotten when they are old, and no earlier; what orders and copies say of their own
//! keys never is.

use domain::Event;
use domain::ports::{Creation, KeyScope, KeyedRequest, Placed, RequestDigest};

use super::kinds::Kind;
use crate::Fixture;
use crate::given::{END, START, issue_kind, issued, keyed, placed};

fn key(scope: KeyScope) -> KeyedRequest<Event> {
    KeyedRequest {
        scope,
        digest: RequestDigest([1; 32]),
        answer: |_, _| vec![1],
    }
}

/// An answer that is kept at so many microseconds.
async fn answer(fixture: &Fixture, micros: i64) -> KeyScope {
    fixture.clock.set(START.plus_micros(micros));
    let scope = fixture.key();
    let created = fixture.new_event().create(fixture, Some(key(scope))).await;
    assert!(matches!(created, Creation::Created(..)), "{created:?}");
    scope
}

async fn is_kept(fixture: &Fixture, scope: KeyScope) -> bool {
    fixture.store.answered(scope).await.unwrap().is_some()
}

async fn forget(fixture: &Fixture, micros: i64, limit: u32) -> u32 {
    let before = START.plus_micros(micros);
    fixture.store.forget_answered(before, limit).await.unwrap()
}

pub async fn only_what_was_kept_before_the_instant_is_forgotten(fixture: Fixture) {
    let mut scopes = Vec::new();
    for micros in [5, 0, 7] {
        scopes.push(answer(&fixture, micros).await);
    }
    fixture.clock.set(END);
    assert_eq!(forget(&fixture, 0, 9).await, 0);
    for (before, forgotten, kept) in [
        (5, 1, [true, false, true]),
        (6, 1, [false, false, true]),
        (7, 0, [false, false, true]),
        (8, 1, [false, false, false]),
    ] {
        assert_eq!(forget(&fixture, before, 9).await, forgotten);
        for (scope, kept) in scopes.iter().zip(kept) {
            assert_eq!(is_kept(&fixture, *scope).await, kept);
        }
    }
}

pub async fn no_more_is_forgotten_than_asked_for(fixture: Fixture) {
    let mut scopes = Vec::new();
    for micros in 0..5 {
        scopes.push(answer(&fixture, micros).await);
    }
    for (limit, forgotten) in [(0, 0), (2, 2), (2, 2), (2, 1), (2, 0)] {
        assert_eq!(forget(&fixture, 9, limit).await, forgotten);
    }
    for scope in scopes {
        assert!(!is_kept(&fixture, scope).await);
    }
}

pub async fn a_key_that_is_forgotten_is_free(fixture: Fixture) {
    let scope = answer(&fixture, 0).await;
    let again = fixture.new_event().create(&fixture, Some(key(scope))).await;
    assert!(matches!(again, Creation::Answered(_)), "{again:?}");
    assert_eq!(forget(&fixture, 1, 9).await, 1);
    fixture.clock.set(START.plus_micros(1));
    let anew = fixture.new_event().create(&fixture, Some(key(scope))).await;
    assert!(matches!(anew, Creation::Created(..)), "{anew:?}");
    // It is as old as its newest effect.
    assert_eq!(forget(&fixture, 1, 9).await, 0);
    assert!(is_kept(&fixture, scope).await);
}

pub async fn the_keys_of_orders_and_copies_are_never_forgotten(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    let copy = fixture.request(&coupon, "a");
    let copy = issued(&fixture.issue_one(&coupon, keyed(copy, 1)).await);
    let product = fixture.product(1_000, 9).await;
    fixture.charge("a", 9_000).await;
    let request = fixture.purchase("a", &[(&product, 1)]);
    let (order, saga) = placed(fixture.place(&request).await);
    fixture.clock.set(END);
    // The charge's.
    assert_eq!(forget(&fixture, 1, 9).await, 1);
    let again = fixture.place(&request).await;
    assert_eq!(again, Placed::Before(order, saga));
    let again = keyed(fixture.request(&coupon, "a"), 1);
    let again = fixture.issue_one(&coupon, again).await;
    assert_eq!(again, domain::IssueOutcome::Replayed(copy));
    fixture.assert_exact(&[&coupon]).await;
}
