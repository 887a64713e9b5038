//! A transition done to the model: made exact, answered by the rules, and written down.

use domain::ports::{Answered, KeyScope, RequestDigest};
use domain::{
    Cap, Charge, CouponChange, DeliveryStatus, EntryId, HoldId, HoldName, HoldRequest, HoldSeconds,
    Jitter, Money, OrderCommand, OrderId, Payment, ProductChange, ProductId, PurchaseRequest,
    Quantity, Reason, SagaEvent, SagaId, Settlement, Stock, Wallet,
};

use super::given::{CONSUMERS, consumer_of, seller_of};
use super::placing::is_live;
use super::sagas::PATIENCE;
use super::step::{Came, DIGEST};
use super::transition::{Change, Event, NewOrder, Transition, lines};
use super::{PurchaseModel, Step};
use crate::given::{amount, caller, hold_name};

/// What belongs to the key with this number.
pub(super) const fn scope_of(key: u8) -> KeyScope {
    KeyScope([key; 32])
}

/// The answer that is kept of a charge.
pub(super) fn charged(wallet: &Wallet) -> Vec<u8> {
    let (balance, points) = (wallet.balance.get(), wallet.points.get());
    format!("{balance} {points}").into_bytes()
}

impl PurchaseModel {
    pub(super) fn take(&mut self, transition: &Transition) {
        let step = match transition {
            Transition::Charge {
                consumer,
                amount: number,
                key,
            } => {
                let charge = Charge {
                    id: EntryId::from_uuid(self.id()),
                    consumer_id: consumer_of(consumer % CONSUMERS),
                    amount: amount(*number),
                };
                Some(self.charge(charge, *key))
            }
            Transition::Place(new) => self.new_order(new).map(|asked| self.placed(asked)),
            Transition::Change { order, what, key } => self.order_change(*order, *what, *key),
            Transition::Saga {
                saga,
                event,
                missed,
            } => self.saga_change(*saga, *event, *missed),
            Transition::TakeOver => Some(Step::TakeOver(self.take_over())),
            Transition::OpenHold {
                name,
                copy,
                amount: number,
                seconds,
            } => {
                let asked = HoldRequest {
                    id: HoldId::from_uuid(self.id()),
                    caller_id: caller("shop"),
                    name: named(*name),
                    issued_coupon_id: self.slips[copy % self.slips.len()].id,
                    order_amount: amount(*number),
                    seconds: HoldSeconds::new(*seconds).unwrap(),
                    yields: false,
                };
                Some(self.opened(asked))
            }
            Transition::Settle(name, settlement) => self.settled(*name, *settlement),
            Transition::ChangeProduct {
                product,
                by_other,
                price,
                stock,
            } => {
                let product = product % self.shelves.len();
                let seller = self.shelves[product].seller + usize::from(*by_other);
                let change = ProductChange {
                    entry_id: EntryId::from_uuid(self.id()),
                    price: price.map(|price| Money::new(price).unwrap()),
                    stock: stock.map(|stock| Stock::new(stock).unwrap()),
                };
                Some(self.product_change(seller % 2, product, change))
            }
            Transition::ChangeCoupon {
                coupon,
                paused,
                raised,
            } => Some(self.coupon_change(coupon % self.offers.len(), *paused, *raised)),
            Transition::Withdraw(coupon, is_newest) => {
                let coupon = coupon % self.offers.len();
                let withdrawn = if *is_newest { self.withdraw(coupon) } else { 0 };
                Some(Step::Withdraw(
                    self.offers[coupon].id,
                    *is_newest,
                    withdrawn,
                ))
            }
            Transition::ExpireHolds => Some(Step::ExpireHolds),
            Transition::Fold => Some(Step::Fold),
            Transition::Again(nth) => self.again(*nth),
            Transition::PlaceAgain(order, other) => self.place_again(*order, *other),
            Transition::Wait(micros) => {
                self.now = self.now.plus_micros(*micros);
                self.lapse();
                Some(Step::SetClock(self.now))
            }
        };
        // Where there is nothing to do it to, nothing is done.
        self.last = Some(step.unwrap_or(Step::SetClock(self.now)));
    }

    fn ask(&mut self, step: Step) -> Step {
        self.asked.push(step.clone());
        step
    }

