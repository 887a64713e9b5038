//! What the unit tests here share: an API on the memory store.

use std::sync::Arc;

use adapter_memory::{ManualClock, MemoryStore, SequentialIds};
use application::{
    ChangeCoupon, CreateCoupon, CreateDiscountPolicy, CreateEvent, FinalAnswers, IssueCoupon,
    KeyedRequests, KeysInFlight, LaneLimits, Lanes, LedgerClock,
};
use domain::{Timestamp, ports::*};

use crate::{Api, TokenAlgorithm, TokenConfiguration, TokenVerifier};

pub(crate) fn api() -> Arc<Api> {
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(0)));
    let store = Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&clock)));
    let (catalogue, ledger): (Arc<dyn Catalogue>, Arc<dyn CouponLedger>) = (
        Arc::<MemoryStore>::clone(&store),
        Arc::<MemoryStore>::clone(&store),
    );
    let ids: Arc<dyn IdGenerator> = Arc::new(SequentialIds::default());
    let ledger_clock = Arc::new(LedgerClock::new(clock.now(), std::time::Instant::now()));
    let answers = Arc::new(FinalAnswers::default());
    let in_flight = Arc::new(KeysInFlight::default());
    let keyed = Arc::new(KeyedRequests::new(store, Arc::clone(&in_flight)));
    let lanes = Lanes::new(
        Arc::clone(&ledger),
        Arc::clone(&answers),
        LaneLimits::default(),
    );
    let (c, k, i, l) = (&catalogue, &keyed, &ids, &ledger_clock);
    Arc::new(Api {
        tokens: TokenVerifier::new(TokenConfiguration {
            algorithm: TokenAlgorithm::Hs256,
            key: &[1; 32],
            previous_key: None,
            issuer: "firstcome",
            audience: "firstcome",
        })
        .unwrap(),
        create_event: CreateEvent::new(c.clone(), k.clone(), i.clone(), l.clone()),
        create_discount_policy: CreateDiscountPolicy::new(c.clone(), k.clone(), i.clone()),
        create_coupon: CreateCoupon::new(c.clone(), k.clone(), i.clone(), l.clone()),
        change_coupon: ChangeCoupon::new(c.clone(), answers.clone()),
        issue_coupon: IssueCoupon::new(answers, lanes, c.clone(), l.clone(), i.clone(), in_flight),
        clock,
        ledger_clock,
        ids,
        catalogue,
        ledger,
        metrics: Box::new(String::new),
    })
}
