//! What may become of an order once it is placed: one decision for every command.
//!
//! | command | allowed | what happens |
//! |---|---|---|
//! | deliver | PAID or CONFIRMED, one status forward | the delivery's status |
//! | confirm | PAID, delivered | sellers get 95 % of their lines, the platform the rest, the consumer its points |
//! | refund | PAID, before delivery | from the wallet at once; else REFUNDING, and a saga asks the provider |
//! | saga's event | the saga waits for it, by its newest worker | by the table of [`Saga::next`] |
//!
//! What is as it is asked to be already stays so: the same command again is the same command.

use crate::{
    Account, Coupon, DeliveryStatus, Hold, HoldState, IssuedCoupon, MoneyEntry, MoneyKind, Order,
    OrderFailure, OrderStatus, Payment, Product, Saga, SagaEffect, SagaEvent, SagaId, SagaKind,
    SagaPatience, SagaRefusal, SagaStep, StockEntry, StockKind, Timestamp, Wallet, Writes,
    using::return_use,
};

/// An order and all around it, read under the locks of its coupon, itself, its products and the
/// wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderReading {
    /// The order.
    pub order: Order,
    /// Its sagas: the purchase, and the refunds there were.
    pub sagas: Vec<Saga>,
    /// Its hold with copy and coupon, if it uses one.
    pub using: Option<(Hold, IssuedCoupon, Coupon)>,
    /// The products of its lines.
    pub products: Vec<Product>,
    /// The consumer's wallet; an empty one, where there is none.
    pub wallet: Wallet,
}

/// What is to become of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderCommand {
    /// Its delivery has come so far.
    Deliver(DeliveryStatus),
    /// Its consumer confirms it.
    Confirm,
    /// Its consumer wants the money back.
    Refund {
        /// The id that the refund's saga will have; made before the first try.
        saga_id: SagaId,
        /// How patient that saga is.
        patience: SagaPatience,
    },
    /// Something has happened to one of its sagas.
    Saga {
        /// Which.
        saga_id: SagaId,
        /// The epoch at which the worker made its call; none for an operator.
        epoch: Option<u64>,
        /// What.
        event: SagaEvent,
        /// How patient the saga is.
        patience: SagaPatience,
    },
}

impl OrderCommand {
    /// What it has come to is its last word, so that the answer is to be kept with its key: not while
    /// a saga is at work on what was asked for. An operator's word is done when it is written.
    #[must_use]
    pub const fn is_answered_by(&self, order: &Order) -> bool {
        matches!(self, Self::Saga { .. }) || !order.is_under_way()
    }
}

