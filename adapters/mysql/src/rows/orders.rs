//! Rows of products, orders with their items, and wallets.

use domain::ports::{KeyScope, RequestDigest};
use domain::{
    ConsumerId, CouponId, IssuedCouponId, Money, Order, OrderId, OrderItem, Payment, PaymentMethod,
    Product, ProductDescription, ProductId, ProductName, Quantity, SagaId, SellerId, Stock, Wallet,
};
use sqlx::mysql::MySqlRow;
use sqlx::{Error, Row};

use super::{
    PROVIDER, Text, WALLET, amount, known, optional_uuid, small, text, timestamp, unknown, uuid,
    valid,
};

/// The columns that [`orders`] reads, of `orders AS o` joined with `order_items AS l`: one row for
/// each item, those of an order side by side and in order.
macro_rules! order_columns {
    () => {
        "o.id, o.consumer, o.request_key, o.request_digest, o.status, o.failure, o.delivery, \
         o.items_amount, o.discount, o.points_used, o.paid_amount, o.earned_points, \
         o.issued_coupon_id, o.coupon_id, o.payment, o.payment_method, o.saga_id, o.created_at, \
         l.product_id, l.seller, l.quantity, l.price, l.amount"
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

/// The orders whose items these rows are. An order without any is an error.
pub(crate) fn orders(rows: &[MySqlRow]) -> Result<Vec<Order>, Error> {
    let mut orders: Vec<Order> = Vec::new();
    for row in rows {
        let id = OrderId::from_uuid(uuid(row, "id")?);
        let item = item(row)?;
        match orders.last_mut() {
            Some(order) if order.id == id => order.items.push(item),
            _ => orders.push(order(row, item)?),
        }
    }
    Ok(orders)
}

fn order(row: &MySqlRow, first: OrderItem) -> Result<Order, Error> {
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
        items: vec![first],
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

/// The order as it is, by the columns that may change; `before` says the others.
pub(crate) fn order_now(row: &MySqlRow, before: Order) -> Result<Order, Error> {
    let failure: Option<&str> = row.try_get("failure")?;
    Ok(Order {
        status: known(row, "status")?,
        failure: failure.map(Text::of).transpose()?,
        delivery: known(row, "delivery")?,
        ..before
    })
}

fn item(row: &MySqlRow) -> Result<OrderItem, Error> {
    Ok(OrderItem {
        product_id: ProductId::from_uuid(uuid(row, "product_id")?),
        seller_id: text(row, "seller", SellerId::new)?,
        quantity: valid(Quantity::new(row.try_get("quantity")?))?,
        price: valid(Money::new(row.try_get("price")?))?,
        amount: amount(row, "amount")?,
    })
}

fn payment(row: &MySqlRow) -> Result<Payment, Error> {
    let method: Option<String> = row.try_get("payment_method")?;
    match row.try_get("payment")? {
        WALLET => Ok(Payment::Wallet),
        PROVIDER => Ok(Payment::Provider(
            method.map(PaymentMethod::new).map(valid).transpose()?,
        )),
        other => Err(unknown("payment", other)),
    }
}

pub(crate) fn product(row: &MySqlRow) -> Result<Product, Error> {
    let description: Option<Vec<u8>> = row.try_get("description")?;
    let description = description.map(String::from_utf8).map(valid).transpose()?;
    Ok(Product {
        id: ProductId::from_uuid(uuid(row, "id")?),
        seller_id: text(row, "seller", SellerId::new)?,
        name: text(row, "name", ProductName::new)?,
        description: description
            .map(ProductDescription::new)
            .map(valid)
            .transpose()?,
        price: valid(Money::new(row.try_get("price")?))?,
        stock: Stock::stored(small(row, "stock")?),
        created_at: timestamp(row, "created_at")?,
    })
}

pub(crate) fn wallet(row: &MySqlRow) -> Result<Wallet, Error> {
    Ok(Wallet {
        consumer_id: text(row, "consumer", ConsumerId::new)?,
        balance: amount(row, "balance")?,
        points: amount(row, "points")?,
    })
}

fn bytes(row: &MySqlRow, column: &str) -> Result<[u8; 32], Error> {
    let bytes: &[u8] = row.try_get(column)?;
    valid(bytes.try_into())
}
