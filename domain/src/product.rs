//! A product on sale: its price, and what is left of it.

use crate::{
    EntryId, Money, OutOfRange, ProductDescription, ProductId, ProductName, SellerId, StockEntry,
    StockKind, Timestamp,
};

/// How many of a product are left: 0 ..= 1,000,000,000 as its seller sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stock(u32);

impl Stock {
    /// The most that can be in stock.
    pub const MAXIMUM: u32 = 1_000_000_000;

    /// The number, checked.
    ///
    /// # Errors
    /// [`OutOfRange`] unless it is in `0 ..= MAXIMUM`.
    pub fn new(number: i64) -> Result<Self, OutOfRange> {
        match u32::try_from(number) {
            Ok(number @ 0..=Self::MAXIMUM) => Ok(Self(number)),
            _ => Err(OutOfRange {
                minimum: 0,
                maximum: Self::MAXIMUM.into(),
            }),
        }
    }

    /// The number as a store has it: what was put back may be above [`MAXIMUM`](Self::MAXIMUM), and
    /// must be read back all the same.
    #[must_use]
    pub const fn stored(number: u32) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// What is left when so many are taken; none when there are fewer.
    #[must_use]
    pub fn take(self, number: u32) -> Option<Self> {
        self.0.checked_sub(number).map(Self)
    }

    /// With so many put back. What was taken always has room: a seller who has filled the stock up
    /// meanwhile may have more than [`MAXIMUM`](Self::MAXIMUM) then.
    #[must_use]
    pub fn put_back(self, number: u32) -> Self {
        Self(self.0.saturating_add(number))
    }
}

/// A product on sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// Its name, unique among its seller's.
    pub name: ProductName,
    /// What its seller says of it.
    pub description: Option<ProductDescription>,
    /// What one of it costs.
    pub price: Money,
    /// How many are left.
    pub stock: Stock,
    /// When the ledger stored it.
    pub created_at: Timestamp,
}

/// What a seller wants changed; what is `None` stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductChange {
    /// The id that the entry of a changed stock will have; made before the first try.
    pub entry_id: EntryId,
    /// The new price; orders that were placed keep theirs.
    pub price: Option<Money>,
    /// What is left from now on; the difference is recorded.
    pub stock: Option<Stock>,
}

impl Product {
    /// The entry that a new product begins with, so that its stock is what its entries add up to.
    #[must_use]
    pub fn first_entry(&self, now: Timestamp) -> StockEntry {
        StockEntry {
            reference: *self.id.as_uuid(),
            product_id: self.id,
            kind: StockKind::Initial,
            quantity: self.stock.get().into(),
            at: now,
        }
    }

    /// This product after `change`, and the entry that records the difference, if there is one.
    #[must_use]
    pub fn changed(&self, change: &ProductChange, now: Timestamp) -> (Self, Option<StockEntry>) {
        let mut changed = self.clone();
        changed.price = change.price.unwrap_or(self.price);
        changed.stock = change.stock.unwrap_or(self.stock);
        let quantity = i64::from(changed.stock.get()) - i64::from(self.stock.get());
        let entry = (quantity != 0).then(|| StockEntry {
            reference: *change.entry_id.as_uuid(),
            product_id: self.id,
            kind: StockKind::Adjusted,
            quantity,
            at: now,
        });
        (changed, entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NOW, product, uuid};
    use rstest::rstest;

    fn change(price: Option<i64>, stock: Option<i64>) -> ProductChange {
        ProductChange {
            entry_id: EntryId::from_uuid(uuid(90)),
            price: price.map(|price| Money::new(price).unwrap()),
            stock: stock.map(|stock| Stock::new(stock).unwrap()),
        }
    }

    #[rstest]
    #[case(-1, false)]
    #[case(0, true)]
    #[case(1_000_000_000, true)]
    #[case(1_000_000_001, false)]
    #[case(i64::MAX, false)]
    fn a_seller_sets_a_stock_from_0_to_a_billion(#[case] number: i64, #[case] valid: bool) {
        assert_eq!(Stock::new(number).is_ok(), valid);
    }

    #[test]
    fn no_more_is_taken_than_there_is() {
        let stock = Stock::new(3).unwrap();
        assert_eq!(stock.take(3), Some(Stock::default()));
        assert_eq!(stock.take(4), None);
    }

    #[test]
    fn what_was_taken_has_room_when_it_is_put_back_and_is_read_back_so() {
        let full = Stock::new(Stock::MAXIMUM.into()).unwrap();
        let above = full.put_back(10_000);
        assert_eq!(above.get(), Stock::MAXIMUM + 10_000);
        assert_eq!(Stock::stored(above.get()), above);
    }

    #[test]
    fn a_product_begins_with_an_entry_of_its_stock() {
        let product = product(1, 300, 10);
        let entry = product.first_entry(NOW);
        let expected = (uuid(1), product.id, StockKind::Initial, 10, NOW);
        let StockEntry {
            reference,
            product_id,
            kind,
            quantity,
            at,
        } = entry;
        assert_eq!((reference, product_id, kind, quantity, at), expected);
    }

    #[rstest]
    #[case::more(Some(12), 12, Some(2))]
    #[case::fewer(Some(0), 0, Some(-10))]
    #[case::as_many(Some(10), 10, None)]
    #[case::not_said(None, 10, None)]
    fn a_change_of_stock_records_the_difference(
        #[case] to: Option<i64>,
        #[case] left: u32,
        #[case] difference: Option<i64>,
    ) {
        let (changed, entry) = product(1, 300, 10).changed(&change(None, to), NOW);
        assert_eq!((changed.stock.get(), changed.price.amount()), (left, 300));
        let recorded = entry.map(|entry| (entry.reference, entry.kind, entry.quantity));
        let expected = difference.map(|number| (uuid(90), StockKind::Adjusted, number));
        assert_eq!(recorded, expected);
    }

    #[test]
    fn a_change_of_price_changes_the_price_only() {
        let before = product(1, 300, 10);
        let (changed, entry) = before.changed(&change(Some(400), None), NOW);
        let expected = Product {
            price: Money::new(400).unwrap(),
            ..before
        };
        assert_eq!((changed, entry), (expected, None));
    }
}
