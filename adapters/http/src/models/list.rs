//! Lists as JSON: a page of items, and where the next page begins.

use domain::{Coupon, DiscountPolicy, Event, IssuedCoupon, Order, Product, Saga};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    CouponReply, DiscountPolicyReply, EventReply, IssuedCouponReply, OrderReply, ProductReply,
    SagaReply,
};

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident($item:ident);)+) => {
        $(
            $(#[$doc])*
            #[derive(ToSchema)]
            #[schema(rename_all = "camelCase")]
            #[expect(dead_code, reason = "a schema for the documentation, never a value")]
            pub(crate) struct $name {
                items: Vec<$item>,
                /// Ask for it as `cursor` to get the next page; null on the last.
                #[schema(required)]
                next_cursor: Option<String>,
            }
        )+
    };
}

lists! {
    /// A page of events.
    EventList(EventReply);
    /// A page of discount policies.
    DiscountPolicyList(DiscountPolicyReply);
    /// A page of coupons.
    CouponList(CouponReply);
    /// A page of issued coupons.
    IssuedCouponList(IssuedCouponReply);
    /// A page of orders.
    OrderList(OrderReply);
    /// A page of products.
    ProductList(ProductReply);
    /// A page of sagas.
    SagaList(SagaReply);
}

/// Something that stands in lists, by its id.
pub(crate) trait Listed {
    /// The id, as a cursor.
    fn cursor(&self) -> String;
}

macro_rules! listed {
    ($($item:ty),+) => {
        $(impl Listed for $item {
            fn cursor(&self) -> String {
                self.id.to_string()
            }
        })+
    };
}

listed!(
    Event,
    DiscountPolicy,
    Coupon,
    IssuedCoupon,
    Order,
    Product,
    Saga
);

/// A page as it goes over the wire.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListReply<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

/// The page of `limit` items out of what was read; one more item than that says that there is a
/// next page.
pub(crate) fn list_reply<T: Listed, R>(
    mut read: Vec<T>,
    limit: u32,
    reply: impl Fn(&T) -> R,
) -> ListReply<R> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = read.len() > limit;
    read.truncate(limit);
    let next_cursor = read.last().filter(|_| more).map(Listed::cursor);
    ListReply {
        items: read.iter().map(reply).collect(),
        next_cursor,
    }
}
