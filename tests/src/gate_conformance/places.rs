//! What becomes of places. "Full" is a hint: the ledger may have said yes all the same.

use domain::ports::Admission::{Admitted, Full, Holder, Undecided};

use super::GateFixture;
use super::fixture::{SLACK, copy, coupon, free, holder};

pub async fn a_place_that_is_free_again_is_given_to_the_next(fixture: GateFixture) {
    fixture.full().await;
    let freed = free("crowd-5", fixture.coupons[0]);
    fixture.settle(&[freed]).await;
    let asked = ["a", "crowd-5", "crowd-6"].map(|name| fixture.arrival(name));
    assert_eq!(fixture.admit(&asked).await, [Admitted, Full, Undecided]);
}

pub async fn who_has_no_place_frees_none(fixture: GateFixture) {
    fixture.full().await;
    let none = [free("a", fixture.coupons[0]), free("a", coupon())];
    fixture.settle(&none).await;
    assert_eq!(fixture.admit_one(fixture.arrival("a")).await, Full);
    assert_eq!(fixture.count().await.undecided, 101);
}

pub async fn a_holder_takes_a_place_whether_it_had_one_or_not(fixture: GateFixture) {
    let coupon = fixture.coupons[0];
    fixture.admit(&fixture.crowd("a", SLACK)).await;
    let holders = ["a-0", "never-asked"].map(|name| holder(name, coupon, copy()));
    fixture.settle(&holders).await;
    assert_eq!(fixture.admit_one(fixture.arrival("b")).await, Full);
    // What the ledger has said yes to is never too much.
    let more = holder("nor-he", coupon, copy());
    fixture.settle(&[more]).await;
    assert_eq!(fixture.count().await.holders, 3);
}

pub async fn who_was_told_full_may_be_a_holder(fixture: GateFixture) {
    let (coupon, copy) = (fixture.coupons[0], copy());
    fixture.full().await;
    assert_eq!(fixture.admit_one(fixture.arrival("a")).await, Full);
    fixture.settle(&[holder("a", coupon, copy)]).await;
    let asked = fixture.arrival("a");
    assert_eq!(fixture.admit_one(asked).await, Holder(copy, coupon));
}
