//! A seller puts a product on sale.

use std::sync::Arc;

use domain::{
    Money, Product, ProductDescription, ProductId, ProductName, SellerId, Stock,
    ports::{IdGenerator, KeyedRequest, Products, StoreError},
};

use crate::{
    KeyError, KeyedRequests, LedgerClock, Written,
    keyed_requests::{Begun, created},
};

/// What is asked.
#[derive(Clone, Debug)]
pub struct NewProduct {
    /// Who sells it.
    pub seller_id: SellerId,
    /// Its name.
    pub name: ProductName,
    /// What its seller says of it.
    pub description: Option<ProductDescription>,
    /// What one of it costs.
    pub price: Money,
    /// How many there are.
    pub stock: Stock,
}

/// Why there is no new product.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateProductError {
    /// The seller has a product of this name.
    #[error("the seller has a product of this name")]
    NameTaken,
    /// Something is wrong with the key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The use case.
pub struct CreateProduct {
    products: Arc<dyn Products>,
    keyed: Arc<KeyedRequests>,
    ids: Arc<dyn IdGenerator>,
    clock: Arc<LedgerClock>,
}

impl CreateProduct {
    /// Wires the use case.
    #[must_use]
    pub fn new(
        products: Arc<dyn Products>,
        keyed: Arc<KeyedRequests>,
        ids: Arc<dyn IdGenerator>,
        clock: Arc<LedgerClock>,
    ) -> Self {
        Self {
            products,
            keyed,
            ids,
            clock,
        }
    }

    /// The product, stored durably.
    ///
    /// # Errors
    /// [`CreateProductError`]; nothing was written, except perhaps after `Store(Unknown)`.
    pub async fn execute(
        &self,
        new: NewProduct,
        key: Option<KeyedRequest<Product>>,
    ) -> Result<Written<Product>, CreateProductError> {
        let begun = self
            .keyed
            .begin::<_, CreateProductError>(key.as_ref())
            .await?;
        let _in_flight = match begun {
            Begun::Answered(answer) => return Ok(Written::Before(answer)),
            Begun::Fresh(in_flight) => in_flight,
        };
        let product = Product {
            id: ProductId::from_uuid(self.ids.next_id()),
            seller_id: new.seller_id,
            name: new.name,
            description: new.description,
            price: new.price,
            stock: new.stock,
            created_at: self.clock.now(),
        };
        let creation = self.products.create_product(product, key).await?;
        created(creation, key.as_ref(), CreateProductError::NameTaken)
    }
}

#[cfg(test)]
mod tests;
