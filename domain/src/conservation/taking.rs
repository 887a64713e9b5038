//! One step: the rows are read as a port wants them read, the rules are asked, what they say is written.

use proptest::prelude::{TestCaseError, prop_assert, prop_assert_eq};

use super::{
    steps::{Asked, Event, Step},
    world::{CONSUMERS, World},
};
use crate::ports::{KeyScope, RequestDigest};
use crate::testing::{
    PATIENCE, abandon, amount, caller, declined, hold_request, retry, unanswered,
};
use crate::{
    ConsumerId, EntryId, Hold, HoldId, HoldName, HoldOwner, HoldSeconds, IssuedCoupon,
    IssuedCouponId, Order, OrderCommand, OrderId, OrderReading, Payment, ProductChange, ProductId,
    PurchaseReading, PurchaseRequest, Saga, SagaEvent, SagaId, Settlement, UseReading, Writes,
    expire,
};

/// The one that is meant, counted round; none where there are none.
fn nth<T>(mut rows: impl ExactSizeIterator<Item = T>, n: usize) -> Option<T> {
    let length = rows.len().max(1);
    rows.nth(n % length)
}

impl World {
    /// Does what is asked; what is refused writes nothing.
    pub(super) fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Place(asked) => {
                let request = self.request(asked);
                let reading = self.purchase(&request);
                if let Ok(placement) = request.place(reading, self.now) {
                    prop_assert!(!self.orders.contains_key(&placement.order.id));
                    self.write(placement.writes)?;
                }
            }
            Step::Saga(which, event) => self.saga_event(*which, event)?,
            Step::TakeOver => {
                let due = |saga: &&Saga| saga.is_due(self.now);
                let due: Vec<_> = self.sagas.values().filter(due).cloned().collect();
                for saga in due {
                    let (saga, trace) = saga.taken_over(self.now, &PATIENCE);
                    self.write(Writes {
                        saga: Some(saga),
                        trace: vec![trace],
                        ..Writes::default()
                    })?;
                }
            }
            Step::Refund(which) => {
                let saga_id = SagaId::from_uuid(self.id());
                let patience = PATIENCE;
                self.change(*which, OrderCommand::Refund { saga_id, patience })?;
            }
            Step::Deliver(which, status) => self.change(*which, OrderCommand::Deliver(*status))?,
            Step::Confirm(which) => self.change(*which, OrderCommand::Confirm)?,
            Step::OpenHold(which, seconds) => self.open_hold(*which, *seconds)?,
            Step::Settle(which, settlement) => self.settle(*which, *settlement)?,
            Step::ExpireHolds => {
                for hold in self.holds.clone().into_values() {
                    let coupon = self.coupons[&hold.coupon_id].clone();
                    if let Some(writes) = expire(hold, coupon, self.now) {
                        self.write(writes)?;
                    }
                }
            }
            Step::Time(micros) => self.now = self.now.plus_micros(*micros),
            Step::Restock(which, stock) => {
                let change = ProductChange {
                    entry_id: EntryId::from_uuid(self.id()),
                    price: None,
                    stock: Some(crate::Stock::new(*stock).unwrap()),
                };
                if let Some(product) = nth(self.products.values(), *which) {
                    let (product, entry) = product.changed(&change, self.now);
                    self.stock.extend(entry);
                    self.products.insert(product.id, product);
                }
            }
        }
        Ok(())
    }

    fn request(&mut self, asked: &Asked) -> PurchaseRequest {
        let consumer_id = ConsumerId::new(CONSUMERS[asked.consumer]).unwrap();
        let numbered = (1..).zip(asked.quantities);
        let own = |copy: &&IssuedCoupon| copy.consumer_id == consumer_id;
        let own: Vec<_> = self.copies.values().filter(own).collect();
        let copy = asked.copy.and_then(|n| nth(own.iter(), n));
        let issued_coupon_id = copy.map(|copy| copy.id);
        PurchaseRequest {
            order_id: OrderId::from_uuid(self.id()),
            saga_id: SagaId::from_uuid(self.id()),
            hold_id: HoldId::from_uuid(self.id()),
            consumer_id,
            key: KeyScope([0; 32]),
            digest: RequestDigest([0; 32]),
            items: numbered
                .filter(|(_, quantity)| *quantity > 0)
                .map(|(n, quantity)| crate::testing::line(n, quantity))
                .collect(),
            points: amount(asked.points),
            issued_coupon_id,
            payment: if asked.by_provider {
                Payment::Provider(None)
            } else {
                Payment::Wallet
            },
            yields: asked.yields,
            patience: PATIENCE,
        }
    }

    fn purchase(&self, request: &PurchaseRequest) -> PurchaseReading {
        let asked = |(id, _): &(ProductId, _)| self.products.get(id).cloned();
        PurchaseReading {
            products: request.items.iter().filter_map(asked).collect(),
            coupon: request.issued_coupon_id.map(|id| self.using(id)),
            wallet: self.wallets[&request.consumer_id].clone(),
        }
    }

    /// A copy with all that decides about its use, as the port wants it read.
    fn using(&self, id: IssuedCouponId) -> UseReading {
        let copy = self.copies[&id].clone();
        let decides = |hold: &&Hold| {
            let lapsed = hold.coupon_id == copy.coupon_id && hold.has_lapsed(self.now);
            lapsed || (hold.issued_coupon_id == id && hold.is_live())
        };
        UseReading {
            coupon: self.coupons[&copy.coupon_id].clone(),
            policy: self.policies[&copy.coupon_id].clone(),
            holds: self.holds.values().filter(decides).cloned().collect(),
            copy,
        }
    }

    fn order_reading(&self, order: &Order) -> OrderReading {
        let of_its_saga = |hold: &&Hold| hold.owner == HoldOwner::Saga(order.saga_id);
        let hold = self.holds.values().find(of_its_saga);
        let around = |hold: &Hold| {
            let copy = self.copies[&hold.issued_coupon_id].clone();
            (hold.clone(), copy, self.coupons[&hold.coupon_id].clone())
        };
        let lines = order.items.iter();
        OrderReading {
            sagas: self.sagas_of(order).cloned().collect(),
            using: hold.map(around),
            products: lines
                .map(|item| self.products[&item.product_id].clone())
                .collect(),
            wallet: self.wallets[&order.consumer_id].clone(),
            order: order.clone(),
        }
    }

    pub(super) fn sagas_of(&self, order: &Order) -> impl Iterator<Item = &Saga> {
        let id = order.id;
        self.sagas.values().filter(move |saga| saga.order_id == id)
    }

    fn change(&mut self, which: usize, command: OrderCommand) -> Result<(), TestCaseError> {
        let Some(order) = nth(self.orders.values(), which).cloned() else {
            return Ok(());
        };
        if let Ok(writes) = self.order_reading(&order).decide(command.clone(), self.now) {
            self.write(writes)?;
            // The same command again is the same command, or comes too late.
            let order = self.orders[&order.id].clone();
            let again = self.order_reading(&order).decide(command, self.now);
            prop_assert!(again.is_err() || again == Ok(Writes::default()));
        }
        Ok(())
    }

    fn saga_event(&mut self, which: usize, event: &Event) -> Result<(), TestCaseError> {
        // Those that have ended are tried too, but less often.
        let live = self.sagas.values().filter(|saga| saga.is_live());
        let live: Vec<_> = live.cloned().collect();
        let saga = match nth(live.into_iter(), which) {
            Some(saga) if !which.is_multiple_of(9) => saga,
            _ => match nth(self.sagas.values(), which) {
                Some(saga) => saga.clone(),
                None => return Ok(()),
            },
        };
        let (events, stale): (Vec<SagaEvent>, bool) = match event {
            Event::Succeeded => (vec![SagaEvent::Succeeded], false),
            Event::Declined => (vec![declined()], false),
            Event::Unanswered(times) => (vec![unanswered(); *times], false),
            Event::Stale => (vec![SagaEvent::Succeeded], true),
            Event::Retry => (vec![retry()], false),
            Event::Abandon(settled) => (vec![abandon(*settled)], false),
        };
        for event in events {
            let saga = &self.sagas[&saga.id];
            let by_operator = matches!(event, SagaEvent::Retry { .. } | SagaEvent::Abandon { .. });
            let epoch = if stale { saga.epoch - 1 } else { saga.epoch };
            let (saga_id, order_id) = (saga.id, saga.order_id);
            let command = OrderCommand::Saga {
                saga_id,
                epoch: (!by_operator).then_some(epoch),
                event,
                patience: PATIENCE,
            };
            let order = self.orders.keys().position(|id| *id == order_id);
            self.change(order.unwrap(), command)?;
        }
        Ok(())
    }

    fn open_hold(&mut self, which: usize, seconds: i64) -> Result<(), TestCaseError> {
        let id = HoldId::from_uuid(self.id());
        let copy = nth(self.copies.keys(), which).copied().unwrap();
        let mut request = hold_request();
        request.id = id;
        request.name = HoldName::new(id.to_string()).unwrap();
        request.issued_coupon_id = copy;
        request.seconds = HoldSeconds::new(seconds).unwrap();
        if let Ok((hold, writes)) = request.open(Some(self.using(copy)), self.now) {
            self.write(writes)?;
            prop_assert_eq!(self.holds.get(&id), Some(&hold));
        }
        Ok(())
    }

    fn settle(&mut self, which: usize, settlement: Settlement) -> Result<(), TestCaseError> {
        let of_a_shop = |hold: &&Hold| matches!(&hold.owner, HoldOwner::Caller { caller_id, .. } if *caller_id == caller("shop"));
        let of_a_shop: Vec<_> = self.holds.values().filter(of_a_shop).cloned().collect();
        let Some(hold) = nth(of_a_shop.into_iter(), which) else {
            return Ok(());
        };
        let copy = self.copies[&hold.issued_coupon_id].clone();
        let coupon = self.coupons[&hold.coupon_id].clone();
        if let Ok((hold, writes)) = settlement.settle((hold, copy, coupon), self.now) {
            self.write(writes)?;
            prop_assert_eq!(self.holds.get(&hold.id), Some(&hold));
        }
        Ok(())
    }
}
