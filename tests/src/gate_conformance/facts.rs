//! Who has a copy: a fact, which outlives whatever is said late.

use domain::ports::Admission::{Admitted, Full, Holder, Undecided};
use domain::ports::GateCount;

use super::GateFixture;
use super::fixture::{SLACK, arrival, copy, free, holder};

pub async fn a_holder_is_told_of_its_copy_whatever_it_asks_for(fixture: GateFixture) {
    let ([one, two], copy) = (fixture.coupons, copy());
    fixture.admit_one(arrival(one, 1, "a")).await;
    fixture.settle(&[holder("a", one, copy)]).await;
    let asked = [one, two].map(|coupon| arrival(coupon, 1, "a"));
    assert_eq!(fixture.admit(&asked).await, [Holder(copy, one); 2]);
    let asked = fixture
        .other
        .admit(fixture.event, fixture.generation, &asked);
    assert_eq!(asked.await.unwrap(), Some(vec![Holder(copy, one); 2]));
    // Of the coupon that it has none of, it has taken no place either.
    let names = (0..=SLACK).map(|n| n.to_string());
    let crowd: Vec<_> = names.map(|name| arrival(two, 1, name)).collect();
    assert_eq!(fixture.admit(&crowd).await, vec![Admitted; 1 + SLACK]);
}

pub async fn a_holder_is_told_of_its_copy_when_the_coupon_is_full(fixture: GateFixture) {
    let (coupon, copy) = (fixture.coupons[0], copy());
    fixture.full().await;
    fixture.settle(&[holder("crowd-3", coupon, copy)]).await;
    let asked = ["a", "crowd-2", "crowd-3"].map(|name| fixture.arrival(name));
    let expected = [Full, Undecided, Holder(copy, coupon)];
    assert_eq!(fixture.admit(&asked).await, expected);
}

pub async fn a_copy_is_never_taken_back(fixture: GateFixture) {
    let ([one, two], copy) = (fixture.coupons, copy());
    fixture.settle(&[holder("a", one, copy)]).await;
    // Whoever says so has asked the ledger before the copy was issued.
    fixture.settle(&[free("a", one), free("a", two)]).await;
    let none = [free("a", one)];
    fixture.gate.fill(fixture.event, &none).await.unwrap();
    assert_eq!(
        fixture.admit_one(fixture.arrival("a")).await,
        Holder(copy, one)
    );
    // Nor is it ever another one.
    fixture
        .settle(&[holder("a", two, super::fixture::copy())])
        .await;
    assert_eq!(
        fixture.admit_one(fixture.arrival("a")).await,
        Holder(copy, one)
    );
    assert_eq!(fixture.count().await.holders, 1);
    // Nor within one message.
    let both = [holder("b", one, copy), free("b", one)];
    fixture.settle(&both).await;
    assert_eq!(
        fixture.admit_one(fixture.arrival("b")).await,
        Holder(copy, one)
    );
}

pub async fn what_is_written_down_twice_is_written_down_once(fixture: GateFixture) {
    let coupon = fixture.coupons[0];
    let crowd = fixture.crowd("a", SLACK);
    fixture.admit(&crowd).await;
    let a = holder("a-0", coupon, copy());
    let freed = free("a-1", coupon);
    for _ in 0..3 {
        fixture.settle(&[a.clone(), freed.clone(), a.clone()]).await;
        let filled = [a.clone()];
        fixture.other.fill(fixture.event, &filled).await.unwrap();
    }
    let counted = GateCount {
        holders: 1,
        undecided: 98,
    };
    assert_eq!(fixture.count().await, counted);
    // Two of 101 places are left.
    let late = ["b", "c", "d"].map(|name| fixture.arrival(name));
    assert_eq!(fixture.admit(&late).await, [Admitted, Admitted, Full]);
}

pub async fn a_copy_of_another_coupon_than_the_place_was_for_moves_the_place(fixture: GateFixture) {
    let ([one, two], copy) = (fixture.coupons, copy());
    fixture.full().await;
    fixture.settle(&[holder("crowd-0", two, copy)]).await;
    let moved = arrival(one, 1, "crowd-0");
    assert_eq!(fixture.admit_one(moved).await, Holder(copy, two));
    let late = ["a", "b"].map(|name| fixture.arrival(name));
    assert_eq!(fixture.admit(&late).await, [Admitted, Full]);
    let names = (0..=SLACK).map(|n| n.to_string());
    let crowd: Vec<_> = names.map(|name| arrival(two, 1, name)).collect();
    let mut expected = vec![Admitted; SLACK];
    expected.push(Full);
    assert_eq!(fixture.admit(&crowd).await, expected);
}
