//! The OpenAPI 3.1 document, generated from the handlers and the models.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, Ref, RefOr, Response, ResponseBuilder,
        path::{Operation, ParameterIn},
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};

use crate::handlers::{
    coupons, discount_policies, events, holds, issued_coupons, operations, order_changes, orders,
    products, sagas, wallets,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "firstcome",
        description = "First-come coupons, exact when everybody comes at once. Errors are RFC 9457 problem documents; programs read their `code`.",
    ),
    paths(
        events::create, events::list, events::one, events::report,
        discount_policies::create, discount_policies::list, discount_policies::one,
        coupons::create, coupons::list, coupons::one, coupons::change, coupons::audit,
        issued_coupons::issue, issued_coupons::list, issued_coupons::one,
        wallets::own, wallets::charge, wallets::balance,
        orders::place, orders::list, orders::one,
        order_changes::refund, order_changes::confirm, order_changes::deliver,
        products::create, products::list, products::one, products::change,
        holds::open, holds::one, holds::confirm, holds::cancel, holds::give_back,
        sagas::list, sagas::one, sagas::retry, sagas::abandon,
        operations::live, operations::ready, operations::metrics, operations::openapi,
        operations::docs, operations::docs_file,
    ),
    modifiers(&BearerTokens, &CommonRefusals),
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

/// What every route refuses that has a token, a body, a key or a store, said once for all of them.
struct CommonRefusals;

impl Modify for CommonRefusals {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.post, &mut item.patch];
            operations.into_iter().flatten().for_each(refuse_in_common);
        }
    }
}

fn refuse_in_common(operation: &mut Operation) {
    if operation.security.is_none() {
        return;
    }
    let has = |place: &ParameterIn, name: &str| {
        let parameters = operation.parameters.iter().flatten();
        parameters.into_iter().any(
            |one| matches!(one, RefOr::T(one) if one.parameter_in == *place && one.name == name),
        )
    };
    let (has_key, has_query) = (
        has(&ParameterIn::Header, "Idempotency-Key"),
        has(&ParameterIn::Query, "limit"),
    );
    let has_body = operation.request_body.is_some();
    let mut refuse = |status: &str, codes: &str| {
        let responses = &mut operation.responses.responses;
        match responses.get_mut(status) {
            Some(RefOr::T(response)) if !response.description.contains(codes) => {
                response.description = format!("{codes}, {}", response.description);
            }
            Some(_) => {}
            None => {
                responses.insert(status.to_owned(), RefOr::T(problem(codes)));
            }
        }
    };
    refuse("401", "UNAUTHENTICATED");
    refuse("403", "NO_PERMISSION");
    refuse("503", "OVERLOADED, STORE_UNAVAILABLE");
    refuse("500", "SERVER_ERROR");
    if has_body || has_key || has_query {
        refuse("400", "BIND_ERROR");
    }
    if has_body {
        refuse("408", "REQUEST_TIMEOUT");
        refuse("413", "BODY_TOO_LARGE");
        refuse("415", "UNSUPPORTED_MEDIA_TYPE");
    }
    if has_key {
        refuse("409", "IDEMPOTENCY_KEY_IN_USE");
    }
    if has_key && has_body {
        refuse("422", "IDEMPOTENCY_KEY_REUSED");
    }
}

fn problem(codes: &str) -> Response {
    let schema = Ref::from_schema_name("ProblemReply");
    ResponseBuilder::new()
        .description(codes)
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}

/// The document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}
