//! The rules of placing an order, restated: DESIGN's rules, in the contract's order of precedence.

use domain::{
    DeliveryStatus, HoldState, MinimumOrderNotMet, Money, Order, OrderItem, OrderStatus, Payment,
    PurchaseRefusal, PurchaseRequest, Saga, SagaKind, SagaPhase, SagaStep, UseRefusal,
};

use super::given::{consumer_of, seller_of};
use super::step::Came;
use super::{Bought, Off, PurchaseModel, Use};
use crate::given::amount;

/// What an order comes to.
struct Priced {
    lines: Vec<(usize, i64, i64)>,
    slip: Option<usize>,
    items: i64,
    discount: i64,
}

impl PurchaseModel {
    pub(super) fn place(
        &mut self,
        asked: &PurchaseRequest,
    ) -> Came<Box<(Order, Saga)>, PurchaseRefusal> {
        let known = self
            .bought
            .iter()
            .position(|one| one.request.key == asked.key);
        if let Some(known) = known {
            if self.bought[known].request.digest != asked.digest {
                return Came::Reused;
            }
            return Came::Before(Box::new((self.order(known), self.saga_of(known).clone())));
        }
        match self.priced(asked) {
            Err(refusal) => Came::Refused(refusal),
            Ok(priced) => {
                let order = self.buy(asked, priced);
                Came::Done(Box::new((self.order(order), self.saga_of(order).clone())))
            }
        }
    }

    fn consumer(&self, asked: &PurchaseRequest) -> usize {
        let is_it = |number: &usize| consumer_of(*number) == asked.consumer_id;
        (0..self.purses.len()).find(is_it).unwrap()
    }

    fn priced(&self, asked: &PurchaseRequest) -> Result<Priced, PurchaseRefusal> {
        let consumer = self.consumer(asked);
        let (mut lines, mut items) = (Vec::new(), 0);
        for (id, quantity) in &asked.items {
            let shelf = self.shelves.iter().position(|shelf| shelf.id == *id);
            let shelf = shelf.ok_or(PurchaseRefusal::ProductNotFound(*id))?;
            let (quantity, price) = (i64::from(quantity.get()), self.shelves[shelf].price);
            items += quantity * price;
            lines.push((shelf, quantity, price));
        }
        let slip = match asked.issued_coupon_id {
            None => None,
            Some(id) => {
                let mut slips = self.slips.iter();
                let own = slips.position(|slip| slip.id == id && slip.consumer == consumer);
                Some(own.ok_or(PurchaseRefusal::IssuedCouponNotFound)?)
            }
        };
        let discount = slip.map_or(Ok(0), |slip| self.discount(slip, items))?;
        let points = asked.points.get();
        if points > items - discount {
            return Err(PurchaseRefusal::ExcessivePointUse);
        }
        slip.map_or(Ok(()), |slip| self.has_room(slip))?;
        for (shelf, quantity, _) in &lines {
            let shelf = &self.shelves[*shelf];
            if shelf.stock < *quantity {
                return Err(PurchaseRefusal::NotEnoughProductStock(shelf.id));
            }
        }
        let purse = self.purses[consumer];
        if purse.points < points {
            return Err(PurchaseRefusal::NotEnoughPoint);
        }
        if asked.payment == Payment::Wallet && purse.balance < items - discount - points {
            return Err(PurchaseRefusal::NotEnoughBalance);
        }
        Ok(Priced {
            lines,
            slip,
            items,
            discount,
        })
    }

    /// What this copy takes off, or why it can't be used.
    pub(super) fn discount(&self, slip: usize, items: i64) -> Result<i64, UseRefusal> {
        let offer = self.offer_of(slip);
        if offer.is_single_use && self.uses_of(slip, HoldState::Confirmed) > 0 {
            return Err(UseRefusal::AlreadyUsedCoupon);
        }
        if self.now >= offer.ends {
            return Err(UseRefusal::ResourceExpired);
        }
        if offer.is_paused {
            return Err(UseRefusal::CouponPaused);
        }
        let is_final = self.uses(self.slips[slip].offer, HoldState::Confirmed);
        if offer.cap.is_some_and(|cap| is_final >= cap) || self.slips[slip].is_withdrawn {
            return Err(UseRefusal::CouponNotUsable);
        }
        if items < offer.least {
            let minimum = Money::new(offer.least).unwrap();
            return Err(MinimumOrderNotMet { minimum }.into());
        }
        Ok(match offer.off {
            Off::Fixed(off) => off.min(items),
            Off::Rate(rate, most) => (items * rate / 100).min(most),
        })
    }

