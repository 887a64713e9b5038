//! Who gets a place: in the order of arrival, one each, as many as cap and slack allow.

use domain::ports::Admission::{Admitted, Full, Undecided};

use super::GateFixture;
use super::fixture::{SLACK, arrival, coupon, event};

pub async fn arrivals_have_their_places_in_their_order_until_cap_and_slack_are_reached(
    fixture: GateFixture,
) {
    let mut crowd = fixture.crowd("a", SLACK);
    let again = crowd[7].clone();
    crowd.insert(50, again.clone());
    let [last, late] = ["last", "late"].map(|name| fixture.arrival(name));
    crowd.extend([last, late, again]);
    let mut expected = vec![Admitted; SLACK];
    expected.insert(50, Undecided);
    expected.extend([Admitted, Full, Undecided]);
    assert_eq!(fixture.admit(&crowd).await, expected);
}

pub async fn the_slack_is_a_hundred_or_a_hundredth_of_the_cap(fixture: GateFixture) {
    for (cap, places) in [(1, 101), (500, 600), (10_000, 10_100), (20_000, 20_200)] {
        let coupon = coupon();
        let names = (0..places + 1).map(|n| format!("{cap}-{n}"));
        let crowd: Vec<_> = names.map(|name| arrival(coupon, cap, name)).collect();
        let mut given = Vec::new();
        for batch in crowd.chunks(1_000) {
            given.extend(fixture.admit(batch).await);
        }
        assert_eq!(given.pop(), Some(Full), "{cap}");
        assert_eq!(given, vec![Admitted; places], "{cap}");
    }
}

pub async fn places_are_kept_from_batch_to_batch(fixture: GateFixture) {
    for arrival in fixture.crowd("a", 1 + SLACK) {
        assert_eq!(fixture.admit_one(arrival).await, Admitted);
    }
    // Another node finds the same.
    let late = [fixture.arrival("late"), fixture.arrival("a-0")];
    let asked = fixture
        .other
        .admit(fixture.event, fixture.generation, &late);
    assert_eq!(asked.await.unwrap(), Some(vec![Full, Undecided]));
}

pub async fn nobody_gets_two_places(fixture: GateFixture) {
    let [one, two] = fixture.coupons;
    let mut given = Vec::new();
    // Nor in two coupons of the event.
    for coupon in [one, two, two, one] {
        given.push(fixture.admit_one(arrival(coupon, 1, "a")).await);
    }
    assert_eq!(given, [Admitted, Undecided, Undecided, Undecided]);
    for coupon in [one, two] {
        let names = (0..SLACK).map(|n| format!("{n}-{coupon}"));
        let crowd: Vec<_> = names.map(|name| arrival(coupon, 1, name)).collect();
        assert_eq!(fixture.admit(&crowd).await, vec![Admitted; SLACK]);
    }
    let [first, second] = fixture.coupons.map(|coupon| arrival(coupon, 1, "late"));
    assert_eq!(fixture.admit_one(first).await, Full);
    assert_eq!(fixture.admit_one(second).await, Admitted);
}

pub async fn consumers_are_told_apart_byte_by_byte(fixture: GateFixture) {
    let longest = "x".repeat(64);
    let names = [
        "a",
        "A",
        "a-",
        "a_",
        "a.",
        "1",
        "01",
        &longest[..63],
        &longest,
    ];
    let crowd = names.map(|name| fixture.arrival(name));
    assert_eq!(fixture.admit(&crowd).await, [Admitted; 9]);
    assert_eq!(fixture.admit(&crowd).await, [Undecided; 9]);
}

pub async fn coupons_and_events_do_not_count_against_one_another(fixture: GateFixture) {
    fixture.full().await;
    let [one, two] = fixture.coupons;
    assert_eq!(fixture.admit_one(arrival(one, 1, "a")).await, Full);
    assert_eq!(fixture.admit_one(arrival(two, 1, "a")).await, Admitted);
    let other = event();
    fixture.open(other).await;
    let asked = [arrival(one, 1, "a"), arrival(one, 1, "crowd-1")];
    let asked = fixture.gate.admit(other, fixture.generation, &asked);
    assert_eq!(asked.await.unwrap(), Some(vec![Admitted; 2]));
}

pub async fn a_raised_cap_has_places_for_who_knows_of_it(fixture: GateFixture) {
    fixture.full().await;
    let coupon = fixture.coupons[0];
    let asked = [
        arrival(coupon, 1, "a"),
        arrival(coupon, 3, "b"),
        // Somebody whose node has not heard of it yet.
        arrival(coupon, 1, "c"),
        arrival(coupon, 3, "d"),
        arrival(coupon, 3, "e"),
    ];
    let expected = [Full, Admitted, Full, Admitted, Full];
    assert_eq!(fixture.admit(&asked).await, expected);
}

pub async fn no_arrivals_have_no_answers(fixture: GateFixture) {
    assert_eq!(fixture.admit(&[]).await, []);
    let closed = fixture.gate.admit(event(), fixture.generation, &[]);
    assert_eq!(closed.await.unwrap(), None);
    fixture.settle(&[]).await;
    fixture.gate.fill(fixture.event, &[]).await.unwrap();
    assert_eq!(fixture.count().await, Default::default());
}
