//! A ledger of one order and its sagas, decided by the domain, behind a mock: what a test expects
//! before it lets the order be served comes first, and so can fail.

use std::sync::Arc;

use domain::ports::*;
use domain::*;
use parking_lot::Mutex;
use uuid::Uuid;

use super::{MockPurchases, at, copy, copy_id, coupon, use_kind, who};

/// The ledger's time, always.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(150);

/// Consumer `a` orders something for 1,000 with a copy that takes off 100, paid by the provider.
pub(crate) fn purchase() -> PurchaseRequest {
    PurchaseRequest {
        order_id: OrderId::from_uuid(Uuid::from_u128(50)),
        saga_id: SagaId::from_uuid(Uuid::from_u128(51)),
        hold_id: HoldId::from_uuid(Uuid::from_u128(52)),
        consumer_id: who("a"),
        key: KeyScope([1; 32]),
        digest: RequestDigest([1; 32]),
        items: vec![(product().id, Quantity::new(1).unwrap())],
        points: Amount::ZERO,
        issued_coupon_id: Some(copy_id(7)),
        payment: Payment::Provider(None),
        yields: false,
        patience: SagaPatience::default(),
    }
}

fn product() -> Product {
    Product {
        id: ProductId::from_uuid(Uuid::from_u128(60)),
        seller_id: SellerId::new("s").unwrap(),
        name: ProductName::new("p").unwrap(),
        description: None,
        price: Money::new(1_000).unwrap(),
        stock: Stock::new(10).unwrap(),
        created_at: at(1),
    }
}

fn using(request: &PurchaseRequest) -> Option<UseReading> {
    request.issued_coupon_id.map(|id| UseReading {
        copy: IssuedCoupon {
            id,
            ..copy(7, request.consumer_id.as_str())
        },
        coupon: coupon(use_kind(10)),
        policy: DiscountPolicy {
            id: coupon(use_kind(10)).discount_policy_id,
            name: DiscountPolicyName::new("d").unwrap(),
            discount: Discount::Fixed {
                amount: Money::new(100).unwrap(),
            },
            minimum_order_amount: None,
        },
        holds: vec![],
    })
}

fn wallet(consumer: &ConsumerId) -> Wallet {
    Wallet {
        balance: Amount::new(10_000).unwrap(),
        ..Wallet::empty(consumer.clone())
    }
}

#[derive(Clone, Default)]
pub(crate) struct OneOrder(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    order: Option<Order>,
    using: Option<(Hold, IssuedCoupon, Coupon)>,
    sagas: Vec<Saga>,
    trace: Vec<SagaTrace>,
}

impl Kept {
    fn write(&mut self, writes: Writes) {
        self.order = writes.order.or(self.order.take());
        if let Some(saga) = writes.saga {
            match self.sagas.iter_mut().find(|other| other.id == saga.id) {
                Some(stored) => *stored = saga,
                None => self.sagas.push(saga),
            }
        }
        self.trace.extend(writes.trace);
        if let Some((hold, ..)) = &mut self.using
            && let Some(written) = writes.holds.last()
        {
            *hold = written.clone();
        }
    }
}

impl OneOrder {
    /// The order of [`purchase`], and its saga, which is the caller's to go on with.
    pub(crate) fn placed() -> (Self, Saga) {
        let one = Self::default();
        match one.place(&purchase()) {
            Placed::Now(_, saga) => (one, saga),
            other => panic!("{other:?}"),
        }
    }

    /// Places it; or tells of what there is, when there is one.
    pub(crate) fn place(&self, request: &PurchaseRequest) -> Placed {
        let mut kept = self.0.lock();
        if let Some(order) = &kept.order {
            let saga = kept.sagas.iter().find(|saga| saga.id == order.saga_id);
            return Placed::Before(order.clone(), saga.unwrap().clone());
        }
        let reading = PurchaseReading {
            products: vec![product()],
            coupon: using(request),
            wallet: wallet(&request.consumer_id),
        };
        match request.place(reading, NOW) {
            Ok(Placement {
                order,
                saga,
                writes,
            }) => {
                kept.using = using(request).map(|using| {
                    let hold = writes.holds[0].clone();
                    (hold, using.copy, using.coupon)
                });
                kept.write(writes);
                Placed::Now(order, saga)
            }
            Err(refusal) => Placed::Refused(refusal),
        }
    }

    pub(crate) fn change(&self, command: OrderCommand) -> Keyed<Order, OrderRefusal> {
        let mut kept = self.0.lock();
        let order = kept.order.clone().unwrap();
        let reading = OrderReading {
            wallet: wallet(&order.consumer_id),
            order,
            sagas: kept.sagas.clone(),
            using: kept.using.clone(),
            products: vec![product()],
        };
        match reading.decide(command, NOW) {
            Ok(writes) => {
                kept.write(writes);
                Keyed::Done(kept.order.clone().unwrap(), NOW)
            }
            Err(refusal) => Keyed::Refused(refusal),
        }
    }

    /// Somebody takes its newest saga over.
    pub(crate) fn take_over(&self) -> Saga {
        let mut kept = self.0.lock();
        let saga = kept.sagas.last_mut().unwrap();
        let (taken, trace) = saga.taken_over(NOW, &SagaPatience::default());
        *saga = taken.clone();
        kept.trace.push(trace);
        taken
    }

    pub(crate) fn order(&self) -> Order {
        self.0.lock().order.clone().unwrap()
    }

    /// Its newest saga.
    pub(crate) fn saga(&self) -> Saga {
        self.0.lock().sagas.last().unwrap().clone()
    }

    pub(crate) fn hold(&self) -> HoldState {
        self.0.lock().using.as_ref().unwrap().0.state
    }

    /// What has happened to its sagas.
    pub(crate) fn trace(&self) -> Vec<(SagaStep, SagaDirection, TraceEvent)> {
        let kept = self.0.lock();
        let trace = kept.trace.iter();
        trace
            .map(|trace| (trace.step, trace.direction, trace.event))
            .collect()
    }

    /// Lets `ledger` answer what was not expected of it before.
    pub(crate) fn serve(&self, ledger: &mut MockPurchases) {
        let one = self.clone();
        let place = move |request| Ok(one.place(&request));
        ledger.expect_place().returning(place);
        let one = self.clone();
        let order = move |id| Ok(one.0.lock().order.clone().filter(|order| order.id == id));
        ledger.expect_order().returning(order);
        let one = self.clone();
        ledger.expect_saga().returning(move |id| {
            let kept = one.0.lock();
            let saga = kept.sagas.iter().find(|saga| saga.id == id).cloned();
            let trace = kept.trace.iter().filter(|trace| trace.saga_id == id);
            Ok(saga.map(|saga| (saga, trace.cloned().collect())))
        });
        let one = self.clone();
        let change = move |_, command, _| Ok(one.change(command));
        ledger.expect_change_order().returning(change);
    }
}