/// Why nothing becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderRefusal {
    /// There is no such order.
    #[error("there is no such order")]
    NotFound,
    /// A delivery moves forward only, one status after the other, once the order is paid.
    #[error("the delivery can't move there")]
    InvalidDelivery,
    /// Only a paid order that was delivered is confirmed.
    #[error("the order can't be confirmed")]
    ConfirmNotAvailable,
    /// Only a paid order whose delivery has not begun is refunded.
    #[error("the order can't be refunded")]
    RefundNotAvailable,
    /// There is no such saga of this order.
    #[error("there is no such saga")]
    SagaNotFound,
    /// The saga does not take this.
    #[error(transparent)]
    Saga(#[from] SagaRefusal),
    /// The saga has changed since the worker made its call: another has taken it over, or this
    /// outcome was taken before.
    #[error("the saga has changed since")]
    StaleWorker,
    /// A wallet has no room for what it would get; nothing was done.
    #[error(transparent)]
    TooLarge(#[from] crate::AmountOverflow),
}

impl OrderReading {
    /// What to write, the order as it is then included; nothing when all is as it is to be.
    ///
    /// # Errors
    /// [`OrderRefusal`]; then nothing is written.
    pub fn decide(self, command: OrderCommand, now: Timestamp) -> Result<Writes, OrderRefusal> {
        let change = Change {
            reading: self,
            writes: Writes::default(),
            now,
        };
        match command {
            OrderCommand::Deliver(status) => change.deliver(status),
            OrderCommand::Confirm => change.confirm(),
            OrderCommand::Refund { saga_id, patience } => change.refund(saga_id, &patience),
            OrderCommand::Saga {
                saga_id,
                epoch,
                event,
                patience,
            } => change.saga(saga_id, epoch, event, &patience),
        }
    }
}

/// A change in the making.
struct Change {
    reading: OrderReading,
    writes: Writes,
    now: Timestamp,
}

impl Change {
    fn deliver(mut self, status: DeliveryStatus) -> Result<Writes, OrderRefusal> {
        let order = &mut self.reading.order;
        let may_move = matches!(order.status, OrderStatus::Paid | OrderStatus::Confirmed);
        let is_next = matches!(
            (order.delivery, status),
            (DeliveryStatus::BeforeDelivery, DeliveryStatus::InDelivery)
                | (DeliveryStatus::InDelivery, DeliveryStatus::CompleteDelivery)
        );
        if may_move && order.delivery == status && status != DeliveryStatus::BeforeDelivery {
            return Ok(self.writes);
        }
        if !may_move || !is_next {
            return Err(OrderRefusal::InvalidDelivery);
        }
        order.delivery = status;
        Ok(self.with_order())
    }

    fn confirm(mut self) -> Result<Writes, OrderRefusal> {
        let order = &mut self.reading.order;
        if order.status == OrderStatus::Confirmed {
            return Ok(self.writes);
        }
        let is_there = order.delivery == DeliveryStatus::CompleteDelivery;
        if order.status != OrderStatus::Paid || !is_there {
            return Err(OrderRefusal::ConfirmNotAvailable);
        }
        order.status = OrderStatus::Confirmed;
        for (line, item) in (0..).zip(&self.reading.order.items) {
            let share = item.sellers_share();
            let entry = |kind, to, amount| MoneyEntry {
                reference: *self.reading.order.id.as_uuid(),
                kind,
                line,
                from: Account::Sales,
                to,
                amount,
                at: self.now,
            };
            let seller = Account::Seller(item.seller_id.clone());
            let both = [
                entry(MoneyKind::Sale, seller, share),
                entry(MoneyKind::Fee, Account::Fees, item.amount.without(share)),
            ];
            let moved = both
                .into_iter()
                .filter(|one| one.amount != crate::Amount::ZERO);
            self.writes.money_entries.extend(moved);
        }
        self.book(MoneyKind::PointsEarned)?;
        Ok(self.with_order())
    }

    fn refund(mut self, id: SagaId, patience: &SagaPatience) -> Result<Writes, OrderRefusal> {
        let is_begun = self.reading.sagas.iter().any(|saga| saga.id == id);
        let order = &mut self.reading.order;
        // Begun by this very command, it may have been declined since: that is its answer.
        if is_begun || matches!(order.status, OrderStatus::Refunding | OrderStatus::Refunded) {
            return Ok(self.writes);
        }
        let is_here = order.delivery == DeliveryStatus::BeforeDelivery;
        if order.status != OrderStatus::Paid || !is_here {
            return Err(OrderRefusal::RefundNotAvailable);
        }
        let is_local = order.payment == Payment::Wallet || order.paid_amount == crate::Amount::ZERO;
        if is_local {
            let (saga, trace) = Saga::at_once(id, order.id, SagaKind::Refund, self.now);
            self.writes.saga = Some(saga);
            self.writes.trace = trace;
            self.give_back()?;
        } else {
            order.status = OrderStatus::Refunding;
            let call = (SagaKind::Refund, SagaStep::Refund);
            let (saga, trace) = Saga::begin(id, order.id, call, self.now, patience);
            self.writes.saga = Some(saga);
            self.writes.trace = trace;
        }
        Ok(self.with_order())
    }

    fn saga(
        mut self,
        id: SagaId,
        epoch: Option<u64>,
        event: SagaEvent,
        patience: &SagaPatience,
    ) -> Result<Writes, OrderRefusal> {
        let saga = self.reading.sagas.iter().find(|saga| saga.id == id);
        let saga = saga.ok_or(OrderRefusal::SagaNotFound)?;
        if epoch.is_some_and(|epoch| epoch != saga.epoch) {
            return Err(OrderRefusal::StaleWorker);
        }
        let (saga, trace, effect) = saga.next(event, self.now, patience)?;
        self.writes.saga = Some(saga);
        self.writes.trace.push(trace);
        match effect {
            None => {}
            Some(SagaEffect::Complete) => self.complete()?,
            Some(SagaEffect::ReleaseDeclined) => self.release(OrderFailure::PaymentDeclined)?,
            Some(SagaEffect::ReleaseUnanswered) => {
                self.release(OrderFailure::PaymentUnavailable)?;
            }
            // An order that failed meanwhile, its payment lost, has given back everything.
            Some(SagaEffect::Return) if self.is(OrderStatus::Refunding) => self.give_back()?,
            Some(SagaEffect::KeepPaid) if self.is(OrderStatus::Refunding) => {
                self.reading.order.status = OrderStatus::Paid;
            }
            Some(SagaEffect::Return | SagaEffect::KeepPaid) => {}
            Some(SagaEffect::StrayPayment) => self.book(MoneyKind::StrayPayment)?,
            Some(SagaEffect::PaymentLost) => self.lose_payment()?,
        }
        Ok(self.with_order())
    }

    fn is(&self, status: OrderStatus) -> bool {
        self.reading.order.status == status
    }

    /// The use is final, the order PAID.
    fn complete(&mut self) -> Result<(), OrderRefusal> {
        self.reading.order.status = OrderStatus::Paid;
        self.book(MoneyKind::Payment)?;
        self.book(MoneyKind::Discount)?;
        if let Some((hold, copy, coupon)) = self.open_hold() {
            let hold = Hold {
                state: HoldState::Confirmed,
                ..hold
            };
            let mut coupon = coupon;
            coupon.make_final();
            let used = copy.used.saturating_add(1);
            self.settle(hold, Some(IssuedCoupon { used, ..copy }), coupon);
        }
        Ok(())
    }

    /// Hold, stock and points are back, the order FAILED.
    fn release(&mut self, failure: OrderFailure) -> Result<(), OrderRefusal> {
        self.reading.order.status = OrderStatus::Failed;
        self.reading.order.failure = Some(failure);
        self.book(MoneyKind::PointsReleased)?;
        self.put_back(StockKind::Released);
        if let Some((hold, _, mut coupon)) = self.open_hold() {
            coupon.release();
            let hold = Hold {
                state: HoldState::Cancelled,
                ..hold
            };
            self.settle(hold, None, coupon);
        }
        Ok(())
    }

    /// Money, points and stock are back, and the use of an ISSUE_COUPON that has not expired; the
    /// order is REFUNDED.
    fn give_back(&mut self) -> Result<(), OrderRefusal> {
        self.reading.order.status = OrderStatus::Refunded;
        self.unwind()
    }

    /// The payment of a paid order never came: undone as far as that can be, or written off.
    fn lose_payment(&mut self) -> Result<(), OrderRefusal> {
        // Refunded meanwhile, it has given back everything: there is nothing that was not paid for.
        if self.is(OrderStatus::Refunded) {
            return Ok(());
        }
        let undoable = self.is(OrderStatus::Paid) || self.is(OrderStatus::Refunding);
        if !undoable || self.reading.order.delivery != DeliveryStatus::BeforeDelivery {
            return self.book(MoneyKind::WrittenOff);
        }
        self.reading.order.status = OrderStatus::Failed;
        self.reading.order.failure = Some(OrderFailure::PaymentUnavailable);
        self.unwind()
    }

    fn unwind(&mut self) -> Result<(), OrderRefusal> {
        self.book(MoneyKind::PaymentReturned)?;
        self.book(MoneyKind::PointsReturned)?;
        self.book(MoneyKind::DiscountReturned)?;
        self.put_back(StockKind::Returned);
        // A use that does not return stays final; the rest is back all the same.
        if let Some((hold, copy, coupon)) = self.reading.using.clone()
            && let Some((hold, copy, coupon)) = return_use(hold, copy, coupon, self.now)
        {
            self.settle(hold, Some(copy), coupon);
        }
        Ok(())
    }

    /// Writes the entry of this kind, and moves what it moves in the consumer's wallet.
    fn book(&mut self, kind: MoneyKind) -> Result<(), OrderRefusal> {
        let Some(entry) = self.reading.order.entry(kind, self.now) else {
            return Ok(());
        };
        let wallet = &mut self.reading.wallet;
        match &entry.to {
            Account::Balance(_) => wallet.balance = wallet.balance.plus(entry.amount)?,
            Account::Points(_) => wallet.points = wallet.points.plus(entry.amount)?,
            _ => {}
        }
        if matches!(entry.to, Account::Balance(_) | Account::Points(_)) {
            self.writes.wallet = Some(wallet.clone());
        }
        self.writes.money_entries.push(entry);
        Ok(())
    }

    fn put_back(&mut self, kind: StockKind) {
        for item in &self.reading.order.items {
            let mut products = self.reading.products.iter();
            let product = products.find(|product| product.id == item.product_id);
            let quantity = item.quantity.get();
            self.writes.products.extend(product.map(|product| Product {
                stock: product.stock.put_back(quantity),
                ..product.clone()
            }));
            self.writes.stock_entries.push(StockEntry {
                reference: *self.reading.order.id.as_uuid(),
                product_id: item.product_id,
                kind,
                quantity: quantity.into(),
                at: self.now,
            });
        }
    }

    fn open_hold(&self) -> Option<(Hold, IssuedCoupon, Coupon)> {
        let using = self.reading.using.clone();
        using.filter(|(hold, ..)| hold.state == HoldState::Open)
    }

    fn settle(&mut self, hold: Hold, copy: Option<IssuedCoupon>, coupon: Coupon) {
        self.writes.holds.push(hold);
        self.writes.copy = copy;
        self.writes.coupon = Some(coupon);
    }

    fn with_order(mut self) -> Writes {
        self.writes.order = Some(self.reading.order);
        self.writes
    }
}

#[cfg(test)]
mod tests;
