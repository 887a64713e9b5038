//! A store's answers and its rows, compared with the model's.

use domain::ports::{Changes, CouponChanged, Creation, IssuedBatch, KeyedRequest};
use domain::{Coupon, Epoch, IssuedCoupon, RowCounts};

use super::apply::{DIGEST, rendered, scope_of};
use super::{Model, Step};
use crate::given::everything;
use crate::{Fixture, assert_exact};

/// A store next to the model.
pub struct Comparison {
    fixture: Fixture,
    /// The store's epochs in the order in which they came; the model's are their places in it.
    epochs: Vec<Epoch>,
}

macro_rules! keyed {
    ($kind:ty, $key:expr) => {
        $key.map(|key| KeyedRequest {
            scope: scope_of(key),
            digest: DIGEST,
            answer: |row: &$kind, now| rendered(row.id.as_bytes(), now),
        })
    };
}

impl Comparison {
    pub(super) async fn with(fixture: Fixture) -> Self {
        let before = fixture.store.changes(None, 0).await.unwrap().epoch;
        Self {
            fixture,
            epochs: vec![before],
        }
    }

    /// Takes the model's last step too, and holds that the answer is the same.
    pub(super) async fn step(&mut self, model: &Model) {
        let store = self.fixture.store.clone();
        self.fixture.clock.set(model.now);
        match model.last.clone().unwrap() {
            Step::CreateEvent(event, key, expected) => {
                let creation = store.create_event(event, keyed!(domain::Event, key)).await;
                assert_eq!(creation.unwrap(), expected);
            }
            Step::CreatePolicy(policy, key, expected) => {
                let key = keyed!(domain::DiscountPolicy, key);
                let creation = store.create_discount_policy(policy, key).await;
                assert_eq!(creation.unwrap(), expected);
            }
            Step::CreateCoupon(coupon, key, expected) => {
                let creation = store
                    .create_coupon(coupon, keyed!(Coupon, key))
                    .await
                    .unwrap();
                let creation = match creation {
                    Creation::Created(coupon, now) => Creation::Created(self.learn(coupon), now),
                    other => other,
                };
                assert_eq!(creation, expected);
            }
            Step::Change(id, change, expected) => {
                let changed = match store.change_coupon(id, change).await.unwrap() {
                    CouponChanged::Changed(coupon, now) => {
                        CouponChanged::Changed(self.learn(coupon), now)
                    }
                    other => other,
                };
                assert_eq!(changed, expected);
            }
            Step::Issue(scope, requests, expected) => {
                let IssuedBatch { outcomes, coupons } = store.issue(scope, requests).await.unwrap();
                assert_eq!(outcomes, expected.outcomes);
                let mut coupons = self.known(coupons);
                coupons.sort_by_key(|coupon| coupon.id);
                assert_eq!(coupons, expected.coupons);
            }
            Step::Changes(since, limit, epoch, expected) => {
                let since = since.map(|since| self.epochs[usize::try_from(since).unwrap()]);
                let changes: Changes = store.changes(since, limit).await.unwrap();
                assert_eq!(changes.now, model.now);
                assert_eq!(self.place(changes.epoch), Some(epoch));
                assert_eq!(self.known(changes.coupons), expected);
            }
            Step::SetClock(now) => assert_eq!(now, model.now),
        }
    }

    /// Holds that the store has what the model has, and that it is exact.
    pub(super) async fn end(self, model: &Model) {
        let store = &self.fixture.store;
        let by_id = |mut coupons: Vec<Coupon>| {
            coupons.sort_by_key(|coupon| coupon.id);
            coupons
        };
        let mut events = model.events.clone();
        events.sort_by_key(|event| event.id);
        assert_eq!(store.events(everything()).await.unwrap(), events);
        let mut policies = model.policies.clone();
        policies.sort_by_key(|policy| policy.id);
        assert_eq!(
            store.discount_policies(everything()).await.unwrap(),
            policies
        );
        let coupons = self.known(store.coupons(None, everything()).await.unwrap());
        assert_eq!(coupons, by_id(model.coupons.clone()));
        for (scope, answered) in &model.answered {
            let stored = store.answered(*scope).await.unwrap();
            assert_eq!(stored.as_ref(), Some(answered));
        }
        self.copies_are_the_same(model).await;
        let coupons: Vec<_> = model.coupons.iter().map(|coupon| coupon.id).collect();
        assert_exact(&**store, &coupons, &model.copies).await;
    }

    async fn copies_are_the_same(&self, model: &Model) {
        let store = &self.fixture.store;
        let mut copies = model.copies.clone();
        copies.sort_by_key(|copy| copy.id);
        for consumer in model.asked.iter().map(|request| &request.consumer_id) {
            let mut expected = copies.clone();
            expected.retain(|copy| copy.consumer_id == *consumer);
            let own: Vec<IssuedCoupon> = store
                .issued_coupons(consumer.clone(), everything())
                .await
                .unwrap();
            assert_eq!(own, expected);
        }
        for coupon in &model.coupons {
            let holders = copies.iter().filter(|copy| copy.coupon_id == coupon.id);
            let holders: Vec<_> = holders
                .map(|copy| (copy.id, copy.consumer_id.clone()))
                .collect();
            assert_eq!(
                store.holders(coupon.id, everything()).await.unwrap(),
                holders
            );
            let issued = holders.len().try_into().unwrap();
            let rows = RowCounts {
                issued,
                active: issued,
                ..RowCounts::default()
            };
            assert_eq!(store.audit(coupon.id).await.unwrap().unwrap().rows, rows);
        }
    }

    /// The coupon in the model's epochs; one that was not there before must be above all that were.
    fn learn(&mut self, coupon: Coupon) -> Coupon {
        if self.place(coupon.epoch).is_none() {
            assert!(self.epochs.iter().all(|older| *older < coupon.epoch));
            self.epochs.push(coupon.epoch);
        }
        self.in_models_epochs(coupon)
    }

    fn known(&self, coupons: Vec<Coupon>) -> Vec<Coupon> {
        let coupons = coupons.into_iter();
        coupons
            .map(|coupon| self.in_models_epochs(coupon))
            .collect()
    }

    fn in_models_epochs(&self, coupon: Coupon) -> Coupon {
        let epoch = Epoch(self.place(coupon.epoch).unwrap());
        Coupon { epoch, ..coupon }
    }

    /// The model's epoch.
    fn place(&self, epoch: Epoch) -> Option<u64> {
        let place = self.epochs.iter().position(|known| *known == epoch)?;
        place.try_into().ok()
    }
}
