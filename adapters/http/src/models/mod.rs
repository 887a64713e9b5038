//! What requests and replies look like as JSON, and how they become the domain's types and back.
//!
//! A request's field is refused by its own name; a reply leaves nothing out silently: every field of
//! a domain type is either shown or named here as not shown.

mod audit;
mod coupon;
mod discount_policy;
mod event;
mod hold;
mod instant;
mod issued_coupon;
mod list;
mod named;
mod order;
mod problem;
mod product;
mod report;
mod saga;
mod wallet;

pub(crate) use audit::AuditReply;
pub(crate) use coupon::{CouponReply, CouponType, CreateCouponBody, PatchCouponBody};
pub(crate) use discount_policy::{CreateDiscountPolicyBody, DiscountPolicyReply};
pub(crate) use event::{CreateEventBody, EventReply};
pub(crate) use hold::{HoldReply, HoldStateReply, OpenHoldBody};
pub(crate) use instant::{Instant, rfc3339};
pub(crate) use issued_coupon::IssuedCouponReply;
pub(crate) use list::{
    CouponList, DiscountPolicyList, EventList, IssuedCouponList, OrderList, ProductList, SagaList,
    list_reply,
};
pub(crate) use order::{DeliverOrderBody, OrderReply, PlaceOrderBody};
pub(crate) use problem::ProblemReply;
pub(crate) use product::{CreateProductBody, PatchProductBody, ProductReply};
pub(crate) use report::EventReportReply;
pub(crate) use saga::{AbandonSagaBody, RetrySagaBody, SagaPhaseName, SagaReply};
pub(crate) use wallet::{ChargeWalletBody, SellerBalanceReply, WalletReply};

use std::{borrow::Cow, str::FromStr};

use domain::Money;
use serde::{Deserialize, Deserializer, de::IntoDeserializer};

use crate::{Code, Failure, Problem};

/// A field that is refused, and why.
pub(crate) fn invalid(field: impl Into<Cow<'static, str>>, why: impl std::fmt::Display) -> Failure {
    let field = field.into();
    let detail = format!("{field} {why}.");
    Problem::new(Code::BindError)
        .field(field)
        .detail(detail)
        .into()
}

/// A field that is needed here and missing.
pub(crate) fn missing(field: &'static str) -> Failure {
    invalid(field, "is required")
}

/// An amount of money that a request names.
fn money(field: &'static str, amount: i64) -> Result<Money, Failure> {
    Money::new(amount).map_err(|why| invalid(field, why))
}

/// The id in a request's body whose key, or whose own name, must be looked at before the id is: a
/// text that can't be one is the id that nothing has. So the ledger answers all in its own order: a
/// request that was answered before, a key or name of another request, and only then "not found".
fn id_or_nothing<T: FromStr>(text: &str, of_nothing: T) -> T {
    text.parse().unwrap_or(of_nothing)
}

/// Reads one of an enum's names as a text and nothing else: serde would take `{"NAME":null}`, too.
fn name<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let name = Cow::<str>::deserialize(deserializer)?;
    T::deserialize(name.into_deserializer())
}
