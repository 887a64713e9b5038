//! Rows of products, orders with their items, and wallets.

use domain::ports::{KeyScope, RequestDigest};
use domain::{
    Amount, ConsumerId, CouponId, IssuedCouponId, Money, Order, OrderId, OrderItem, Payment,
    PaymentMethod, Product, ProductDescription, ProductId, ProductName, Quantity, SagaId, SellerId,
    Stock, Wallet,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Error, Row};
use uuid::Uuid;

use super::{
    PROVIDER, Text, WALLET, amount, known, optional_uuid, text, timestamp, unknown, uuid, valid,
};

/// The columns that [`order`] reads, of `orders AS o`; the items come along as one JSON array, so
/// that an order is one row of one statement.
macro_rules! order_columns {
    () => {
        "o.id, o.consumer, o.request_key, o.request_digest, o.status, o.failure, o.delivery, \
         (SELECT json_group_array(json_array(hex(l.product_id), l.seller, l.quantity, l.price, \
           l.amount) ORDER BY l.line) FROM order_items l WHERE l.order_id = o.id) AS items, \
         o.items_amount, o.discount, o.points_used, o.paid_amount, o.earned_points, \
         o.issued_coupon_id, o.coupon_id, o.payment, o.payment_method, o.saga_id, o.created_at"
    };
}
pub(crate) use order_columns;

/// The columns that [`product`] reads, of `products AS p`.
macro_rules! product_columns {
    () => {
        "p.id, p.seller, p.name, p.description, p.price, p.stock, p.created_at"
    };
}
pub(crate) use product_columns;

pub(crate) fn order(row: &SqliteRow) -> Result<Order, Error> {
    let failure: Option<&str> = row.try_get("failure")?;
    let copy = optional_uuid(row, "issued_coupon_id")?.map(IssuedCouponId::from_uuid);
    let coupon = optional_uuid(row, "coupon_id")?.map(CouponId::from_uuid);
    Ok(Order {
        id: OrderId::from_uuid(uuid(row, "id")?),
        consumer_id: text(row, "consumer", ConsumerId::new)?,
        request_key: KeyScope(bytes(row, "request_key")?),
        request_digest: RequestDigest(bytes(row, "request_digest")?),
        status: known(row, "status")?,
        failure: failure.map(Text::of).transpose()?,
        delivery: known(row, "delivery")?,
        items: items(row)?,
        items_amount: amount(row, "items_amount")?,
        discount: amount(row, "discount")?,
        points_used: amount(row, "points_used")?,
        paid_amount: amount(row, "paid_amount")?,
        earned_points: amount(row, "earned_points")?,
        coupon: copy.zip(coupon),
        payment: payment(row)?,
        saga_id: SagaId::from_uuid(uuid(row, "saga_id")?),
        created_at: timestamp(row, "created_at")?,
    })
}

/// Product, seller, quantity, price, amount.
type Item = (String, String, i64, i64, i64);

fn items(row: &SqliteRow) -> Result<Vec<OrderItem>, Error> {
    let items: Vec<Item> = valid(serde_json::from_str(row.try_get("items")?))?;
    items.into_iter().map(item).collect()
}

fn item((product, seller, quantity, price, amount): Item) -> Result<OrderItem, Error> {
    Ok(OrderItem {
        product_id: ProductId::from_uuid(valid(Uuid::try_parse(&product))?),
        seller_id: valid(SellerId::new(seller))?,
        quantity: valid(Quantity::new(quantity))?,
        price: valid(Money::new(price))?,
        amount: valid(Amount::new(amount))?,
    })
}

fn payment(row: &SqliteRow) -> Result<Payment, Error> {
    let method: Option<String> = row.try_get("payment_method")?;
    match row.try_get("payment")? {
        WALLET => Ok(Payment::Wallet),
        PROVIDER => Ok(Payment::Provider(
            method.map(PaymentMethod::new).map(valid).transpose()?,
        )),
        other => Err(unknown("payment", other)),
    }
}

pub(crate) fn product(row: &SqliteRow) -> Result<Product, Error> {
    let description: Option<String> = row.try_get("description")?;
    Ok(Product {
        id: ProductId::from_uuid(uuid(row, "id")?),
        seller_id: text(row, "seller", SellerId::new)?,
        name: text(row, "name", ProductName::new)?,
        description: description
            .map(ProductDescription::new)
            .map(valid)
            .transpose()?,
        price: valid(Money::new(row.try_get("price")?))?,
        stock: Stock::stored(row.try_get("stock")?),
        created_at: timestamp(row, "created_at")?,
    })
}

pub(crate) fn wallet(row: &SqliteRow) -> Result<Wallet, Error> {
    Ok(Wallet {
        consumer_id: text(row, "consumer", ConsumerId::new)?,
        balance: amount(row, "balance")?,
        points: amount(row, "points")?,
    })
}

fn bytes(row: &SqliteRow, column: &str) -> Result<[u8; 32], Error> {
    let bytes: &[u8] = row.try_get(column)?;
    valid(bytes.try_into())
}
