//! The port of products.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use async_trait::async_trait;
use domain::ports::{Creation, KeyedRequest, ProductChanged, Products, StoreError};
use domain::{Page, Product, ProductChange, ProductId, SellerId, Timestamp};
use sqlx::{MySqlConnection, MySqlExecutor};
use uuid::Uuid;

use crate::MysqlStore;
use crate::catalogue::after;
use crate::create::{Create, Named};
use crate::error::nothing_happened;
use crate::rows::{self, product_columns};
use crate::shapes::Shapes;
use crate::unit::{LedgerTime, Unit};
use crate::writes;

const WITH_ID: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM products p WHERE p.id = ?"
);

/// By the primary key, in its order: the planner would rather walk along a small table, and wait for the
/// locks of strangers.
static LOCKED: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = concat!(
        "SELECT ",
        product_columns!(),
        " FROM products p FORCE INDEX (PRIMARY) WHERE p.id IN ("
    );
    Shapes::new(HEAD, "?", ") ORDER BY p.id FOR UPDATE")
});

const PAGE: &str = concat!(
    "SELECT ",
    product_columns!(),
    " FROM products p WHERE p.id > ? ORDER BY p.id LIMIT ?"
);

#[async_trait]
impl Products for MysqlStore {
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
    executor: impl MySqlExecutor<'_>,
    id: ProductId,
) -> Result<Option<Product>, sqlx::Error> {
    sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::product(&row))
        .fetch_optional(executor)
        .await
}

/// Those of the products that exist, locked until the unit's end, in the order of their ids.
pub(crate) async fn locked(
    connection: &mut MySqlConnection,
    ids: impl Iterator<Item = ProductId> + Send,
) -> Result<Vec<Product>, sqlx::Error> {
    let ids: BTreeSet<ProductId> = ids.collect();
    let ids = Vec::from_iter(ids);
    let mut products = Vec::with_capacity(ids.len());
    for (sql, ids) in LOCKED.padded(&ids) {
        let mut query = sqlx::query(sql);
        for id in ids {
            query = query.bind(&id.as_bytes()[..]);
        }
        let found = query
            .try_map(|row| rows::product(&row))
            .fetch_all(&mut *connection)
            .await?;
        products.extend(found);
    }
    Ok(products)
}

impl Named for Product {
    fn id(&self) -> &Uuid {
        self.id.as_uuid()
    }

    async fn owner(&self, connection: &mut MySqlConnection) -> Result<Option<Uuid>, sqlx::Error> {
        sqlx::query("SELECT id FROM products WHERE seller = ? AND name = ?")
            .bind(self.seller_id.as_str())
            .bind(self.name.as_str().as_bytes())
            .try_map(|row| rows::uuid(&row, "id"))
            .fetch_optional(connection)
            .await
    }

    /// Created at `now`, with its first entry.
    async fn insert(
        &self,
        connection: &mut MySqlConnection,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        const INSERT: &str = "INSERT INTO products \
             (id, seller, name, description, price, stock, created_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)";
        let description = self.description.as_ref();
        sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.seller_id.as_str())
            .bind(self.name.as_str().as_bytes())
            .bind(description.map(|description| description.as_str().as_bytes()))
            .bind(self.price.amount())
            .bind(self.stock.get())
            .bind(now.as_micros())
            .execute(&mut *connection)
            .await?;
        writes::add_stock_entry(connection, self.first_entry(now)).await
    }

    async fn stored(&self, connection: &mut MySqlConnection) -> Result<Self, sqlx::Error> {
        let stored = with_id(connection, self.id).await?;
        stored.ok_or(sqlx::Error::RowNotFound)
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

    /// The same as that of who buys it.
    fn lane(&self) -> Option<[u8; 16]> {
        Some(*self.id.as_bytes())
    }

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<ProductChanged, sqlx::Error> {
        let product = locked(&mut *connection, [self.id].into_iter()).await?.pop();
        let Some(product) = product.filter(|product| product.seller_id == self.seller) else {
            return Ok(ProductChanged::NotFound);
        };
        // After an unknown commit the same change comes again, when orders may have taken from the
        // stock that it has set: it must not set it once more.
        if is_changed(&mut *connection, &self.change, self.id).await? {
            return Ok(ProductChanged::Changed(product));
        }
        let now = time.now(&mut *connection).await?;
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
    connection: &mut MySqlConnection,
    change: &ProductChange,
    id: ProductId,
) -> Result<bool, sqlx::Error> {
    const EXISTS: &str = "SELECT reference FROM stock_entries \
         WHERE reference = ? AND product_id = ? AND kind = 'ADJUSTED'";
    let entry = sqlx::query(EXISTS)
        .bind(&change.entry_id.as_bytes()[..])
        .bind(&id.as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    Ok(entry.is_some())
}

async fn store_change(
    connection: &mut MySqlConnection,
    product: &Product,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE products SET price = ?, stock = ? WHERE id = ?")
        .bind(product.price.amount())
        .bind(product.stock.get())
        .bind(&product.id.as_bytes()[..])
        .execute(connection)
        .await?;
    Ok(())
}
