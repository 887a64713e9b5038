//! Problems as the documentation shows them; what goes over the wire is made by `Problem` itself.

use utoipa::ToSchema;

/// A refusal (RFC 9457), as `application/problem+json`. Further members belong to single codes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a schema for the documentation, never a value")]
pub(crate) struct ProblemReply {
    /// A name that never changes.
    #[schema(example = "urn:firstcome:problem:COUPON_NOT_ISSUABLE")]
    r#type: String,
    /// For people.
    title: String,
    /// The HTTP status.
    status: u16,
    /// For people: what is wrong with this very request, and what to do next.
    detail: String,
    /// For programs.
    #[schema(example = "COUPON_NOT_ISSUABLE")]
    code: String,
    /// The field that is wrong.
    field: Option<String>,
}
