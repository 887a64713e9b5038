//! The unused copies of an exhausted USE_COUPON are withdrawn, in batches that may stop at any time.

use domain::ports::Withdrawn;
use domain::{Coupon, CouponId, Epoch, IssueRefusal, IssuedCoupon, IssuedCouponState, Settlement};

use super::changing::{changed, pause, raise_usage};
use crate::Fixture;
use crate::given::{everything, issue_kind, issued, refused, use_kind};

const NOTHING: Withdrawn = Withdrawn {
    copies: 0,
    more: false,
};

/// A USE_COUPON, exhausted by one use, with so many unused copies.
async fn exhausted(fixture: &Fixture, unused: u32) -> (Coupon, Vec<IssuedCoupon>) {
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let used = fixture.copy(&coupon, "user").await;
    let mut copies = Vec::new();
    for number in 0..unused {
        copies.push(fixture.copy(&coupon, &format!("consumer-{number}")).await);
    }
    fixture.use_up(&used).await;
    (fixture.read(&coupon).await, copies)
}

async fn withdraw(fixture: &Fixture, coupon: &Coupon, limit: u32) -> Withdrawn {
    withdraw_at(fixture, coupon.id, coupon.epoch, limit).await
}

async fn withdraw_at(fixture: &Fixture, coupon: CouponId, epoch: Epoch, limit: u32) -> Withdrawn {
    fixture.store.withdraw(coupon, epoch, limit).await.unwrap()
}

async fn to_be_withdrawn(fixture: &Fixture, limit: u32) -> Vec<Coupon> {
    fixture.store.to_be_withdrawn(limit).await.unwrap()
}

pub async fn unused_copies_are_withdrawn_in_batches(fixture: Fixture) {
    let (coupon, copies) = exhausted(&fixture, 5).await;
    for (limit, withdrawn, more) in [(2, 2, true), (2, 2, true), (2, 1, false), (2, 0, false)] {
        let left = to_be_withdrawn(&fixture, 9).await;
        assert_eq!(left.len(), usize::from(withdrawn > 0));
        let expected = Withdrawn {
            copies: withdrawn,
            more,
        };
        assert_eq!(withdraw(&fixture, &coupon, limit).await, expected);
        fixture.assert_exact(&[&coupon]).await;
    }
    for copy in copies {
        let expected = IssuedCoupon {
            state: IssuedCouponState::Withdrawn,
            ..copy
        };
        assert_eq!(fixture.read_copy(copy.id).await, expected);
    }
    let now = fixture.read(&coupon).await;
    assert_eq!(now.counters.withdrawn, 5);
    // What was issued stays issued, and no final answer has changed.
    assert_eq!((now.counters.issued, now.epoch), (6, coupon.epoch));
}

