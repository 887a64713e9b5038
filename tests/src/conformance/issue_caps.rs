//! Issuing: the first N get one, and a batch is answered one by one.

use domain::{Coupon, CouponId, EventId, IssueOutcome, IssueRefusal, IssueRequest, IssueScope};

use super::changing::{changed, raise_issued};
use crate::given::{all_issued, issue_kind, issued, refused, use_kind};
use crate::{Fixture, assert_exact};

fn requests(
    fixture: &Fixture,
    coupon: &Coupon,
    consumers: std::ops::Range<u32>,
) -> Vec<IssueRequest> {
    let request = |number| fixture.request(coupon, &format!("consumer-{number}"));
    consumers.map(request).collect()
}

/// Which of the requests were issued, and that all others heard that all copies are issued.
fn winners(outcomes: &[IssueOutcome]) -> Vec<usize> {
    let mut winners = Vec::new();
    for (at, outcome) in outcomes.iter().enumerate() {
        match outcome {
            IssueOutcome::Issued(_) => winners.push(at),
            other => assert_eq!(refused(other), IssueRefusal::CouponNotIssuable),
        }
    }
    winners
}

pub async fn requests_are_served_in_the_order_of_arrival(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(3)).await;
    let mut batch = requests(&fixture, &coupon, 0..5);
    // Arrival is what counts, not the ids, which were made earlier.
    batch.reverse();
    let asked: Vec<_> = batch
        .iter()
        .map(|request| request.issued_coupon_id)
        .collect();
    let outcomes = fixture.issue(&coupon, batch).await;
    assert_eq!(winners(&outcomes), [0, 1, 2]);
    let ids: Vec<_> = all_issued(&outcomes).iter().map(|copy| copy.id).collect();
    assert_eq!(ids, asked[..3]);
}

pub async fn the_cap_holds_across_batches(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(5)).await;
    let mut acknowledged = Vec::new();
    for (consumers, expected) in [(0..2, vec![0, 1]), (2..6, vec![0, 1, 2]), (6..8, vec![])] {
        let batch = requests(&fixture, &coupon, consumers);
        let outcomes = fixture.issue(&coupon, batch).await;
        assert_eq!(winners(&outcomes), expected);
        acknowledged.extend(all_issued(&outcomes));
        let counters = fixture.read(&coupon).await.counters;
        assert_eq!(Ok(counters.issued), acknowledged.len().try_into());
    }
    assert_exact(&*fixture.store, &[coupon.id], &acknowledged).await;
}

pub async fn a_batch_of_a_thousand_is_answered_one_by_one(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(997)).await;
    let batch = requests(&fixture, &coupon, 0..1_000);
    let outcomes = fixture.issue(&coupon, batch.clone()).await;
    assert_eq!(winners(&outcomes), (0..997).collect::<Vec<_>>());
    let copies = all_issued(&outcomes);
    for (copy, request) in copies.iter().zip(&batch) {
        assert_eq!(copy.id, request.issued_coupon_id);
        assert_eq!(copy.consumer_id, request.consumer_id);
    }
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn a_raised_cap_issues_again(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(1)).await;
    let mut copies = vec![issued(&fixture.ask(&coupon, "a").await)];
    let full = fixture.ask(&coupon, "b").await;
    assert_eq!(refused(&full), IssueRefusal::CouponNotIssuable);
    changed(&fixture, &coupon, raise_issued(2)).await;
    copies.push(issued(&fixture.ask(&coupon, "b").await));
    let full = fixture.ask(&coupon, "c").await;
    assert_eq!(refused(&full), IssueRefusal::CouponNotIssuable);
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn the_copies_of_a_use_coupon_are_not_capped(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let batch = requests(&fixture, &coupon, 0..20);
    let copies = all_issued(&fixture.issue(&coupon, batch).await);
    assert_eq!(copies.len(), 20);
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;
}

pub async fn an_empty_batch_is_answered_with_nothing(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(1)).await;
    let unknown = EventId::from_uuid(fixture.id());
    for scope in [IssueScope::of(&coupon), IssueScope::Event(unknown)] {
        let batch = fixture.store.issue(scope, Vec::new()).await.unwrap();
        assert_eq!((batch.outcomes, batch.coupons), (Vec::new(), Vec::new()));
    }
}

pub async fn an_unknown_coupon_is_refused_and_the_rest_of_the_batch_is_not(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    let unknown = Coupon {
        id: CouponId::from_uuid(fixture.id()),
        ..coupon.clone()
    };
    let batch = vec![
        fixture.request(&coupon, "a"),
        fixture.request(&unknown, "b"),
        fixture.request(&coupon, "c"),
    ];
    let outcomes = fixture.issue(&coupon, batch).await;
    assert_eq!(refused(&outcomes[1]), IssueRefusal::CouponNotFound);
    let copies = all_issued(&outcomes);
    assert_eq!(copies.len(), 2);
    assert_exact(&*fixture.store, &[coupon.id], &copies).await;

    // Also where there is nothing at all.
    let nowhere = IssueScope::Event(EventId::from_uuid(fixture.id()));
    let batch = vec![fixture.request(&unknown, "a")];
    let batch = fixture.store.issue(nowhere, batch).await.unwrap();
    assert_eq!(refused(&batch.outcomes[0]), IssueRefusal::CouponNotFound);
    assert_eq!(batch.coupons, []);
}

pub async fn a_coupon_of_another_scope_is_unknown(fixture: Fixture) {
    let event = fixture.event().await;
    let issue = fixture.coupon_of(&event, issue_kind(9)).await;
    let usage = fixture.coupon_of(&event, use_kind(9, 1)).await;
    let elsewhere = fixture.coupon(issue_kind(9)).await;
    let all = [&issue, &usage, &elsewhere];
    for scope in all {
        for asked in all.into_iter().filter(|asked| asked.id != scope.id) {
            let outcome = fixture.issue_one(scope, fixture.request(asked, "a")).await;
            assert_eq!(refused(&outcome), IssueRefusal::CouponNotFound);
        }
    }
    for coupon in all {
        assert_eq!(&fixture.read(coupon).await, coupon);
    }
}

pub async fn the_answer_has_the_coupons_as_they_are_after_the_batch(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(2)).await;
    let two = fixture.coupon_of(&event, issue_kind(9)).await;
    let unasked = fixture.coupon_of(&event, issue_kind(9)).await;
    let mut batch = requests(&fixture, &one, 0..3);
    batch.extend(requests(&fixture, &two, 3..4));
    let mut answer = fixture
        .store
        .issue(IssueScope::of(&one), batch)
        .await
        .unwrap();
    answer.coupons.sort_by_key(|coupon| coupon.id);
    let expected = [fixture.read(&one).await, fixture.read(&two).await];
    assert_eq!(answer.coupons, expected);
    assert_eq!(expected.map(|coupon| coupon.counters.issued), [2, 1]);
    assert_eq!(fixture.read(&unasked).await, unasked);

    // Also when nobody got one.
    let batch = requests(&fixture, &one, 4..5);
    let answer = fixture
        .store
        .issue(IssueScope::of(&one), batch)
        .await
        .unwrap();
    assert!(winners(&answer.outcomes).is_empty());
    assert_eq!(answer.coupons, [fixture.read(&one).await]);
}
