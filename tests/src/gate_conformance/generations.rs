//! When a gate may be believed: while it is open at the ledger's generation.

use domain::ports::Admission::{Admitted, Holder, Undecided};
use domain::ports::{Clock, GateCount};
use firstcome::SystemClock;
use uuid::Uuid;

use super::GateFixture;
use super::fixture::{copy, event, free, holder, in_an_hour};
use crate::until;

const ONE_HOLDER: GateCount = GateCount {
    holders: 1,
    undecided: 0,
};
const NOBODY: GateCount = GateCount {
    holders: 0,
    undecided: 0,
};

pub async fn a_gate_that_was_never_opened_is_closed(fixture: GateFixture) {
    let (gate, event, generation) = (&fixture.gate, event(), fixture.generation);
    assert!(!gate.is_open(event, generation).await.unwrap());
    let asked = [fixture.arrival("a")];
    let admitted = gate.admit(event, generation, &asked).await.unwrap();
    assert_eq!(admitted, None);
    let decided = [holder("b", fixture.coupons[0], copy())];
    gate.settle(event, generation, &decided).await.unwrap();
    assert_eq!(gate.count(event).await.unwrap(), NOBODY);
}

pub async fn an_open_gate_answers_only_its_own_generation(fixture: GateFixture) {
    let (gate, event, asked) = (&fixture.gate, fixture.event, [fixture.arrival("a")]);
    for other in [Uuid::new_v4(), Uuid::nil(), Uuid::max()] {
        assert!(!gate.is_open(event, other).await.unwrap());
        assert_eq!(gate.admit(event, other, &asked).await.unwrap(), None);
    }
    assert!(fixture.is_open().await);
    assert_eq!(fixture.admit(&asked).await, [Admitted]);

    let renewed = Uuid::new_v4();
    gate.open(event, renewed, in_an_hour()).await.unwrap();
    assert!(!fixture.is_open().await);
    let old = gate.admit(event, fixture.generation, &asked);
    assert_eq!(old.await.unwrap(), None);
    let new = gate.admit(event, renewed, &asked);
    assert_eq!(new.await.unwrap(), Some(vec![Undecided]));
}

pub async fn a_slow_message_of_an_old_generation_changes_nothing(fixture: GateFixture) {
    let (gate, event, old) = (&fixture.gate, fixture.event, fixture.generation);
    let (coupon, copy) = (fixture.coupons[0], copy());
    fixture.admit_one(fixture.arrival("a")).await;
    gate.clear(event).await.unwrap();
    gate.fill(event, &[holder("b", coupon, copy)])
        .await
        .unwrap();
    let renewed = Uuid::new_v4();
    gate.open(event, renewed, in_an_hour()).await.unwrap();
    let asked = [fixture.arrival("c")];
    let admitted = gate.admit(event, renewed, &asked).await.unwrap();
    assert_eq!(admitted, Some(vec![Admitted]));

    // The copy that it speaks of may be one that the restored ledger does not have.
    let late = [
        holder("a", coupon, copy),
        free("b", coupon),
        free("c", coupon),
    ];
    fixture.other.settle(event, old, &late).await.unwrap();
    let slow = [fixture.arrival("d")];
    let admitted = fixture.other.admit(event, old, &slow).await.unwrap();
    assert_eq!(admitted, None);
    let counted = GateCount {
        holders: 1,
        undecided: 1,
    };
    assert_eq!(fixture.count().await, counted);
    let asked = ["a", "b", "c", "d"].map(|name| fixture.arrival(name));
    let admitted = gate.admit(event, renewed, &asked).await.unwrap();
    let expected = vec![Admitted, Holder(copy, coupon), Undecided, Admitted];
    assert_eq!(admitted, Some(expected));
}

pub async fn a_gate_that_is_filled_stays_closed_until_it_is_opened(fixture: GateFixture) {
    let (gate, event, generation) = (&fixture.gate, event(), fixture.generation);
    let (coupon, copy) = (fixture.coupons[0], copy());
    gate.fill(event, &[holder("a", coupon, copy)])
        .await
        .unwrap();
    assert!(!gate.is_open(event, generation).await.unwrap());
    let asked = [fixture.arrival("a")];
    let admitted = gate.admit(event, generation, &asked).await.unwrap();
    assert_eq!(admitted, None);
    assert_eq!(gate.count(event).await.unwrap(), ONE_HOLDER);
    gate.open(event, generation, in_an_hour()).await.unwrap();
    let admitted = gate.admit(event, generation, &asked).await.unwrap();
    assert_eq!(admitted, Some(vec![Holder(copy, coupon)]));
}

pub async fn what_is_missing_is_put_in_while_the_gate_is_open(fixture: GateFixture) {
    let (coupon, copy) = (fixture.coupons[0], copy());
    fixture
        .admit(&["a", "b"].map(|name| fixture.arrival(name)))
        .await;
    let facts = ["a", "c"].map(|name| holder(name, coupon, copy));
    fixture.gate.fill(fixture.event, &facts).await.unwrap();
    assert!(fixture.is_open().await);
    let asked = ["a", "b", "c"].map(|name| fixture.arrival(name));
    let has = Holder(copy, coupon);
    assert_eq!(fixture.admit(&asked).await, [has, Undecided, has]);
}

pub async fn a_gate_that_is_cleared_is_closed_and_knows_nothing(fixture: GateFixture) {
    let (gate, other) = (&fixture.gate, event());
    fixture.open(other).await;
    let coupon = fixture.coupons[0];
    fixture.full().await;
    let facts = [holder("a", coupon, copy())];
    for event in [fixture.event, other] {
        gate.fill(event, &facts).await.unwrap();
    }
    gate.clear(fixture.event).await.unwrap();
    assert!(!fixture.is_open().await);
    assert_eq!(fixture.count().await, NOBODY);
    fixture.open(fixture.event).await;
    let asked = ["a", "crowd-0"].map(|name| fixture.arrival(name));
    assert_eq!(fixture.admit(&asked).await, [Admitted; 2]);
    // Another event's gate is another.
    assert!(gate.is_open(other, fixture.generation).await.unwrap());
    assert_eq!(gate.count(other).await.unwrap(), ONE_HOLDER);
    // What is not there may be cleared.
    gate.clear(event()).await.unwrap();
}

pub async fn a_gate_is_gone_at_its_end(fixture: GateFixture) {
    let (gate, event, generation) = (&fixture.gate, fixture.event, fixture.generation);
    let facts = [holder("a", fixture.coupons[0], copy())];
    gate.fill(event, &facts).await.unwrap();
    let soon = SystemClock.now().plus_micros(300_000);
    gate.open(event, generation, soon).await.unwrap();
    until("the gate's end", async || {
        (!fixture.is_open().await).then_some(())
    })
    .await;
    assert!(soon <= SystemClock.now().plus_micros(1_000));
    // All of it went at once.
    fixture.open(event).await;
    assert_eq!(fixture.count().await, NOBODY);
    assert_eq!(fixture.admit_one(fixture.arrival("a")).await, Admitted);
}