pub async fn the_used_copy_is_not_withdrawn(fixture: Fixture) {
    let (coupon, _) = exhausted(&fixture, 1).await;
    let holders = fixture.store.holders(coupon.id, everything());
    let used = holders.await.unwrap()[0].0;
    withdraw(&fixture, &coupon, 9).await;
    let copy = fixture.read_copy(used).await;
    assert_eq!((copy.state, copy.used), (IssuedCouponState::Active, 1));
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn only_an_exhausted_use_coupon_is_withdrawn(fixture: Fixture) {
    let issue = fixture.coupon(issue_kind(1)).await;
    fixture.copy(&issue, "a").await;
    let usage = fixture.coupon(use_kind(2, 9)).await;
    let (one, two) = (
        fixture.copy(&usage, "a").await,
        fixture.copy(&usage, "a").await,
    );
    fixture.copy(&usage, "b").await;
    fixture.use_up(&one).await;
    // Contended, not exhausted: the other use is not final.
    let open = fixture.held(&two).await;
    assert_eq!(to_be_withdrawn(&fixture, 9).await, []);
    for coupon in [&issue, &usage] {
        let coupon = fixture.read(coupon).await;
        assert_eq!(withdraw(&fixture, &coupon, 9).await, NOTHING);
    }
    let unknown = CouponId::from_uuid(fixture.id());
    let withdrawn = withdraw_at(&fixture, unknown, usage.epoch, 9).await;
    assert_eq!(withdrawn, NOTHING);
    fixture.settle(&open, Settlement::Confirm).await.unwrap();
    let usage = fixture.read(&usage).await;
    assert_eq!(
        to_be_withdrawn(&fixture, 9).await,
        std::slice::from_ref(&usage)
    );
    assert_eq!(withdraw(&fixture, &usage, 9).await.copies, 1);
    fixture.assert_exact(&[&issue, &usage]).await;
}

pub async fn a_raised_cap_stops_a_withdrawal_and_what_was_withdrawn_stays_so(fixture: Fixture) {
    let (coupon, copies) = exhausted(&fixture, 3).await;
    let withdrawn = withdraw(&fixture, &coupon, 2).await;
    assert_eq!((withdrawn.copies, withdrawn.more), (2, true));
    let raised = changed(&fixture, &coupon, raise_usage(2)).await;
    assert_eq!(to_be_withdrawn(&fixture, 9).await, []);
    for epoch in [coupon.epoch, raised.epoch] {
        let withdrawn = withdraw_at(&fixture, coupon.id, epoch, 9).await;
        assert_eq!(withdrawn, NOTHING);
    }
    let mut left = Vec::new();
    for copy in &copies {
        let copy = fixture.read_copy(copy.id).await;
        if copy.state == IssuedCouponState::Active {
            left.push(copy);
        }
    }
    assert_eq!(left.len(), 1);
    // Exhausted again: at another epoch.
    fixture.copy(&raised, "later").await;
    fixture.use_up(&left[0]).await;
    assert_eq!(withdraw(&fixture, &coupon, 9).await, NOTHING);
    assert_eq!(withdraw(&fixture, &raised, 9).await.copies, 1);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn a_withdrawal_at_an_older_epoch_withdraws_nothing(fixture: Fixture) {
    let (coupon, _) = exhausted(&fixture, 3).await;
    let paused = changed(&fixture, &coupon, pause(true)).await;
    assert_eq!(withdraw(&fixture, &coupon, 9).await, NOTHING);
    let newer = Epoch(paused.epoch.0 + 1);
    let withdrawn = withdraw_at(&fixture, coupon.id, newer, 9).await;
    assert_eq!(withdrawn, NOTHING);
    // Exhausted it is, paused or not.
    assert_eq!(
        to_be_withdrawn(&fixture, 9).await,
        std::slice::from_ref(&paused)
    );
    assert_eq!(withdraw(&fixture, &paused, 9).await.copies, 3);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn withdrawn_copies_do_not_count_against_the_limit(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let first = fixture.copy(&coupon, "a").await;
    let used = fixture.copy(&coupon, "b").await;
    fixture.use_up(&used).await;
    withdraw(&fixture, &fixture.read(&coupon).await, 9).await;
    changed(&fixture, &coupon, raise_usage(2)).await;
    let second = issued(&fixture.ask(&coupon, "a").await);
    assert_eq!((first.ordinal, second.ordinal), (0, 1));
    let audit = fixture.store.audit(coupon.id).await.unwrap().unwrap();
    let rows = audit.rows;
    assert_eq!((rows.issued, rows.active, rows.withdrawn), (3, 2, 1));
    fixture.use_up(&second).await;
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn nobody_gets_a_copy_of_what_is_used_up_until_its_cap_is_raised(fixture: Fixture) {
    let (coupon, _) = exhausted(&fixture, 1).await;
    for limit in [0, 9] {
        withdraw(&fixture, &coupon, limit).await;
        let outcome = fixture.ask(&coupon, "another").await;
        assert_eq!(refused(&outcome), IssueRefusal::CouponNotUsable);
    }
    changed(&fixture, &coupon, raise_usage(2)).await;
    issued(&fixture.ask(&coupon, "another").await);
    fixture.assert_exact(&[&coupon]).await;
}

pub async fn what_is_to_be_withdrawn_comes_in_the_order_of_ids(fixture: Fixture) {
    let mut coupons = Vec::new();
    for _ in 0..3 {
        coupons.push(exhausted(&fixture, 1).await.0);
    }
    // One of which nothing is left.
    exhausted(&fixture, 0).await;
    assert_eq!(to_be_withdrawn(&fixture, 9).await, coupons);
    assert_eq!(to_be_withdrawn(&fixture, 2).await, coupons[..2]);
    assert_eq!(to_be_withdrawn(&fixture, 0).await, []);
    withdraw(&fixture, &coupons[1], 1).await;
    let left = [coupons[0].clone(), coupons[2].clone()];
    assert_eq!(to_be_withdrawn(&fixture, 9).await, left);
    fixture
        .assert_exact(&[&coupons[0], &coupons[1], &coupons[2]])
        .await;
}

pub async fn a_withdrawal_of_a_thousand_copies_goes_on_where_it_stopped(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let used = fixture.copy(&coupon, "user").await;
    let requests = (0..1_000).map(|number| fixture.request(&coupon, &format!("c{number}")));
    fixture.issue(&coupon, requests.collect()).await;
    fixture.use_up(&used).await;
    let coupon = fixture.read(&coupon).await;
    let mut withdrawn = 0;
    for _ in 0..4 {
        let batch = withdraw(&fixture, &coupon, 300).await;
        withdrawn += batch.copies;
        assert_eq!(batch.more, withdrawn < 1_000);
    }
    assert_eq!(withdrawn, 1_000);
    fixture.assert_exact(&[&coupon]).await;
}
