//! A store's answers and all that it has, compared with the model's.

use domain::ports::{CouponChanged, Keyed, KeyedRequest, OpenHoldRefusal, OpenedHold, Placed};
use domain::{
    Epoch, Hold, HoldOwner, HoldRefusal, HoldState, IssuedCouponState, Order, Saga, SagaPhase,
    Timestamp, Wallet,
};

use super::apply::{charged, scope_of};
use super::given::{consumer_of, seller_of};
use super::orders::rendered;
use super::placing::is_live;
use super::sagas::PATIENCE;
use super::step::{Came, DIGEST, product_of};
use super::{PurchaseModel, Step};
use crate::given::{amount, caller, everything};
use crate::{Acknowledged, Fixture, Store, assert_exact};

/// A store next to the model.
pub struct Comparison {
    fixture: Fixture,
}

impl Comparison {
    /// Next to a model at its beginning.
    pub(super) async fn with(fixture: Fixture) -> Self {
        PurchaseModel::default().give(&fixture).await;
        Self { fixture }
    }

    /// Takes the model's last step too, and holds that the answer is the same.
    pub(super) async fn step(&mut self, model: &PurchaseModel) {
        let store = &*self.fixture.store;
        self.fixture.clock.set(model.now);
        match model.last.clone().unwrap() {
            Step::Charge(charge, key, expected) => {
                let key = KeyedRequest {
                    scope: scope_of(key),
                    digest: DIGEST,
                    answer: |wallet: &Wallet, _| charged(wallet),
                };
                let came = came(store.charge(charge, key).await.unwrap(), |_| ());
                assert_eq!(came, expected);
            }
            Step::Place(asked, expected) => {
                let boxed = |order, saga| Box::new((order, unspoken(saga)));
                let came = match store.place(asked).await.unwrap() {
                    Placed::Now(order, saga) => Came::Done(boxed(order, saga)),
                    Placed::Before(order, saga) => Came::Before(boxed(order, saga)),
                    Placed::KeyReused => Came::Reused,
                    Placed::Refused(refusal) => Came::Refused(refusal),
                };
                assert_eq!(came, expected);
            }
            Step::Change(id, command, key, expected) => {
                let key = key.map(|key| KeyedRequest {
                    scope: scope_of(key),
                    digest: DIGEST,
                    answer: |order: &Order, _| rendered(order),
                });
                let changed = store.change_order(id, command, key).await.unwrap();
                let came = match came(changed, |refusal| refusal) {
                    Came::Done(order) => Came::Done(Box::new(order)),
                    Came::Answered(answer) => Came::Answered(answer),
                    Came::Refused(refusal) => Came::Refused(refusal),
                    other => panic!("{other:?}"),
                };
                assert_eq!(came, expected);
            }
            Step::TakeOver(expected) => {
                let taken = store.take_over_sagas(u32::MAX, PATIENCE).await.unwrap();
                assert_eq!(by_id(taken), by_id(expected));
            }
            Step::OpenHold(asked, expected) => {
                let came = match store.open_hold(asked, None).await.unwrap() {
                    Keyed::Done(OpenedHold::Now(hold), _) => Came::Done(hold),
                    Keyed::Done(OpenedHold::Before(hold), _) => Came::Before(at(hold, model.now)),
                    Keyed::Refused(OpenHoldRefusal::NameReused) => Came::Reused,
                    Keyed::Refused(OpenHoldRefusal::Refused(HoldRefusal::Coupon(refusal))) => {
                        Came::Refused(refusal)
                    }
                    other => panic!("{other:?}"),
                };
                assert_eq!(came, expected);
            }
            Step::Settle(asked, settlement, expected) => {
                let settled = store.settle_hold(asked.caller_id, asked.name, settlement, None);
                assert_eq!(came(settled.await.unwrap(), |refusal| refusal), expected);
            }
            Step::ChangeProduct(seller, id, change, expected) => {
                let changed = store.change_product(seller, id, change).await.unwrap();
                assert_eq!(product_of(changed), expected);
            }
            Step::ChangeCoupon(id, change, expected) => {
                let before = store.coupon(id).await.unwrap().unwrap().epoch;
                match store.change_coupon(id, change).await.unwrap() {
                    CouponChanged::Changed(coupon, _) => {
                        assert_eq!(coupon.epoch > before, expected);
                    }
                    other => panic!("{other:?}"),
                }
            }
            Step::Withdraw(id, is_newest, expected) => {
                let epoch = store.coupon(id).await.unwrap().unwrap().epoch.0;
                let epoch = Epoch(epoch - u64::from(!is_newest));
                let mut withdrawn = 0;
                loop {
                    let one = store.withdraw(id, epoch, 1).await.unwrap();
                    withdrawn += one.copies;
                    assert!(one.copies == 1 || !one.more);
                    if !one.more {
                        break;
                    }
                }
                assert_eq!(withdrawn, expected);
            }
            Step::ExpireHolds => {
                store.expire_holds(u32::MAX).await.unwrap();
            }
            Step::Fold => {
                store.fold_seller_credits(u32::MAX).await.unwrap();
            }
            Step::SetClock(now) => assert_eq!(now, model.now),
        }
    }

