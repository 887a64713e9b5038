//! Products on sale: written by their sellers, read by all.

use async_trait::async_trait;

use super::{Creation, KeyedRequest, StoreError};
use crate::{Page, Product, ProductChange, ProductId, SellerId};

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProductChanged {
    /// The product as it is now, durably.
    Changed(Product),
    /// This seller has no such product.
    NotFound,
}

/// Keeps products. Names are compared byte by byte.
///
/// # Errors
/// Every method answers any [`StoreError`].
#[async_trait]
pub trait Products: Send + Sync {
    /// Stores a product, its `created_at` the ledger's time, and its first entry
    /// ([`Product::first_entry`]). *Must* look at the key first, then at the name, which is unique
    /// among its seller's.
    async fn create_product(
        &self,
        product: Product,
        key: Option<KeyedRequest<Product>>,
    ) -> Result<Creation<Product>, StoreError>;

    /// The product with this id.
    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError>;

    /// Products in the order of their ids.
    async fn products(&self, page: Page<ProductId>) -> Result<Vec<Product>, StoreError>;

    /// Changes a product of this seller's under its lock, by [`Product::changed`]. Where the entry to
    /// write is there already, the same change was made before: *must* change nothing then, because
    /// orders may have taken from the stock since.
    async fn change_product(
        &self,
        seller: SellerId,
        id: ProductId,
        change: ProductChange,
    ) -> Result<ProductChanged, StoreError>;
}