    fn charge(&mut self, charge: Charge, key: u8) -> Step {
        let scope = scope_of(key);
        if let Some((_, known)) = self.answered.iter().find(|(known, _)| *known == scope) {
            let answer = known.answer.clone();
            return Step::Charge(charge, key, Came::Answered(answer));
        }
        let is_it = |number: &usize| consumer_of(*number) == charge.consumer_id;
        let number = (0..CONSUMERS).find(is_it).unwrap();
        self.purses[number].balance += charge.amount.get();
        let wallet = self.wallet(number);
        let (digest, answer) = (DIGEST, charged(&wallet));
        self.answered.push((scope, Answered { digest, answer }));
        self.ask(Step::Charge(charge, key, Came::Done(wallet)))
    }

    pub(super) fn wallet(&self, consumer: usize) -> Wallet {
        let purse = self.purses[consumer];
        Wallet {
            consumer_id: consumer_of(consumer),
            balance: amount(purse.balance),
            points: amount(purse.points),
        }
    }

    /// None when nothing would be ordered.
    fn new_order(&mut self, new: &NewOrder) -> Option<PurchaseRequest> {
        let consumer = new.consumer % CONSUMERS;
        let mut items: Vec<_> = lines(new.quantities)
            .into_iter()
            .map(|(shelf, quantity)| (self.shelves[shelf].id, Quantity::new(quantity).unwrap()))
            .collect();
        if new.unknown {
            items.push((ProductId::from_uuid(self.id()), Quantity::new(1).unwrap()));
        }
        let own = |copy: usize| {
            let own = (0..self.slips.len()).filter(|slip| self.slips[*slip].consumer == consumer);
            let own: Vec<_> = own.collect();
            // Now and then somebody else's.
            if copy.is_multiple_of(16) {
                copy % self.slips.len()
            } else {
                own[copy % own.len()]
            }
        };
        let issued_coupon_id = new.copy.map(|copy| self.slips[own(copy)].id);
        let order_id = self.id();
        let key = [*order_id.as_bytes(), *order_id.as_bytes()].concat();
        (!items.is_empty()).then(|| PurchaseRequest {
            order_id: OrderId::from_uuid(order_id),
            saga_id: SagaId::from_uuid(self.id()),
            hold_id: HoldId::from_uuid(self.id()),
            consumer_id: consumer_of(consumer),
            key: KeyScope(key.try_into().unwrap()),
            digest: DIGEST,
            items,
            points: amount(new.points),
            issued_coupon_id,
            payment: if new.by_provider {
                Payment::Provider(None)
            } else {
                Payment::Wallet
            },
            yields: false,
            patience: PATIENCE,
        })
    }

    fn placed(&mut self, asked: PurchaseRequest) -> Step {
        let came = self.place(&asked);
        self.ask(Step::Place(asked, came))
    }

    fn place_again(&mut self, order: usize, other: bool) -> Option<Step> {
        let order = order.checked_rem(self.bought.len())?;
        let mut asked = self.bought[order].request.clone();
        asked.order_id = OrderId::from_uuid(self.id());
        asked.saga_id = SagaId::from_uuid(self.id());
        asked.hold_id = HoldId::from_uuid(self.id());
        if other {
            asked.digest = RequestDigest([8; 32]);
        }
        let came = self.place(&asked);
        Some(Step::Place(asked, came))
    }

    fn order_change(
        &mut self,
        order: usize,
        what: Option<Change>,
        key: Option<u8>,
    ) -> Option<Step> {
        let order = order.checked_rem(self.bought.len())?;
        let command = match what {
            None => OrderCommand::Deliver(match self.bought[order].delivery {
                DeliveryStatus::BeforeDelivery => DeliveryStatus::InDelivery,
                _ => DeliveryStatus::CompleteDelivery,
            }),
            Some(Change::Deliver(status)) => OrderCommand::Deliver(status),
            Some(Change::Confirm) => OrderCommand::Confirm,
            Some(Change::Refund) => OrderCommand::Refund {
                saga_id: SagaId::from_uuid(self.id()),
                patience: PATIENCE,
            },
        };
        let id = self.bought[order].request.order_id;
        let came = self.change(id, &command, key);
        Some(self.ask(Step::Change(id, command, key, came)))
    }