    /// Nothing that is not final stands in the way of another use.
    pub(super) fn has_room(&self, slip: usize) -> Result<(), UseRefusal> {
        let (offer, number) = (self.offer_of(slip), self.slips[slip].offer);
        if offer.is_single_use && self.uses_of(slip, HoldState::Open) > 0 {
            return Err(UseRefusal::CopyHeld);
        }
        let taken = self.uses(number, HoldState::Open) + self.uses(number, HoldState::Confirmed);
        if offer.cap.is_some_and(|cap| taken >= cap) {
            return Err(UseRefusal::CouponHeld);
        }
        Ok(())
    }

    fn buy(&mut self, asked: &PurchaseRequest, priced: Priced) -> usize {
        let Priced {
            lines,
            slip,
            items,
            discount,
        } = priced;
        let points = asked.points.get();
        let paid = items - discount - points;
        let is_at_once = asked.payment == Payment::Wallet || paid == 0;
        for (shelf, quantity, _) in &lines {
            self.shelves[*shelf].stock -= quantity;
        }
        let consumer = self.consumer(asked);
        let purse = &mut self.purses[consumer];
        purse.points -= points;
        if asked.payment == Payment::Wallet {
            purse.balance -= paid;
        }
        let used = slip.map(|slip| {
            let state = if is_at_once {
                HoldState::Confirmed
            } else {
                HoldState::Open
            };
            self.uses.push(Use {
                slip,
                state,
                shop: None,
            });
            self.uses.len() - 1
        });
        self.bought.push(Bought {
            request: asked.clone(),
            lines,
            discount,
            paid,
            status: if is_at_once {
                OrderStatus::Paid
            } else {
                OrderStatus::Pending
            },
            failure: None,
            delivery: DeliveryStatus::BeforeDelivery,
            used,
            at: self.now,
        });
        let step = if is_at_once {
            SagaStep::Complete
        } else {
            SagaStep::Authorise
        };
        self.begin_saga(asked.saga_id, asked.order_id, SagaKind::Purchase, step);
        self.bought.len() - 1
    }

    fn saga_of(&self, order: usize) -> &Saga {
        let id = self.bought[order].request.saga_id;
        self.sagas.iter().find(|saga| saga.id == id).unwrap()
    }

    /// The order, as a store has it.
    pub(super) fn order(&self, order: usize) -> Order {
        let bought = &self.bought[order];
        let request = bought.request.clone();
        let mut items_amount = 0;
        let items = bought.lines.iter().map(|(shelf, quantity, price)| {
            let shelf = &self.shelves[*shelf];
            items_amount += quantity * price;
            OrderItem {
                product_id: shelf.id,
                seller_id: seller_of(shelf.seller),
                quantity: domain::Quantity::new(*quantity).unwrap(),
                price: Money::new(*price).unwrap(),
                amount: amount(quantity * price),
            }
        });
        let items = items.collect();
        let slip = bought.used.map(|used| self.uses[used].slip);
        Order {
            id: request.order_id,
            consumer_id: request.consumer_id,
            request_key: request.key,
            request_digest: request.digest,
            status: bought.status,
            failure: bought.failure,
            delivery: bought.delivery,
            items,
            items_amount: amount(items_amount),
            discount: amount(bought.discount),
            points_used: request.points,
            paid_amount: amount(bought.paid),
            earned_points: amount(bought.paid / 40),
            coupon: slip.map(|slip| (self.slips[slip].id, self.offer_of(slip).id)),
            payment: request.payment,
            saga_id: request.saga_id,
            created_at: bought.at,
        }
    }
}

/// Does somebody work on it, or wait to?
pub(super) fn is_live(saga: &Saga) -> bool {
    matches!(
        saga.phase,
        SagaPhase::Running | SagaPhase::Parked | SagaPhase::Stuck
    )
}
