//! What may become of an order, restated.

use domain::ports::Answered;
use domain::{
    DeliveryStatus, HoldState, Order, OrderCommand, OrderFailure, OrderId, OrderRefusal,
    OrderStatus, Payment, SagaKind, SagaStep,
};

use super::apply::scope_of;
use super::given::consumer_of;
use super::sagas::Means;
use super::step::{Came, DIGEST};
use super::{Bought, PurchaseModel, Purse};

/// The answer that is kept of a change.
pub(super) fn rendered(order: &Order) -> Vec<u8> {
    format!("{} {:?} {:?}", order.id, order.status, order.delivery).into_bytes()
}

impl PurchaseModel {
    pub(super) fn change(
        &mut self,
        id: OrderId,
        command: &OrderCommand,
        key: Option<u8>,
    ) -> Came<Box<Order>, OrderRefusal> {
        let scope = key.map(scope_of);
        let known = self
            .answered
            .iter()
            .find(|(known, _)| Some(*known) == scope);
        if let Some((_, answered)) = known {
            return Came::Answered(answered.answer.clone());
        }
        let order = self
            .bought
            .iter()
            .position(|one| one.request.order_id == id);
        let Some(order) = order else {
            return Came::Refused(OrderRefusal::NotFound);
        };
        let changed = match command {
            OrderCommand::Deliver(status) => self.deliver(order, *status),
            OrderCommand::Confirm => self.confirm(order),
            OrderCommand::Refund { saga_id, .. } => self.refund(order, *saga_id),
            OrderCommand::Saga {
                saga_id,
                epoch,
                event,
                ..
            } => self.saga_event(order, *saga_id, *epoch, event),
        };
        if let Err(refusal) = changed {
            return Came::Refused(refusal);
        }
        let order = self.order(order);
        let is_last_word = !matches!(order.status, OrderStatus::Pending | OrderStatus::Refunding);
        if let Some(scope) = scope.filter(|_| is_last_word) {
            let (digest, answer) = (DIGEST, rendered(&order));
            self.answered.push((scope, Answered { digest, answer }));
        }
        Came::Done(Box::new(order))
    }

    fn deliver(&mut self, order: usize, status: DeliveryStatus) -> Result<(), OrderRefusal> {
        use DeliveryStatus::{BeforeDelivery, CompleteDelivery, InDelivery};
        let bought = &mut self.bought[order];
        let is_paid = matches!(bought.status, OrderStatus::Paid | OrderStatus::Confirmed);
        match (bought.delivery, status) {
            (InDelivery, InDelivery) | (CompleteDelivery, CompleteDelivery) if is_paid => Ok(()),
            (BeforeDelivery, InDelivery) | (InDelivery, CompleteDelivery) if is_paid => {
                bought.delivery = status;
                Ok(())
            }
            _ => Err(OrderRefusal::InvalidDelivery),
        }
    }

    fn confirm(&mut self, order: usize) -> Result<(), OrderRefusal> {
        let bought = self.bought[order].clone();
        match (bought.status, bought.delivery) {
            (OrderStatus::Confirmed, _) => Ok(()),
            (OrderStatus::Paid, DeliveryStatus::CompleteDelivery) => {
                self.bought[order].status = OrderStatus::Confirmed;
                for (shelf, quantity, price) in bought.lines {
                    self.sellers[self.shelves[shelf].seller] += quantity * price * 95 / 100;
                }
                self.purse(order).points += bought.paid / 40;
                Ok(())
            }
            _ => Err(OrderRefusal::ConfirmNotAvailable),
        }
    }

    fn refund(&mut self, order: usize, saga: domain::SagaId) -> Result<(), OrderRefusal> {
        let bought = &mut self.bought[order];
        let id = bought.request.order_id;
        // The same command again, whatever has become of its refund.
        if self.sagas.iter().any(|begun| begun.id == saga) {
            return Ok(());
        }
        match (bought.status, bought.delivery) {
            (OrderStatus::Refunding | OrderStatus::Refunded, _) => Ok(()),
            (OrderStatus::Paid, DeliveryStatus::BeforeDelivery) => {
                if bought.request.payment == Payment::Wallet || bought.paid == 0 {
                    bought.status = OrderStatus::Refunded;
                    self.begin_saga(saga, id, SagaKind::Refund, SagaStep::Complete);
                    self.give_back(order);
                } else {
                    bought.status = OrderStatus::Refunding;
                    self.begin_saga(saga, id, SagaKind::Refund, SagaStep::Refund);
                }
                Ok(())
            }
            _ => Err(OrderRefusal::RefundNotAvailable),
        }
    }