    fn saga_change(&mut self, saga: usize, event: Event, missed: u64) -> Option<Step> {
        let live: Vec<_> = self.sagas.iter().filter(|saga| is_live(saga)).collect();
        let saga = match saga.checked_rem(live.len()) {
            Some(saga) => live[saga],
            None => &self.sagas[saga.checked_rem(self.sagas.len())?],
        };
        let reason = Reason::new("a reason").unwrap();
        let (event, epoch) = match event {
            Event::Succeeded => (SagaEvent::Succeeded, Some(saga.epoch)),
            Event::Declined => (SagaEvent::Declined("no".to_owned()), Some(saga.epoch)),
            Event::Unanswered => {
                let event = SagaEvent::Unanswered("?".to_owned(), Jitter::default());
                (event, Some(saga.epoch))
            }
            Event::Retry => {
                let (by, reason) = (caller("shop"), None);
                (SagaEvent::Retry { by, reason }, None)
            }
            Event::Abandon(settled) => {
                let by = caller("shop");
                let event = SagaEvent::Abandon {
                    by,
                    reason,
                    settled,
                };
                (event, None)
            }
        };
        let (id, command) = (
            saga.order_id,
            OrderCommand::Saga {
                saga_id: saga.id,
                epoch: epoch.map(|epoch| epoch.saturating_sub(missed)),
                event,
                patience: PATIENCE,
            },
        );
        let came = self.change(id, &command, None);
        Some(self.ask(Step::Change(id, command, None, came)))
    }

    fn opened(&mut self, asked: HoldRequest) -> Step {
        let came = self.open_hold(&asked);
        self.ask(Step::OpenHold(asked, came))
    }

    fn settled(&mut self, name: u8, settlement: Settlement) -> Option<Step> {
        let asked = HoldRequest {
            id: HoldId::from_uuid(self.id()),
            caller_id: caller("shop"),
            name: named(name),
            issued_coupon_id: self.slips[0].id,
            order_amount: amount(0),
            seconds: HoldSeconds::new(1).unwrap(),
            yields: false,
        };
        let came = self.settle(&asked, settlement);
        Some(Step::Settle(asked, settlement, came))
    }

    fn product_change(&mut self, seller: usize, product: usize, change: ProductChange) -> Step {
        let shelf = &mut self.shelves[product];
        let id = shelf.id;
        if shelf.seller != seller {
            return Step::ChangeProduct(seller_of(seller), id, change, None);
        }
        if !self.adjusted.contains(&change.entry_id) {
            let stock = change.stock.map_or(shelf.stock, |stock| stock.get().into());
            if stock != shelf.stock {
                self.adjusted.push(change.entry_id);
            }
            shelf.stock = stock;
            shelf.price = change.price.map_or(shelf.price, Money::amount);
        }
        let now = (shelf.price, shelf.stock);
        let step = Step::ChangeProduct(seller_of(seller), id, change, Some(now));
        // A price that is set again is set again.
        if change.price.is_none() {
            self.ask(step)
        } else {
            step
        }
    }

    fn coupon_change(&mut self, coupon: usize, paused: Option<bool>, raised: bool) -> Step {
        let offer = &mut self.offers[coupon];
        let before = (offer.is_paused, offer.cap);
        if raised && let Some(cap) = &mut offer.cap {
            *cap += 1;
        }
        offer.is_paused = paused.unwrap_or(offer.is_paused);
        let is_raised = before.1 != offer.cap;
        let cap = offer.cap.filter(|_| is_raised);
        let change = CouponChange {
            maximum_issued: None,
            maximum_usage: cap.map(|cap| Cap::new(cap).unwrap()),
            paused,
        };
        let is_changed = before != (offer.is_paused, offer.cap);
        Step::ChangeCoupon(offer.id, change, is_changed)
    }

    fn again(&mut self, nth: usize) -> Option<Step> {
        let nth = nth.checked_rem(self.asked.len())?;
        Some(match self.asked[nth].clone() {
            Step::Charge(charge, key, _) => self.charge(charge, key),
            Step::Place(asked, _) => {
                let came = self.place(&asked);
                Step::Place(asked, came)
            }
            Step::Change(id, command, key, _) => {
                let came = self.change(id, &command, key);
                Step::Change(id, command, key, came)
            }
            Step::OpenHold(asked, _) => {
                let came = self.open_hold(&asked);
                Step::OpenHold(asked, came)
            }
            Step::ChangeProduct(_, id, change, _) => {
                let shelf = self
                    .shelves
                    .iter()
                    .position(|shelf| shelf.id == id)
                    .unwrap();
                self.product_change(self.shelves[shelf].seller, shelf, change)
            }
            other => other,
        })
    }
}

fn named(name: u8) -> HoldName {
    hold_name(&format!("hold-{name}"))
}
