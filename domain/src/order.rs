//! An order: what was bought, at which prices, and how far it has come.
//!
//! ```text
//! PENDING ──► PAID ──► CONFIRMED
//!    │         │ ▲
//!    ▼         ▼ │ (refund declined)
//!  FAILED   REFUNDING ──► REFUNDED
//! ```
//! PAID becomes FAILED only when an operator declares that its payment never came.

use crate::{
    Account, Amount, ConsumerId, CouponId, IssuedCouponId, Money, MoneyEntry, MoneyKind, OrderId,
    PaymentMethod, ProductId, Quantity, SagaId, SellerId, Timestamp,
    ports::{KeyScope, RequestDigest},
};

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Everything is reserved, the payment is under way.
    Pending,
    /// Paid; the use of its coupon is final.
    Paid,
    /// It came to nothing; everything is undone.
    Failed,
    /// The refund is under way.
    Refunding,
    /// Refunded.
    Refunded,
    /// Confirmed by its consumer: sellers and points are credited.
    Confirmed,
}

/// Why an order failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFailure {
    /// The provider has declined.
    PaymentDeclined,
    /// The provider did not answer.
    PaymentUnavailable,
}

/// Where the goods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    /// Not on their way.
    BeforeDelivery,
    /// On their way.
    InDelivery,
    /// There.
    CompleteDelivery,
}

/// How an order is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payment {
    /// From the consumer's wallet.
    Wallet,
    /// By the payment provider, in the way that its token stands for.
    Provider(Option<PaymentMethod>),
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderItem {
    /// The product.
    pub product_id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// How many.
    pub quantity: Quantity,
    /// What one of it cost when the order was placed.
    pub price: Money,
    /// Price times quantity.
    pub amount: Amount,
}

impl OrderItem {
    /// The seller's share: 95 %, floored. The rest is the platform's fee.
    #[must_use]
    pub fn sellers_share(&self) -> Amount {
        self.amount.share(95, 100)
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// Whose.
    pub consumer_id: ConsumerId,
    /// The idempotency key that it was placed under: caller, method, path and key.
    pub request_key: KeyScope,
    /// What was asked under it.
    pub request_digest: RequestDigest,
    /// How far it has come.
    pub status: OrderStatus,
    /// Why it failed; of FAILED orders only.
    pub failure: Option<OrderFailure>,
    /// Where the goods are.
    pub delivery: DeliveryStatus,
    /// Its lines, 1..=100, no product twice.
    pub items: Vec<OrderItem>,
    /// What the lines add up to.
    pub items_amount: Amount,
    /// What the coupon takes off; never more than the items.
    pub discount: Amount,
    /// Points used; never more than what is left.
    pub points_used: Amount,
    /// `items_amount − discount − points_used`.
    pub paid_amount: Amount,
    /// Points that are credited when it is confirmed: 2.5 % of what is paid, floored.
    pub earned_points: Amount,
    /// The copy that it uses, and the coupon it is a copy of.
    pub coupon: Option<(IssuedCouponId, CouponId)>,
    /// How it is paid.
    pub payment: Payment,
    /// The saga that places it.
    pub saga_id: SagaId,
    /// When the ledger stored it.
    pub created_at: Timestamp,
}

impl Order {
    /// Points earned with a payment: 2.5 %, floored.
    #[must_use]
    pub fn points_earned_with(paid: Amount) -> Amount {
        paid.share(25, 1_000)
    }

    /// A saga is at work on it: what it is now is not its last word.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        matches!(self.status, OrderStatus::Pending | OrderStatus::Refunding)
    }

    /// Where its payment comes from.
    fn payer(&self) -> Account {
        match self.payment {
            Payment::Wallet => Account::Balance(self.consumer_id.clone()),
            Payment::Provider(_) => Account::Provider,
        }
    }

    /// The entry of this kind that belongs to it, by the table of the books; none when nothing moves.
    /// Of the kinds that it has one of, not one per line.
    pub(crate) fn entry(&self, kind: MoneyKind, now: Timestamp) -> Option<MoneyEntry> {
        let points = || Account::Points(self.consumer_id.clone());
        let (from, to, amount) = match kind {
            MoneyKind::Payment => (self.payer(), Account::Sales, self.paid_amount),
            MoneyKind::PaymentReturned => (Account::Sales, self.payer(), self.paid_amount),
            MoneyKind::PointsUsed => (points(), Account::Sales, self.points_used),
            MoneyKind::PointsReleased | MoneyKind::PointsReturned => {
                (Account::Sales, points(), self.points_used)
            }
            MoneyKind::Discount => (Account::Discounts, Account::Sales, self.discount),
            MoneyKind::DiscountReturned => (Account::Sales, Account::Discounts, self.discount),
            MoneyKind::PointsEarned => (Account::Rewards, points(), self.earned_points),
            MoneyKind::StrayPayment => {
                let balance = Account::Balance(self.consumer_id.clone());
                (Account::Provider, balance, self.paid_amount)
            }
            MoneyKind::WrittenOff => (Account::Losses, Account::Provider, self.paid_amount),
            MoneyKind::Charge | MoneyKind::Sale | MoneyKind::Fee => return None,
        };
        (amount != Amount::ZERO).then(|| MoneyEntry {
            reference: *self.id.as_uuid(),
            kind,
            line: 0,
            from,
            to,
            amount,
            at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn shares_are_floored_and_leave_the_rest_to_the_platform(amount in 0..=i64::MAX) {
            let exact = Amount::new(amount).unwrap();
            let item = OrderItem {
                product_id: ProductId::from_uuid(uuid::Uuid::nil()),
                seller_id: SellerId::new("s").unwrap(),
                quantity: Quantity::new(1).unwrap(),
                price: Money::ZERO,
                amount: exact,
            };
            prop_assert_eq!(i128::from(item.sellers_share().get()), i128::from(amount) * 95 / 100);
            let points = Order::points_earned_with(exact).get();
            prop_assert_eq!(points, amount / 40);
        }
    }
}