    fn saga_event(
        &mut self,
        order: usize,
        id: domain::SagaId,
        epoch: Option<u64>,
        event: &domain::SagaEvent,
    ) -> Result<(), OrderRefusal> {
        let of = self.bought[order].request.order_id;
        let mut sagas = self.sagas.iter();
        let number = sagas.position(|saga| saga.id == id && saga.order_id == of);
        let number = number.ok_or(OrderRefusal::SagaNotFound)?;
        if epoch.is_some_and(|epoch| epoch != self.sagas[number].epoch) {
            return Err(OrderRefusal::StaleWorker);
        }
        let means = self.happens(number, event)?;
        self.mean(order, means);
        Ok(())
    }

    fn mean(&mut self, order: usize, means: Means) {
        let Bought {
            status,
            delivery,
            paid,
            ..
        } = self.bought[order];
        match means {
            Means::Nothing => {}
            Means::Paid => {
                self.bought[order].status = OrderStatus::Paid;
                self.end_use(order, HoldState::Confirmed);
            }
            Means::Declined => self.fail(order, OrderFailure::PaymentDeclined),
            Means::Unanswered => self.fail(order, OrderFailure::PaymentUnavailable),
            Means::Refunded if status == OrderStatus::Refunding => {
                self.bought[order].status = OrderStatus::Refunded;
                self.give_back(order);
            }
            Means::NotRefunded if status == OrderStatus::Refunding => {
                self.bought[order].status = OrderStatus::Paid;
            }
            // The order has failed meanwhile.
            Means::Refunded | Means::NotRefunded => {}
            Means::Stray => self.purse(order).balance += paid,
            Means::NeverPaid => {
                let is_open = matches!(status, OrderStatus::Paid | OrderStatus::Refunding);
                if is_open && delivery == DeliveryStatus::BeforeDelivery {
                    let bought = &mut self.bought[order];
                    bought.status = OrderStatus::Failed;
                    bought.failure = Some(OrderFailure::PaymentUnavailable);
                    self.give_back(order);
                }
            }
        }
    }

    /// A pending order comes to nothing.
    fn fail(&mut self, order: usize, why: OrderFailure) {
        self.bought[order].status = OrderStatus::Failed;
        self.bought[order].failure = Some(why);
        self.put_back(order);
        self.end_use(order, HoldState::Cancelled);
    }

    /// A paid order's money, points, goods and use are given back.
    fn give_back(&mut self, order: usize) {
        let Bought {
            paid,
            ref request,
            used,
            ..
        } = self.bought[order];
        if request.payment == Payment::Wallet {
            self.purse(order).balance += paid;
        }
        self.put_back(order);
        let returns = used.is_some_and(|used| {
            let offer = self.offer_of(self.uses[used].slip);
            offer.cap.is_none() && self.now < offer.ends
        });
        if returns {
            self.end_use(order, HoldState::Returned);
        }
    }

    /// Points and goods.
    fn put_back(&mut self, order: usize) {
        let points = self.bought[order].request.points.get();
        self.purse(order).points += points;
        for (shelf, quantity, _) in self.bought[order].lines.clone() {
            self.shelves[shelf].stock += quantity;
        }
    }

    fn end_use(&mut self, order: usize, state: HoldState) {
        if let Some(used) = self.bought[order].used {
            self.uses[used].state = state;
        }
    }

    fn purse(&mut self, order: usize) -> &mut Purse {
        let consumer = &self.bought[order].request.consumer_id;
        let is_it = |number: &usize| consumer_of(*number) == *consumer;
        let number = (0..self.purses.len()).find(is_it).unwrap();
        &mut self.purses[number]
    }
}
