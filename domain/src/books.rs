//! The books: every movement of money, points and stock is an entry, and an entry of money has two
//! sides, so that nothing can appear or vanish.
//!
//! | kind | from | to |
//! |---|---|---|
//! | CHARGE | OUTSIDE | BALANCE of the consumer |
//! | PAYMENT | BALANCE of the consumer, or PROVIDER | SALES |
//! | POINTS_USED | POINTS of the consumer | SALES |
//! | DISCOUNT | DISCOUNTS | SALES |
//! | POINTS_RELEASED, POINTS_RETURNED | SALES | POINTS of the consumer |
//! | PAYMENT_RETURNED | SALES | where the payment came from |
//! | DISCOUNT_RETURNED | SALES | DISCOUNTS |
//! | SALE, per line | SALES | SELLER |
//! | FEE, per line | SALES | FEES |
//! | POINTS_EARNED | REWARDS | POINTS of the consumer |
//! | STRAY_PAYMENT | PROVIDER | BALANCE of the consumer |
//! | WRITTEN_OFF | LOSSES | PROVIDER |
//!
//! So a paid order brings exactly its items' amount into SALES, a confirmed or refunded one takes
//! exactly that out again; what consumers, sellers and the platform have is what came from outside.
//! An entry is keyed by its reference (the order, the charge), its kind and its line, so writing it
//! twice is not possible.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::{Amount, ConsumerId, ProductId, SellerId, Timestamp};

/// Where money and points are. Points are worth one smallest unit each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Account {
    /// Outside of the books: where charges come from.
    Outside,
    /// What the payment provider has taken and owes.
    Provider,
    /// A consumer's money.
    Balance(ConsumerId),
    /// A consumer's points.
    Points(ConsumerId),
    /// What is paid for orders that are neither confirmed nor refunded.
    Sales,
    /// A seller's money.
    Seller(SellerId),
    /// The platform's: it funds discounts.
    Discounts,
    /// The platform's: it funds points that are earned.
    Rewards,
    /// The platform's: it keeps what sellers don't get.
    Fees,
    /// The platform's: payments that were never captured for goods that were delivered.
    Losses,
}

/// A text that names no account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an account")]
pub struct UnknownAccount;

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("OUTSIDE"),
            Self::Provider => f.write_str("PROVIDER"),
            Self::Balance(consumer) => write!(f, "BALANCE:{consumer}"),
            Self::Points(consumer) => write!(f, "POINTS:{consumer}"),
            Self::Sales => f.write_str("SALES"),
            Self::Seller(seller) => write!(f, "SELLER:{seller}"),
            Self::Discounts => f.write_str("DISCOUNTS"),
            Self::Rewards => f.write_str("REWARDS"),
            Self::Fees => f.write_str("FEES"),
            Self::Losses => f.write_str("LOSSES"),
        }
    }
}

impl FromStr for Account {
    type Err = UnknownAccount;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<Self, UnknownAccount> {
        let consumer = |owner: &str| ConsumerId::new(owner).map_err(|_| UnknownAccount);
        match text.split_once(':') {
            Some(("BALANCE", owner)) => consumer(owner).map(Self::Balance),
            Some(("POINTS", owner)) => consumer(owner).map(Self::Points),
            Some(("SELLER", owner)) => SellerId::new(owner)
                .map(Self::Seller)
                .map_err(|_| UnknownAccount),
            Some(_) => Err(UnknownAccount),
            None => match text {
                "OUTSIDE" => Ok(Self::Outside),
                "PROVIDER" => Ok(Self::Provider),
                "SALES" => Ok(Self::Sales),
                "DISCOUNTS" => Ok(Self::Discounts),
                "REWARDS" => Ok(Self::Rewards),
                "FEES" => Ok(Self::Fees),
                "LOSSES" => Ok(Self::Losses),
                _ => Err(UnknownAccount),
            },
        }
    }
}

/// Why money or points have moved; see the module's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MoneyKind {
    /// A wallet was charged.
    Charge,
    /// An order was paid.
    Payment,
    /// An order took points.
    PointsUsed,
    /// An order had a discount.
    Discount,
    /// An order failed: its points are back.
    PointsReleased,
    /// An order was refunded, or its payment never came.
    PaymentReturned,
    /// An order was refunded: its points are back.
    PointsReturned,
    /// An order was refunded: its discount is back.
    DiscountReturned,
    /// An order was confirmed: a line's share for its seller.
    Sale,
    /// An order was confirmed: the rest of a line.
    Fee,
    /// An order was confirmed: points earned with it.
    PointsEarned,
    /// A failed order's payment was captured all the same: the consumer has it in the wallet.
    StrayPayment,
    /// An order that was delivered was never paid by the provider.
    WrittenOff,
}

