//! A seller changes a product's price, or sets what is left of it.

use std::sync::Arc;

use domain::{
    EntryId, Money, Product, ProductChange, ProductId, SellerId, Stock,
    ports::{IdGenerator, ProductChanged, Products, StoreError},
};

/// Why nothing was changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ChangeProductError {
    /// The seller has no such product.
    #[error("there is no such product")]
    NotFound,
    /// No answer; after `Unknown` it may be changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct ChangeProduct {
    products: Arc<dyn Products>,
    ids: Arc<dyn IdGenerator>,
}

impl ChangeProduct {
    /// Wires the use case.
    #[must_use]
    pub fn new(products: Arc<dyn Products>, ids: Arc<dyn IdGenerator>) -> Self {
        Self { products, ids }
    }

    /// The product as it is now, durably. What is `None` stays.
    ///
    /// # Errors
    /// [`ChangeProductError`].
    pub async fn execute(
        &self,
        seller: SellerId,
        id: ProductId,
        (price, stock): (Option<Money>, Option<Stock>),
    ) -> Result<Product, ChangeProductError> {
        let change = ProductChange {
            entry_id: EntryId::from_uuid(self.ids.next_id()),
            price,
            stock,
        };
        match self.products.change_product(seller, id, change).await? {
            ProductChanged::Changed(product) => Ok(product),
            ProductChanged::NotFound => Err(ChangeProductError::NotFound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MockGoods, rising_ids};
    use uuid::Uuid;

    async fn change(products: MockGoods) -> Result<Product, ChangeProductError> {
        let (seller, id) = (SellerId::new("s").unwrap(), Uuid::from_u128(1));
        let stock = (None, Some(Stock::new(5).unwrap()));
        ChangeProduct::new(Arc::new(products), Arc::new(rising_ids()))
            .execute(seller, ProductId::from_uuid(id), stock)
            .await
    }

    #[tokio::test]
    async fn only_the_sellers_own_product_is_changed_and_by_what_was_asked_for() {
        let mut products = MockGoods::new();
        products
            .expect_change_product()
            .once()
            .withf(|seller, _, change| {
                seller.as_str() == "s"
                    && change.price.is_none()
                    && change.stock == Stock::new(5).ok()
            })
            .returning(|_, _, _| Ok(ProductChanged::NotFound));
        let refused = change(products).await;
        assert!(matches!(refused, Err(ChangeProductError::NotFound)));
    }

    #[tokio::test]
    async fn a_change_that_may_have_happened_is_told_of_as_that() {
        let mut products = MockGoods::new();
        let changed = products.expect_change_product().once();
        changed.returning(|_, _, _| Err(StoreError::unknown("lost")));
        let unknown = change(products).await;
        assert!(matches!(
            unknown,
            Err(ChangeProductError::Store(StoreError::Unknown(_)))
        ));
    }
}
