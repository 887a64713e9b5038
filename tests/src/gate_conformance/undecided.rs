//! Places that nothing was written about, and how many there are of what.

use std::collections::HashSet;

use domain::ports::{GateCount, LongUndecided};

use super::GateFixture;
use super::fixture::{arrival, copy, event, free, holder};
use crate::given::consumer;
use crate::until;

const AN_HOUR: i64 = 3_600_000_000;

impl GateFixture {
    /// What is undecided for longer than that.
    async fn long(&self, micros: i64) -> Vec<LongUndecided> {
        let asked = self.other.long_undecided(self.event, micros, 100);
        asked.await.unwrap()
    }

    /// All that is undecided, once it is so many.
    async fn undecided(&self, places: usize) -> Vec<LongUndecided> {
        until("places that are undecided", async || {
            let long = self.long(0).await;
            (long.len() == places).then_some(long)
        })
        .await
    }
}

pub async fn a_place_is_long_undecided_once_nothing_was_written_about_it_for_long(
    fixture: GateFixture,
) {
    let [one, two] = fixture.coupons;
    fixture.admit_one(arrival(one, 1, "a")).await;
    fixture.admit_one(arrival(two, 1, "b")).await;
    assert_eq!(fixture.long(AN_HOUR).await, []);
    let found = fixture.undecided(2).await;
    for (name, coupon_id) in [("a", one), ("b", two)] {
        let place = LongUndecided {
            consumer_id: consumer(name),
            coupon_id,
        };
        assert!(found.contains(&place), "{found:?}");
    }
}

pub async fn what_is_decided_is_not_undecided(fixture: GateFixture) {
    let coupon = fixture.coupons[0];
    let crowd = ["a", "b", "c", "d"].map(|name| fixture.arrival(name));
    fixture.admit(&crowd).await;
    fixture.undecided(4).await;
    let decided = [holder("a", coupon, copy()), free("b", coupon)];
    fixture.settle(&decided).await;
    let filled = [holder("c", coupon, copy())];
    fixture.gate.fill(fixture.event, &filled).await.unwrap();
    let left = fixture.long(0).await;
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].consumer_id, consumer("d"));
}

pub async fn asking_again_keeps_no_place_young(fixture: GateFixture) {
    fixture.admit_one(fixture.arrival("a")).await;
    until("a place that is old though it is asked for", async || {
        fixture.admit_one(fixture.arrival("a")).await;
        (fixture.long(200_000).await.len() == 1).then_some(())
    })
    .await;
}

pub async fn no_more_are_told_than_were_asked_for(fixture: GateFixture) {
    fixture.admit(&fixture.crowd("a", 30)).await;
    fixture.undecided(30).await;
    let some = fixture.gate.long_undecided(fixture.event, 0, 7);
    let some = some.await.unwrap();
    let consumers: HashSet<_> = some.iter().map(|place| &place.consumer_id).collect();
    assert_eq!((some.len(), consumers.len()), (7, 7));
}

pub async fn a_gate_counts_holders_and_undecided_places(fixture: GateFixture) {
    let [one, two] = fixture.coupons;
    fixture.admit(&fixture.crowd("a", 10)).await;
    fixture.admit_one(arrival(two, 1, "b")).await;
    let decided = [
        holder("a-0", one, copy()),
        holder("b", two, copy()),
        holder("c", two, copy()),
        free("a-1", one),
    ];
    fixture.settle(&decided).await;
    let counted = GateCount {
        holders: 3,
        undecided: 8,
    };
    assert_eq!(fixture.count().await, counted);
}

pub async fn a_gate_that_is_closed_has_none_undecided(fixture: GateFixture) {
    let nobody = event();
    let long = fixture.gate.long_undecided(nobody, 0, 100).await.unwrap();
    assert_eq!(long, []);
    assert_eq!(
        fixture.gate.count(nobody).await.unwrap(),
        GateCount::default()
    );
    fixture.admit(&fixture.crowd("a", 10)).await;
    fixture.undecided(10).await;
    fixture.gate.clear(fixture.event).await.unwrap();
    assert_eq!(fixture.long(0).await, []);
}
