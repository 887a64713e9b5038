//! Issuing: the same request again is the same request, by its key or by its copy's id.

use domain::{IssueOutcome, IssueRefusal};

use super::changing::{changed, pause, raise_issued};
use crate::given::{
    END, START, all_issued, everything, issue_kind, issued, keyed, refused, use_kind,
};
use crate::{Fixture, assert_exact};

pub async fn the_same_key_again_is_answered_with_the_first_copy(fixture: Fixture) {
    for kind in [issue_kind(9), use_kind(9, 5)] {
        let coupon = fixture.coupon(kind).await;
        let ask = |key| keyed(fixture.request(&coupon, "a"), key);
        // Within a batch …
        let outcomes = fixture.issue(&coupon, vec![ask(1), ask(1)]).await;
        let copy = issued(&outcomes[0]);
        assert_eq!(outcomes[1], IssueOutcome::Replayed(copy.clone()));
        // … and in a later one, at another time.
        fixture.clock.set(START.plus_micros(7));
        let again = fixture.issue_one(&coupon, ask(1)).await;
        assert_eq!(again, IssueOutcome::Replayed(copy.clone()));
        assert_eq!(fixture.read(&coupon).await.counters.issued, 1);
        assert_exact(&*fixture.store, &[coupon.id], [&copy]).await;
    }
}

pub async fn a_key_is_the_consumers_and_the_coupons_own(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(9)).await;
    let two = fixture.coupon_of(&event, issue_kind(9)).await;
    let elsewhere = fixture.coupon(issue_kind(9)).await;
    let ask = async |coupon, name| {
        let request = keyed(fixture.request(coupon, name), 1);
        fixture.issue_one(coupon, request).await
    };
    let first = issued(&ask(&one, "a").await);
    let copies = [
        first,
        issued(&ask(&one, "b").await),
        issued(&ask(&elsewhere, "a").await),
    ];
    let outcome = ask(&two, "a").await;
    let issued_coupon_id = copies[0].id;
    assert_eq!(
        refused(&outcome),
        IssueRefusal::SingleCouponAvailablePerEvent { issued_coupon_id }
    );
    assert_exact(&*fixture.store, &[one.id, two.id, elsewhere.id], &copies).await;
}

pub async fn another_key_is_another_request(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(9, 5)).await;
    let plain = || fixture.request(&coupon, "a");
    let batch = vec![keyed(plain(), 1), keyed(plain(), 2), plain(), plain()];
    let copies = all_issued(&fixture.issue(&coupon, batch).await);
    assert_eq!(copies.len(), 4);
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_replay_comes_before_every_other_answer(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(1)).await;
    let ask = async || {
        let request = keyed(fixture.request(&coupon, "a"), 1);
        fixture.issue_one(&coupon, request).await
    };
    let copy = issued(&ask().await);
    changed(&fixture, &coupon, pause(true)).await;
    for now in [START.plus_micros(-1), START, END] {
        fixture.clock.set(now);
        assert_eq!(ask().await, IssueOutcome::Replayed(copy.clone()));
    }
}

pub async fn the_same_copy_id_again_is_the_same_answer_and_no_second_row(fixture: Fixture) {
    for kind in [issue_kind(1), use_kind(1, 5)] {
        fixture.clock.set(START);
        let coupon = fixture.coupon(kind).await;
        let request = fixture.request(&coupon, "a");
        // Within a batch …
        let batch = vec![request.clone(), request.clone()];
        let outcomes = fixture.issue(&coupon, batch).await;
        let copy = issued(&outcomes[0]);
        assert_eq!(issued(&outcomes[1]), copy);
        // … and later, when nothing more is given.
        changed(&fixture, &coupon, pause(true)).await;
        for now in [START.plus_micros(-1), START, END] {
            fixture.clock.set(now);
            let again = fixture.issue_one(&coupon, request.clone()).await;
            assert_eq!(issued(&again), copy);
        }
        let own = fixture
            .store
            .issued_coupons(copy.consumer_id.clone(), everything());
        let own = own.await.unwrap();
        assert_eq!(
            own.iter().filter(|own| own.coupon_id == coupon.id).count(),
            1
        );
        assert_exact(&*fixture.store, &[coupon.id], [&copy]).await;
    }
}

pub async fn a_batch_repeated_as_a_whole_has_the_same_answers(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(2)).await;
    let two = fixture.coupon_of(&event, issue_kind(1)).await;
    let batch = vec![
        fixture.request(&one, "a"),
        keyed(fixture.request(&two, "b"), 1),
        fixture.request(&two, "a"),
        fixture.request(&one, "c"),
        fixture.request(&one, "d"),
        fixture.request(&two, "d"),
    ];
    let first = fixture.issue(&one, batch.clone()).await;
    assert_eq!(all_issued(&first).len(), 3);
    fixture.clock.set(START.plus_micros(7));
    for _ in 0..2 {
        assert_eq!(fixture.issue(&one, batch.clone()).await, first);
    }
    assert_exact(&*fixture.store, &[one.id, two.id], &all_issued(&first)).await;
}

pub async fn an_id_that_was_refused_is_decided_anew(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(1)).await;
    let taken = issued(&fixture.ask(&coupon, "a").await);
    let request = fixture.request(&coupon, "b");
    let outcome = fixture.issue_one(&coupon, request.clone()).await;
    assert_eq!(refused(&outcome), IssueRefusal::CouponNotIssuable);
    changed(&fixture, &coupon, raise_issued(2)).await;
    let copy = issued(&fixture.issue_one(&coupon, request).await);
    assert_exact(&*fixture.store, &[coupon.id], [&taken, &copy]).await;
}
