//! The port of products.

use async_trait::async_trait;
use domain::ports::{Creation, KeyedRequest, ProductChanged, Products, StoreError};
use domain::{Page, Product, ProductChange, ProductId, SellerId, Timestamp};
use serde_json::json;
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::SqliteStore;
use crate::catalogue::after;
use crate::create::{Create, Named};
use crate::error::nothing_happened;
use crate::rows::{self, product_columns};
use crate::unit::Unit;
use crate::writes;

const WITH_ID: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM products p WHERE p.id = ?1"
);

pub(crate) const WITH_IDS: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM products p WHERE p.id IN (SELECT unhex(value, '-') FROM json_each(?1))"
);

const PAGE: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM products p WHERE p.id > ?1 ORDER BY p.id LIMIT ?2"
);

#[async_trait]
impl Products for SqliteStore {
    async fn create_product(
        &self,
        product: Product,
        key: Option<KeyedRequest<Product>>,
    ) -> Result<Creation<Product>, StoreError> {
        self.write(Create { item: product, key }).await
    }

    async fn product(&self, id: ProductId) -> Result<Option<Product>, StoreError> {
        with_id(self.readers(), id).await.map_err(nothing_happened)
    }

    async fn products(&self, page: Page<ProductId>) -> Result<Vec<Product>, StoreError> {
        sqlx::query(PAGE)
            .bind(after(page.after.as_ref().map(ProductId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::product(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn change_product(
        &self,
        seller: SellerId,
        id: ProductId,
        change: ProductChange,
    ) -> Result<ProductChanged, StoreError> {
        self.write(ChangeProduct { seller, id, change }).await
    }
}

/// The product with this id.
async fn with_id(
    executor: impl SqliteExecutor<'_>,
    id: ProductId,
) -> Result<Option<Product>, sqlx::Error> {
    sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::product(&row))
        .fetch_optional(executor)
        .await
}

/// Those of the products that exist, in any order.
pub(crate) async fn with_ids(
    executor: impl SqliteExecutor<'_>,
    ids: impl Iterator<Item = ProductId> + Send,
) -> Result<Vec<Product>, sqlx::Error> {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    sqlx::query(WITH_IDS)
        .bind(json!(ids).to_string())
        .try_map(|row| rows::product(&row))
        .fetch_all(executor)
        .await
}

impl Named for Product {
    /// Created at `now`, with its first entry.
    async fn insert(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Option<Self>, sqlx::Error> {
        const INSERT: &str = "INSERT INTO products \
             (id, seller, name, description, price, stock, created_at) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (seller, name) DO NOTHING";
        let product = Self {
            created_at: now,
            ..self
        };
        let description = product.description.as_ref();
        let inserted = sqlx::query(INSERT)
            .bind(&product.id.as_bytes()[..])
            .bind(product.seller_id.as_str())
            .bind(product.name.as_str())
            .bind(description.map(|description| description.as_str()))
            .bind(product.price.amount())
            .bind(product.stock.get())
            .bind(product.created_at.as_micros())
            .execute(&mut *connection)
            .await?;
        if inserted.rows_affected() == 0 {
            return Ok(None);
        }
        writes::add_stock_entry(connection, product.first_entry(now)).await?;
        Ok(Some(product))
    }
}

/// Changes a product of this seller's by [`Product::changed`].
struct ChangeProduct {
    seller: SellerId,
    id: ProductId,
    change: ProductChange,
}

impl Unit for ChangeProduct {
    type Answer = ProductChanged;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<ProductChanged, sqlx::Error> {
        let product = with_id(&mut *connection, self.id).await?;
        let Some(product) = product.filter(|product| product.seller_id == self.seller) else {
            return Ok(ProductChanged::NotFound);
        };
        // After an unknown commit the same change comes again, when orders may have taken from the
        // stock that it has set: it must not set it once more.
        if is_changed(&mut *connection, &self.change, self.id).await? {
            return Ok(ProductChanged::Changed(product));
        }
        let (changed, entry) = product.changed(&self.change, now);
        if changed != product {
            store_change(&mut *connection, &changed).await?;
        }
        if let Some(entry) = entry {
            writes::add_stock_entry(connection, entry).await?;
        }
        Ok(ProductChanged::Changed(changed))
    }
}

/// Whether this very change has set the stock before.
async fn is_changed(
    connection: &mut SqliteConnection,
    change: &ProductChange,
    id: ProductId,
) -> Result<bool, sqlx::Error> {
    const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM stock_entries \
         WHERE reference = ?1 AND product_id = ?2 AND kind = 'ADJUSTED')";
    sqlx::query_scalar(EXISTS)
        .bind(&change.entry_id.as_bytes()[..])
        .bind(&id.as_bytes()[..])
        .fetch_one(connection)
        .await
}

async fn store_change(
    connection: &mut SqliteConnection,
    product: &Product,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE products SET price = ?2, stock = ?3 WHERE id = ?1")
        .bind(&product.id.as_bytes()[..])
        .bind(product.price.amount())
        .bind(product.stock.get())
        .execute(connection)
        .await?;
    Ok(())
}
