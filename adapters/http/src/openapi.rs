//! The OpenAPI 3.1 document, generated from the handlers and the models.

use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use crate::handlers::{coupons, discount_policies, events, issued_coupons, operations};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "firstcome",
        description = "First-come coupons, exact when everybody comes at once. Errors are RFC 9457 problem documents; programs read their `code`.",
    ),
    paths(
        events::create, events::list, events::one,
        discount_policies::create, discount_policies::list, discount_policies::one,
        coupons::create, coupons::list, coupons::one, coupons::change, coupons::audit,
        issued_coupons::issue, issued_coupons::list, issued_coupons::one,
        operations::live, operations::ready, operations::metrics, operations::openapi,
        operations::docs, operations::docs_file,
    ),
    modifiers(&BearerTokens),
)]
struct Document;

struct BearerTokens;

impl Modify for BearerTokens {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut bearer = Http::new(HttpAuthScheme::Bearer);
        bearer.bearer_format = Some("JWT".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    }
}

/// The document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
