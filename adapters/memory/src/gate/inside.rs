//! What is inside of one event's gate: whose places there are, by consumer and never by number, so
//! that whatever is said twice is said once.

use std::collections::HashMap;

use super::{
    Admission, Arrival, ConsumerId, CouponId, Decided, GateCount, IssuedCouponId, LongUndecided,
    Timestamp, Uuid,
};

/// How many more than the cap have a place, at least.
const LEAST_SLACK: u64 = 100;
/// And this part of the cap: 1 %.
const SLACK_OF: u64 = 100;

#[derive(Clone, Default)]
pub(super) struct Inside {
    /// Since when it is open, and for how long; closed without.
    open: Option<Open>,
    places: HashMap<ConsumerId, Place>,
    /// How many places each coupon has given.
    taken: HashMap<CouponId, u64>,
}

#[derive(Clone, Copy)]
struct Open {
    generation: Uuid,
    /// The first instant at which all of it is gone.
    until: Timestamp,
}

#[derive(Clone, Copy)]
struct Place {
    coupon: CouponId,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Since then nothing was written about it.
    Undecided(Timestamp),
    Holder(IssuedCouponId),
}

impl Inside {
    pub(super) fn is_open(&self, generation: Uuid) -> bool {
        self.open.is_some_and(|open| open.generation == generation)
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.open.is_some_and(|open| open.until <= now)
    }

    pub(super) const fn open(&mut self, generation: Uuid, until: Timestamp) {
        self.open = Some(Open { generation, until });
    }

    pub(super) fn admit(&mut self, arrival: &Arrival, now: Timestamp) -> Admission {
        match self.places.get(&arrival.consumer_id) {
            Some(Place {
                coupon,
                state: State::Holder(copy),
            }) => Admission::Holder(*copy, *coupon),
            Some(_) => Admission::Undecided,
            None if self.has_room(arrival) => {
                let place = Place {
                    coupon: arrival.coupon_id,
                    state: State::Undecided(now),
                };
                self.put(arrival.consumer_id.clone(), place);
                Admission::Admitted
            }
            None => Admission::Full,
        }
    }

    fn has_room(&self, arrival: &Arrival) -> bool {
        let cap = u64::from(arrival.cap.get());
        let slack = LEAST_SLACK.max(cap / SLACK_OF);
        let taken = self.taken.get(&arrival.coupon_id);
        taken.is_none_or(|taken| *taken < cap.saturating_add(slack))
    }

    pub(super) fn write(&mut self, decided: &[Decided]) {
        for decided in decided {
            match decided {
                Decided::Holder(consumer, coupon, copy) if !self.is_holder(consumer) => {
                    let place = Place {
                        coupon: *coupon,
                        state: State::Holder(*copy),
                    };
                    self.put(consumer.clone(), place);
                }
                Decided::Free(consumer, _) if !self.is_holder(consumer) => {
                    let place = self.places.remove(consumer);
                    self.give_back(place);
                }
                // A copy is never taken back: who says otherwise says it late.
                Decided::Holder(..) | Decided::Free(..) => {}
            }
        }
    }

    /// Gives a place, or another one than before.
    fn put(&mut self, consumer: ConsumerId, place: Place) {
        let before = self.places.insert(consumer, place);
        self.give_back(before);
        let taken = self.taken.entry(place.coupon).or_default();
        *taken = taken.saturating_add(1);
    }

    fn is_holder(&self, consumer: &ConsumerId) -> bool {
        let place = self.places.get(consumer);
        place.is_some_and(|place| matches!(place.state, State::Holder(_)))
    }

    fn give_back(&mut self, place: Option<Place>) {
        if let Some(taken) = place.and_then(|place| self.taken.get_mut(&place.coupon)) {
            *taken = taken.saturating_sub(1);
        }
    }

    pub(super) fn undecided_before(&self, then: Timestamp, limit: usize) -> Vec<LongUndecided> {
        let places = self.places.iter();
        let long = places
            .filter(|(_, place)| matches!(place.state, State::Undecided(since) if since < then));
        let long = long.map(|(consumer, place)| LongUndecided {
            consumer_id: consumer.clone(),
            coupon_id: place.coupon,
        });
        long.take(limit).collect()
    }

    pub(super) fn count(&self) -> GateCount {
        let mut count = GateCount::default();
        for place in self.places.values() {
            let counted = match place.state {
                State::Undecided(_) => &mut count.undecided,
                State::Holder(_) => &mut count.holders,
            };
            *counted = counted.saturating_add(1);
        }
        count
    }
}