/// Money or points that have moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyEntry {
    /// What they moved for: the order, or the charge.
    pub reference: Uuid,
    /// Why.
    pub kind: MoneyKind,
    /// Which of several entries of this kind: the order's line, counted from 0; else 0.
    pub line: u32,
    /// Where they came from.
    pub from: Account,
    /// Where they went.
    pub to: Account,
    /// How much, never 0.
    pub amount: Amount,
    /// When the ledger wrote it.
    pub at: Timestamp,
}

/// Why stock has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StockKind {
    /// A product begins with this many.
    Initial,
    /// Its seller has set what is left.
    Adjusted,
    /// An order has taken them.
    Reserved,
    /// The order failed: they are back.
    Released,
    /// The order was refunded: they are back.
    Returned,
}

/// Stock that has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockEntry {
    /// What it moved for: the order, the product itself, or the change.
    pub reference: Uuid,
    /// The product.
    pub product_id: ProductId,
    /// Why.
    pub kind: StockKind,
    /// How many came (above 0) or went (below).
    pub quantity: i64,
    /// When the ledger wrote it.
    pub at: Timestamp,
}

/// A consumer's money and points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// Whose.
    pub consumer_id: ConsumerId,
    /// Money.
    pub balance: Amount,
    /// Points.
    pub points: Amount,
}

impl Wallet {
    /// The wallet of a consumer who never had one.
    #[must_use]
    pub const fn empty(consumer_id: ConsumerId) -> Self {
        Self {
            consumer_id,
            balance: Amount::ZERO,
            points: Amount::ZERO,
        }
    }
}

/// Money that comes into a wallet from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Its id, made before the first try.
    pub id: crate::EntryId,
    /// Whose wallet.
    pub consumer_id: ConsumerId,
    /// How much, never 0.
    pub amount: Amount,
}

impl Charge {
    /// The wallet with the charge in it, and the entry to write.
    ///
    /// # Errors
    /// [`AmountOverflow`](crate::AmountOverflow) when the wallet has no room for it.
    pub fn into_wallet(
        self,
        wallet: Wallet,
        now: Timestamp,
    ) -> Result<(Wallet, MoneyEntry), crate::AmountOverflow> {
        let balance = wallet.balance.plus(self.amount)?;
        let entry = MoneyEntry {
            reference: *self.id.as_uuid(),
            kind: MoneyKind::Charge,
            line: 0,
            from: Account::Outside,
            to: Account::Balance(self.consumer_id),
            amount: self.amount,
            at: now,
        };
        Ok((Wallet { balance, ..wallet }, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Account::Outside)]
    #[case(Account::Provider)]
    #[case(Account::Balance(ConsumerId::new("a:b").unwrap()))]
    #[case(Account::Points(ConsumerId::new("a").unwrap()))]
    #[case(Account::Sales)]
    #[case(Account::Seller(SellerId::new("s:1").unwrap()))]
    #[case(Account::Discounts)]
    #[case(Account::Rewards)]
    #[case(Account::Fees)]
    #[case(Account::Losses)]
    fn an_account_reads_back_what_it_writes(#[case] account: Account) {
        assert_eq!(account.to_string().parse(), Ok(account));
    }

    #[rstest]
    #[case("")]
    #[case("SALES:x")]
    #[case("BALANCE")]
    #[case("BALANCE:")]
    #[case("sales")]
    fn another_text_is_no_account(#[case] text: &str) {
        assert_eq!(text.parse::<Account>(), Err(UnknownAccount));
    }

    #[test]
    fn a_charge_that_has_no_room_changes_nothing() {
        let consumer = ConsumerId::new("a").unwrap();
        let full = Wallet {
            balance: Amount::MAXIMUM,
            ..Wallet::empty(consumer.clone())
        };
        let charge = Charge {
            id: crate::EntryId::from_uuid(Uuid::nil()),
            consumer_id: consumer,
            amount: Amount::new(1).unwrap(),
        };
        let now = Timestamp::from_micros(0);
        assert_eq!(charge.into_wallet(full, now), Err(crate::AmountOverflow));
    }
}
