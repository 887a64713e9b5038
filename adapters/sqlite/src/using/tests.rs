//! What is read for a use: enough to decide, and no more than is bounded.

use domain::ports::{HoldLedger, Keyed};
use domain::{Cap, CouponKind, HoldState, Settlement};

use super::*;
use crate::testing::*;
use crate::unit::Unit;

/// The reading for this copy.
struct Reading(IssuedCouponId);

impl Unit for Reading {
    type Answer = UseReading;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<UseReading, sqlx::Error> {
        Ok(of_copy(connection, self.0, now).await?.unwrap())
    }
}

#[tokio::test]
async fn a_copys_own_lapsed_hold_of_a_full_coupon_is_read_once() {
    let folder = folder();
    let (store, clock) = open_at(&folder, 150).await;
    let coupon = on_offer_to_use(&store, "full", 1).await;
    let copy = copy_of(&store, &coupon, "ann").await;
    open_hold(&store, hold_request("first", copy)).await;
    clock.set(1_000_149);
    assert_eq!(store.write(Reading(copy)).await.unwrap().holds.len(), 1);
    clock.set(1_000_150);
    let reading = store.write(Reading(copy)).await.unwrap();
    assert_eq!(reading.holds.len(), 1);
    assert!(reading.holds[0].has_lapsed(Timestamp::from_micros(1_000_150)));
}

#[tokio::test]
async fn a_full_coupon_settles_so_many_lapsed_holds_at_a_time() {
    let folder = folder();
    let (store, clock) = open_at(&folder, 150).await;
    let holds = i64::from(LAPSED) + 5;
    let coupon = on_offer_to_use(&store, "full", holds).await;
    for number in 0..holds {
        let name = format!("c{number}");
        let copy = copy_of(&store, &coupon, &name).await;
        open_hold(&store, hold_request(&name, copy)).await;
    }
    let copy = copy_of(&store, &coupon, "late").await;
    let refused = store.open_hold(hold_request("late", copy), None).await;
    assert!(matches!(refused, Ok(Keyed::Refused(_))), "{refused:?}");
    clock.set(1_000_150);
    open_hold(&store, hold_request("late", copy)).await;
    let audit_of = audit(&store, &coupon).await;
    assert!(audit_of.is_exact(), "{audit_of:?}");
    assert_eq!(audit_of.rows.held, 6);
    assert_eq!(store.expire_holds(99).await.unwrap(), 5);
    assert_eq!(audit(&store, &coupon).await.rows.held, 1);
}

#[tokio::test]
async fn the_uses_of_a_copy_that_may_be_used_again_are_not_read() {
    let folder = folder();
    let store = open(&folder).await;
    let kind = CouponKind::Issue {
        maximum_issued: Cap::new(1).unwrap(),
        redundant_usable: true,
    };
    let coupon = offered(&store, "again", kind, 100..200).await;
    let copy = copy_of(&store, &coupon, "ann").await;
    for name in ["one", "two", "three"] {
        open_hold(&store, hold_request(name, copy)).await;
    }
    let one = settled(&store, "one", Settlement::Confirm).await;
    assert_eq!(one.state, HoldState::Confirmed);
    let reading = store.write(Reading(copy)).await.unwrap();
    assert_eq!((reading.copy.used, reading.coupon.counters.held), (1, 2));
    assert_eq!(reading.holds, []);
}
