//! Orders as JSON.

use std::collections::HashSet;

use domain::{
    Amount, DeliveryStatus, IssuedCouponId, Order, OrderFailure, OrderItem, OrderStatus,
    PaymentMethod, ProductId, Quantity,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Instant, id_or_nothing, invalid, money, named::named};
use crate::Failure;

/// How many lines an order has at most.
const MOST_ITEMS: usize = 100;

/// An order to be placed.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlaceOrderBody {
    /// What is ordered, no product twice.
    #[schema(min_items = 1, max_items = 100)]
    pub(crate) items: Vec<OrderLineBody>,
    /// Points to use; none, when left out.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) points: Option<i64>,
    /// The copy to use.
    pub(crate) issued_coupon_id: Option<String>,
    /// The payment provider's token for the way to pay: 1 to 255 visible ASCII characters.
    #[schema(min_length = 1, max_length = 255)]
    pub(crate) payment_method: Option<String>,
}

/// A line of an order to be placed.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrderLineBody {
    pub(crate) product_id: String,
    #[schema(minimum = 1, maximum = 10_000)]
    pub(crate) quantity: i64,
}

impl PlaceOrderBody {
    /// The same request with its defaults written out.
    pub(crate) fn with_defaults(mut self) -> Self {
        self.points.get_or_insert(0);
        self
    }

    /// What is ordered.
    pub(crate) fn items(&self) -> Result<Vec<(ProductId, Quantity)>, Failure> {
        if !(1..=MOST_ITEMS).contains(&self.items.len()) {
            let why = format!("must have from 1 to {MOST_ITEMS} lines");
            return Err(invalid("items", why));
        }
        let mut products = HashSet::new();
        let line = |(index, line): (usize, &OrderLineBody)| {
            if !products.insert(line.product_id.clone()) {
                let field = format!("items[{index}].productId");
                return Err(invalid(field, "is there twice"));
            }
            let quantity = Quantity::new(line.quantity)
                .map_err(|why| invalid(format!("items[{index}].quantity"), why))?;
            Ok((
                id_or_nothing(&line.product_id, ProductId::OF_NOTHING),
                quantity,
            ))
        };
        self.items.iter().enumerate().map(line).collect()
    }

    /// Points to use.
    pub(crate) fn points(&self) -> Result<Amount, Failure> {
        Ok(money("points", self.points.unwrap_or(0))?.into())
    }

    /// The copy to use.
    pub(crate) fn copy(&self) -> Option<IssuedCouponId> {
        let copy = self.issued_coupon_id.as_deref();
        copy.map(|copy| id_or_nothing(copy, IssuedCouponId::OF_NOTHING))
    }

    /// How it is to be paid.
    pub(crate) fn payment_method(&self) -> Result<Option<PaymentMethod>, Failure> {
        let method = self.payment_method.as_deref().map(PaymentMethod::new);
        method
            .transpose()
            .map_err(|why| invalid("paymentMethod", why))
    }
}

/// How far a delivery has come.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeliverOrderBody {
    #[serde(deserialize_with = "super::name")]
    pub(crate) status: DeliveryStep,
}

/// Where a delivery can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum DeliveryStep {
    /// The goods are on their way.
    InDelivery,
    /// The goods are there.
    CompleteDelivery,
}

impl From<DeliveryStep> for DeliveryStatus {
    fn from(step: DeliveryStep) -> Self {
        match step {
            DeliveryStep::InDelivery => Self::InDelivery,
            DeliveryStep::CompleteDelivery => Self::CompleteDelivery,
        }
    }
}

named! {
    /// How far an order has come.
    OrderStatusReply(OrderStatus) {
        /// Everything is reserved, the payment is under way.
        Pending,
        /// Paid.
        Paid,
        /// It came to nothing; everything is undone.
        Failed,
        /// The refund is under way.
        Refunding,
        /// Refunded.
        Refunded,
        /// Confirmed by its consumer.
        Confirmed,
    }

    /// Why an order failed.
    OrderFailureReply(OrderFailure) {
        /// The payment provider has declined.
        PaymentDeclined,
        /// The payment provider did not answer.
        PaymentUnavailable,
    }

    /// Where the goods are.
    #[expect(clippy::enum_variant_names, reason = "the names are the contract's")]
    DeliveryStatusReply(DeliveryStatus) {
        /// Not on their way.
        BeforeDelivery,
        /// On their way.
        InDelivery,
        /// There.
        CompleteDelivery,
    }
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderReply {
    order_id: String,
    consumer_id: String,
    status: OrderStatusReply,
    /// Of FAILED orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<OrderFailureReply>,
    delivery_status: DeliveryStatusReply,
    items: Vec<OrderItemReply>,
    items_amount: i64,
    discount_amount: i64,
    points_used: i64,
    /// What the items amount to without discount and points.
    paid_amount: i64,
    /// Credited when the order is confirmed.
    earned_points: i64,
    /// The copy that it uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_coupon_id: Option<String>,
    created_at: Instant,
}

/// A line of an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderItemReply {
    product_id: String,
    quantity: u32,
    /// What one of it cost when the order was placed.
    price: i64,
    amount: i64,
}

impl From<&Order> for OrderReply {
    fn from(order: &Order) -> Self {
        let Order {
            id,
            consumer_id,
            request_key: _,    // the caller's own
            request_digest: _, // the caller's own
            status,
            failure,
            delivery,
            items,
            items_amount,
            discount,
            points_used,
            paid_amount,
            earned_points,
            coupon,
            payment: _, // a way to pay is a secret
            saga_id: _, // for operators, who look it up among the sagas
            created_at,
        } = order;
        Self {
            order_id: id.to_string(),
            consumer_id: consumer_id.to_string(),
            status: (*status).into(),
            failure: failure.map(Into::into),
            delivery_status: (*delivery).into(),
            items: items.iter().map(OrderItemReply::from).collect(),
            items_amount: items_amount.get(),
            discount_amount: discount.get(),
            points_used: points_used.get(),
            paid_amount: paid_amount.get(),
            earned_points: earned_points.get(),
            issued_coupon_id: coupon.map(|(copy, _)| copy.to_string()),
            created_at: Instant(*created_at),
        }
    }
}

impl From<&OrderItem> for OrderItemReply {
    fn from(item: &OrderItem) -> Self {
        let OrderItem {
            product_id,
            seller_id: _, // shown by the product
            quantity,
            price,
            amount,
        } = item;
        Self {
            product_id: product_id.to_string(),
            quantity: quantity.get(),
            price: price.amount(),
            amount: amount.get(),
        }
    }
}

#[cfg(test)]
mod tests;
