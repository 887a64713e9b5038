//! The port of products.

use async_trait::async_trait;
use domain::ports::{Creation, KeyedRequest, ProductChanged, Products, StoreError};
use domain::{Page, Product, ProductChange, ProductId, SellerId, Writes};

use crate::MemoryStore;

impl MemoryStore {
    fn change_own_product(
        &self,
        seller: &SellerId,
        id: ProductId,
        change: &ProductChange,
    ) -> Result<ProductChanged, StoreError> {
        let (mut tables, now) = self.lock();
        let product = tables.products.get(id);
        let Some(product) = product.filter(|product| product.seller_id == *seller) else {
            return Ok(ProductChanged::NotFound);
        };
        let (changed, entry) = product.changed(change, now);
        // Asked again after an unknown commit: it was made then, and orders may have come since.
        if entry
            .as_ref()
            .is_some_and(|entry| tables.books.has_stock_entry(entry))
        {
            return Ok(ProductChanged::Changed(product.clone()));
        }
        let writes = Writes {
            stock_entries: entry.into_iter().collect(),
            ..Writes::default()
        };
        tables.check(&writes)?;
        tables.products.put(changed.clone());
        tables.write(writes);
        Ok(ProductChanged::Changed(changed))
    }
}

#[async_trait]
impl Products for MemoryStore {
    async fn create_product(
        &self,
        product: Product,
        key: Option<KeyedRequest<Product>>,
    ) -> Result<Creation<Product>, StoreError> {
        self.create(product, key)
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        Ok(self.lock().0.products.get(id).cloned())
    }

    async fn products(&self, page: Page<ProductId>) -> Result<Vec<Product>, StoreError> {
        Ok(self.lock().0.products.page(page, |_| true))
    }

    async fn change_product(
        &self,
        seller: SellerId,
        id: ProductId,
        change: ProductChange,
    ) -> Result<ProductChanged, StoreError> {
        self.change_own_product(&seller, id, &change)
    }
}