    /// Holds that the store has what the model has, and that it is exact.
    pub(super) async fn end(self, model: &PurchaseModel) {
        let store = &*self.fixture.store;
        store.expire_holds(u32::MAX).await.unwrap();
        for consumer in 0..model.purses.len() {
            let wallet = store.wallet(consumer_of(consumer)).await.unwrap();
            assert_eq!(wallet, model.wallet(consumer));
        }
        for (seller, has) in model.sellers.iter().enumerate() {
            let balance = store.seller_balance(seller_of(seller)).await.unwrap();
            assert_eq!(balance, amount(*has));
        }
        for shelf in &model.shelves {
            let product = store.product(shelf.id).await.unwrap().unwrap();
            let (price, stock) = (product.price.amount(), product.stock.get());
            assert_eq!((price, i64::from(stock)), (shelf.price, shelf.stock));
        }
        let mut orders: Vec<_> = (0..model.bought.len())
            .map(|order| model.order(order))
            .collect();
        orders.sort_by_key(|order| order.id);
        assert_eq!(store.orders(None, everything()).await.unwrap(), orders);
        let sagas = store.sagas(None, everything()).await.unwrap();
        let sagas: Vec<_> = sagas.into_iter().map(unspoken).collect();
        assert_eq!(sagas, by_id(model.sagas.clone()));
        for saga in sagas {
            let (_, trace) = store.saga(saga.id).await.unwrap().unwrap();
            assert_eq!(u32::try_from(trace.len()), Ok(saga.traced));
        }
        for (asked, hold) in model.shops_holds() {
            let stored = store.hold(caller("shop"), asked.name).await.unwrap();
            assert_eq!(stored, Some((hold, model.now)));
        }
        coupons_are_the_same(store, model).await;
        books_are_the_same(store, model).await;
    }
}

async fn coupons_are_the_same(store: &dyn Store, model: &PurchaseModel) {
    let count = |number: usize| u64::try_from(number).unwrap();
    for (number, offer) in model.offers.iter().enumerate() {
        let counters = store.coupon(offer.id).await.unwrap().unwrap().counters;
        let of_it = |slip: &&super::Slip| slip.offer == number;
        let issued = model.slips.iter().filter(of_it).count();
        let withdrawn = model.slips.iter().filter(of_it);
        let withdrawn = withdrawn.filter(|slip| slip.is_withdrawn).count();
        let uses = |state| u64::try_from(model.uses(number, state)).unwrap();
        let expected = domain::Counters {
            issued: count(issued),
            held: uses(HoldState::Open),
            used: uses(HoldState::Confirmed),
            withdrawn: count(withdrawn),
        };
        assert_eq!(counters, expected);
    }
    for (number, slip) in model.slips.iter().enumerate() {
        let copy = store.issued_coupon(slip.id).await.unwrap().unwrap();
        let used = model.uses_of(number, HoldState::Confirmed);
        assert_eq!(usize::try_from(copy.used), Ok(used));
        let is_withdrawn = copy.state == IssuedCouponState::Withdrawn;
        assert_eq!(is_withdrawn, slip.is_withdrawn);
    }
    let coupons: Vec<_> = model.offers.iter().map(|offer| offer.id).collect();
    let had = model.slips.iter().map(|slip| Acknowledged {
        issued_coupon_id: slip.id,
        coupon_id: model.offers[slip.offer].id,
        consumer_id: consumer_of(slip.consumer),
    });
    assert_exact(store, &coupons, had).await;
}

async fn books_are_the_same(store: &dyn Store, model: &PurchaseModel) {
    let books = store.audit_books(i64::MAX).await.unwrap();
    assert_eq!(books.violations, []);
    let count = |of: fn(&Saga) -> bool| {
        let counted = model.sagas.iter().filter(|saga| of(saga)).count();
        u64::try_from(counted).unwrap()
    };
    assert_eq!(books.live_sagas, count(is_live));
    assert_eq!(
        books.stuck_sagas,
        count(|saga| saga.phase == SagaPhase::Stuck)
    );
}

/// What came of a keyed write that knows no "before".
fn came<T, R, Q>(keyed: Keyed<T, R>, refusal: impl Fn(R) -> Q) -> Came<T, Q> {
    match keyed {
        Keyed::Done(done, _) => Came::Done(done),
        Keyed::Answered(answered) => Came::Answered(answered.answer),
        Keyed::Refused(refused) => Came::Refused(refusal(refused)),
    }
}

/// Without its last error, which is for people.
fn unspoken(saga: Saga) -> Saga {
    Saga {
        last_error: None,
        ..saga
    }
}

fn by_id(sagas: Vec<Saga>) -> Vec<Saga> {
    let mut sagas: Vec<_> = sagas.into_iter().map(unspoken).collect();
    sagas.sort_by_key(|saga| saga.id);
    sagas
}

/// As it stands at `now`: nobody need have written down that it has lapsed.
fn at(hold: Hold, now: Timestamp) -> Hold {
    let is_over = match &hold.owner {
        HoldOwner::Caller { deadline, .. } => *deadline <= now,
        HoldOwner::Saga(_) => false,
    };
    let state = match hold.state {
        HoldState::Open if is_over => HoldState::Expired,
        state => state,
    };
    Hold { state, ..hold }
}
