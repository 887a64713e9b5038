//! The gate. Whatever an event's gate does is one script, on the server that has all of the event's keys.
//! Must never say of a consumer what the ledger has not said.
//!
//! A consumer that has a copy takes about 140 bytes of Redis's memory where its id has 36 characters, one
//! with a place only 270 while it is undecided. Needs Redis 5 or newer.

mod answers;
mod scripts;

use async_trait::async_trait;
use domain::ports::{
    Admission, AdmissionGate, Arrival, Decided, GateCount, GateError, LongUndecided,
};
use domain::{Cap, CouponId, EventId, Timestamp};
use redis::Value;
use uuid::Uuid;

use crate::connection::RedisConnection;
use crate::script::Invocation;
use scripts::{SCRIPTS, keys};

/// How many are written down by one script: Redis does nothing else for a few milliseconds.
const AT_ONCE: usize = 1_000;
/// How many more than there are copies have a place at the least.
const SLACK: u64 = 100;
/// Or one of so many copies.
const SLACK_OF: u64 = 100;

/// The gate in Redis. See the module's header.
pub struct RedisGate {
    redis: RedisConnection,
}

impl RedisGate {
    /// The gate over there.
    #[must_use]
    pub const fn new(redis: RedisConnection) -> Self {
        Self { redis }
    }
}

#[async_trait]
impl AdmissionGate for RedisGate {
    async fn admit(
        &self,
        event: EventId,
        generation: Uuid,
        arrivals: &[Arrival],
    ) -> Result<Option<Vec<Admission>>, GateError> {
        let mut admit = SCRIPTS.admit.on(&keys(event));
        admit.arg(generation.as_bytes());
        with_arrivals(&mut admit, arrivals);
        let answer: Value = self.redis.run(&admit).await?;
        Ok(answers::admissions(answer, arrivals.len())?)
    }

    async fn settle(
        &self,
        event: EventId,
        generation: Uuid,
        decided: &[Decided],
    ) -> Result<(), GateError> {
        for some in decided.chunks(AT_ONCE) {
            let mut settle = SCRIPTS.settle.on(&keys(event));
            settle.arg(generation.as_bytes());
            with_decided(&mut settle, some);
            self.redis.run::<()>(&settle).await?;
        }
        Ok(())
    }

    async fn is_open(&self, event: EventId, generation: Uuid) -> Result<bool, GateError> {
        let mut is_open = SCRIPTS.is_open.on(&keys(event));
        is_open.arg(generation.as_bytes());
        Ok(self.redis.run::<Option<u8>>(&is_open).await?.is_some())
    }

    async fn clear(&self, event: EventId) -> Result<(), GateError> {
        let clear = SCRIPTS.clear.on(&keys(event));
        Ok(self.redis.run(&clear).await?)
    }

    async fn fill(&self, event: EventId, decided: &[Decided]) -> Result<(), GateError> {
        for some in decided.chunks(AT_ONCE) {
            let mut fill = SCRIPTS.fill.on(&keys(event));
            with_decided(&mut fill, some);
            self.redis.run::<()>(&fill).await?;
        }
        Ok(())
    }

    async fn open(
        &self,
        event: EventId,
        generation: Uuid,
        until: Timestamp,
    ) -> Result<(), GateError> {
        let mut open = SCRIPTS.open.on(&keys(event));
        open.arg(generation.as_bytes());
        open.arg(until.as_micros() / 1_000);
        Ok(self.redis.run(&open).await?)
    }

    async fn long_undecided(
        &self,
        event: EventId,
        micros: i64,
        limit: u32,
    ) -> Result<Vec<LongUndecided>, GateError> {
        let mut long_undecided = SCRIPTS.long_undecided.on(&keys(event));
        long_undecided.arg(micros).arg(limit);
        let places = self.redis.run(&long_undecided).await?;
        Ok(answers::places(places)?)
    }

    async fn count(&self, event: EventId) -> Result<GateCount, GateError> {
        let count = SCRIPTS.count.on(&keys(event));
        let (holders, undecided) = self.redis.run(&count).await?;
        Ok(GateCount { holders, undecided })
    }
}

/// Each coupon once, with its cap, as most of them are the same; then the arrivals.
fn with_arrivals(admit: &mut Invocation<'_>, arrivals: &[Arrival]) {
    let mut offers: Vec<(CouponId, Cap)> = Vec::new();
    let numbers: Vec<usize> = arrivals
        .iter()
        .map(|arrival| {
            let offer = (arrival.coupon_id, arrival.cap);
            let known = offers.iter().position(|known| *known == offer);
            known.unwrap_or_else(|| {
                offers.push(offer);
                offers.len() - 1
            })
        })
        .collect();
    admit.arg(offers.len());
    for (coupon, cap) in &offers {
        admit.arg(coupon.as_bytes()).arg(places(*cap));
    }
    for (arrival, number) in arrivals.iter().zip(numbers) {
        // Lua counts from 1.
        admit.arg(number + 1).arg(arrival.consumer_id.as_str());
    }
}

/// How many may have a place: some of those who have one come to nothing.
fn places(cap: Cap) -> u64 {
    let cap = u64::from(cap.get());
    cap + SLACK.max(cap / SLACK_OF)
}

fn with_decided(script: &mut Invocation<'_>, decided: &[Decided]) {
    for decided in decided {
        match decided {
            Decided::Holder(consumer, coupon, copy) => script
                .arg(consumer.as_str())
                .arg(coupon.as_bytes())
                .arg(copy.as_bytes()),
            Decided::Free(consumer, coupon) => {
                script.arg(consumer.as_str()).arg(coupon.as_bytes()).arg("")
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1, 101)]
    #[case(10_000, 10_100)]
    #[case(20_000, 20_200)]
    #[case(1_000_000_000, 1_010_000_000)]
    fn more_have_a_place_than_there_are_copies_by_a_hundred_or_one_percent(
        #[case] cap: i64,
        #[case] most: u64,
    ) {
        assert_eq!(places(Cap::new(cap).unwrap()), most);
    }
}
