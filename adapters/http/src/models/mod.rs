//! What requests and replies look like as JSON, and how they become the domain's types and back.
//!
//! A request's field is refused by its own name; a reply leaves nothing out silently: every field of
//! a domain type is either shown or named here as not shown.

mod audit;
mod coupon;
mod discount_policy;
mod event;
mod instant;
mod issued_coupon;
mod list;
mod problem;

pub(crate) use audit::AuditReply;
pub(crate) use coupon::{CouponReply, CreateCouponBody, PatchCouponBody};
pub(crate) use discount_policy::{CreateDiscountPolicyBody, DiscountPolicyReply};
pub(crate) use event::{CreateEventBody, EventReply};
pub(crate) use instant::{Instant, rfc3339};
pub(crate) use issued_coupon::IssuedCouponReply;
pub(crate) use list::{CouponList, DiscountPolicyList, EventList, IssuedCouponList, list_reply};
pub(crate) use problem::ProblemReply;

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, de::IntoDeserializer};

use crate::{Code, Failure, Problem};

/// A field that is refused, and why.
pub(crate) fn invalid(field: &'static str, why: impl std::fmt::Display) -> Failure {
    Problem::new(Code::BindError)
        .field(field)
        .detail(format!("{field} {why}."))
        .into()
}

/// A field that is needed here and missing.
pub(crate) fn missing(field: &'static str) -> Failure {
    invalid(field, "is required")
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
