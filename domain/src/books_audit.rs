//! Do the books balance? What is stored against what its entries add up to, in one consistent
//! snapshot.

use std::fmt;

use crate::{ConsumerId, IssuedCouponId, OrderId, ProductId, SagaId, SellerId};

/// Something that is stored as one number and can be counted from rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BookSubject {
    /// A wallet's balance: its entries.
    Balance(ConsumerId),
    /// A wallet's points: their entries.
    Points(ConsumerId),
    /// What is folded of a seller's credits: the entries that are folded.
    Seller(SellerId),
    /// A product's stock: its entries.
    Stock(ProductId),
    /// An order's items amount: its lines.
    Items(OrderId),
    /// What an order has in SALES by its status (PENDING: its points; PAID, REFUNDING: its items'
    /// amount; else nothing): its entries.
    Sales(OrderId),
    /// What an order has taken out of stock by its status (FAILED, REFUNDED: nothing; else its
    /// quantities): its entries.
    Taken(OrderId),
    /// How often a copy is used: its CONFIRMED holds.
    Uses(IssuedCouponId),
    /// How many OPEN holds an order has by its status (PENDING with a coupon: 1; else 0): its holds.
    OpenHolds(OrderId),
}

impl fmt::Display for BookSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Balance(consumer) => write!(f, "the balance of {consumer}"),
            Self::Points(consumer) => write!(f, "the points of {consumer}"),
            Self::Seller(seller) => write!(f, "the folded credits of seller {seller}"),
            Self::Stock(product) => write!(f, "the stock of product {product}"),
            Self::Items(order) => write!(f, "the items amount of order {order}"),
            Self::Sales(order) => write!(f, "the money that order {order} has in SALES"),
            Self::Taken(order) => write!(f, "the stock that order {order} has taken"),
            Self::Uses(copy) => write!(f, "the uses of issued coupon {copy}"),
            Self::OpenHolds(order) => write!(f, "the open holds of order {order}"),
        }
    }
}

/// What is wrong with the books.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookViolation {
    /// What is stored is not what the rows add up to.
    #[error("{subject}: {stored} is stored, its rows say {counted}")]
    Differs {
        /// What.
        subject: BookSubject,
        /// As stored, or as it must be by the status.
        stored: i64,
        /// As counted.
        counted: i64,
    },
    /// A saga that nobody works on, though it is due for longer than the grace.
    #[error("saga {0} is alive, and nobody has taken it over in time")]
    Overdue(SagaId),
}

/// The books, read in one consistent snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BooksAudit {
    /// Wallets that were looked at.
    pub wallets: u64,
    /// Products that were looked at.
    pub products: u64,
    /// Orders that were looked at.
    pub orders: u64,
    /// Sagas that are alive, parked and stuck ones included.
    pub live_sagas: u64,
    /// Sagas that are stuck: no violation, but somebody's to settle.
    pub stuck_sagas: u64,
    /// What must not be, the first hundred of each kind.
    pub violations: Vec<BookViolation>,
}

impl BooksAudit {
    /// The most violations of a kind that are named.
    pub const NAMED: u32 = 100;

    /// Nothing is wrong.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.violations.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_are_exact_without_a_violation_and_a_violation_says_what_differs() {
        let mut audit = BooksAudit {
            stuck_sagas: 1,
            live_sagas: 1,
            ..BooksAudit::default()
        };
        assert!(
            audit.is_exact(),
            "a stuck saga is an operator's, no violation"
        );
        let violation = BookViolation::Differs {
            subject: BookSubject::Balance(crate::testing::ann()),
            stored: 5,
            counted: 4,
        };
        let text = "the balance of ann: 5 is stored, its rows say 4";
        assert_eq!(violation.to_string(), text);
        audit.violations.push(violation);
        assert!(!audit.is_exact());
    }
}
