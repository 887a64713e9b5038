//! What the nodes poll: whose final answers have changed, in the order of their epochs.

use domain::ports::Changes;
use domain::{Coupon, CouponKind, Epoch};

use super::changing::{changed, pause};
use crate::Fixture;
use crate::given::{START, issue_kind, issued, use_kind};

const MANY: u32 = 1_000;

async fn changes(fixture: &Fixture, since: Option<Epoch>, limit: u32) -> Changes {
    fixture.store.changes(since, limit).await.unwrap()
}

async fn since(fixture: &Fixture, epoch: Epoch) -> Vec<Coupon> {
    changes(fixture, Some(epoch), MANY).await.coupons
}

pub async fn without_an_epoch_only_the_newest_is_told(fixture: Fixture) {
    let older = fixture.coupon(issue_kind(1)).await;
    let newer = fixture.coupon(use_kind(1, 1)).await;
    let now = START.plus_micros(7);
    fixture.clock.set(now);
    let expected = |epoch| Changes {
        now,
        epoch,
        coupons: Vec::new(),
    };
    assert_eq!(changes(&fixture, None, MANY).await, expected(newer.epoch));

    let older = changed(&fixture, &older, pause(true)).await;
    assert_eq!(changes(&fixture, None, MANY).await, expected(older.epoch));
}

pub async fn an_empty_store_has_no_changes(fixture: Fixture) {
    let before = changes(&fixture, None, MANY).await;
    assert_eq!(before.coupons, []);
    assert_eq!(changes(&fixture, Some(before.epoch), MANY).await, before);

    let first = fixture.coupon(issue_kind(1)).await;
    assert_eq!(since(&fixture, before.epoch).await, [first]);
}

pub async fn changes_come_in_the_order_of_their_epochs(fixture: Fixture) {
    let before = changes(&fixture, None, MANY).await.epoch;
    let mut coupons = Vec::new();
    for kind in [issue_kind(1), use_kind(1, 1), issue_kind(1)] {
        coupons.push(fixture.coupon(kind).await);
    }
    // From here on the order of the epochs is not the order of the ids.
    coupons[1] = changed(&fixture, &coupons[1], pause(true)).await;
    coupons[0] = changed(&fixture, &coupons[0], pause(true)).await;
    let expected = [2, 1, 0].map(|at: usize| coupons[at].clone());

    fixture.clock.set(START.plus_micros(7));
    let all = changes(&fixture, Some(before), MANY).await;
    assert_eq!(all.coupons, expected);
    assert_eq!(
        (all.epoch, all.now),
        (coupons[0].epoch, START.plus_micros(7))
    );
    assert_eq!(since(&fixture, coupons[2].epoch).await, expected[1..]);
    assert_eq!(since(&fixture, coupons[1].epoch).await, expected[2..]);
    assert_eq!(since(&fixture, coupons[0].epoch).await, []);
}

pub async fn changes_that_are_cut_off_come_next_time(fixture: Fixture) {
    let mut epoch = changes(&fixture, None, MANY).await.epoch;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(fixture.coupon(issue_kind(1)).await);
    }
    for pair in expected.chunks(2) {
        let some = changes(&fixture, Some(epoch), 2).await;
        assert_eq!(some.coupons, pair);
        assert_eq!(Some(some.epoch), pair.last().map(|coupon| coupon.epoch));
        epoch = some.epoch;
    }
    let rest = changes(&fixture, Some(epoch), 2).await;
    assert_eq!((rest.epoch, rest.coupons), (epoch, Vec::new()));
}

pub async fn a_coupon_that_changed_twice_comes_once(fixture: Fixture) {
    let before = changes(&fixture, None, MANY).await.epoch;
    let coupon = fixture.coupon(issue_kind(1)).await;
    let paused = changed(&fixture, &coupon, pause(true)).await;
    let resumed = changed(&fixture, &coupon, pause(false)).await;
    for epoch in [before, coupon.epoch, paused.epoch] {
        assert_eq!(since(&fixture, epoch).await, std::slice::from_ref(&resumed));
    }
    assert_eq!(since(&fixture, resumed.epoch).await, []);
}

pub async fn issuing_is_no_change(fixture: Fixture) {
    let before = changes(&fixture, None, MANY).await.epoch;
    for kind in [issue_kind(1), use_kind(1, 1)] {
        let coupon = fixture.coupon(kind).await;
        issued(&fixture.ask(&coupon, "a").await);
        fixture.ask(&coupon, "b").await;
        assert_eq!(since(&fixture, coupon.epoch).await, []);
    }
    // But what comes has its counters as they are now.
    let issued = since(&fixture, before).await;
    let issued = issued
        .iter()
        .map(|coupon| (coupon.kind, coupon.counters.issued));
    let expected: [(CouponKind, u64); 2] = [(issue_kind(1), 1), (use_kind(1, 1), 2)];
    assert_eq!(issued.collect::<Vec<_>>(), expected);
}

pub async fn using_and_withdrawing_are_no_changes(fixture: Fixture) {
    let coupon = fixture.coupon(use_kind(1, 1)).await;
    let copy = fixture.copy(&coupon, "a").await;
    fixture.copy(&coupon, "b").await;
    fixture.use_up(&copy).await;
    let withdrawn = fixture.store.withdraw(coupon.id, coupon.epoch, 9).await;
    assert_eq!(withdrawn.unwrap().copies, 1);
    assert_eq!(fixture.read(&coupon).await.epoch, coupon.epoch);
    assert_eq!(since(&fixture, coupon.epoch).await, []);
    fixture.assert_exact(&[&coupon]).await;
}
