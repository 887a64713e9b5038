//! `/v1/discount-policies`

use std::sync::Arc;

use application::CreateDiscountPolicyError;
use domain::{DiscountPolicy, Timestamp};
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure,
    filters::{Call, Paging, PagingQuery},
    models::{
        CreateDiscountPolicyBody, DiscountPolicyList, DiscountPolicyReply, ProblemReply, list_reply,
    },
};

/// Create a discount policy
#[utoipa::path(
    post, path = "/v1/discount-policies", tag = "Catalogue", request_body = CreateDiscountPolicyBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    responses(
        (status = 201, body = DiscountPolicyReply, headers(("Location" = String))),
        (status = 409, description = "ALREADY_DISCOUNT_POLICY_EXISTS", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn create(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: CreateDiscountPolicyBody = call.json()?;
    let key = call.keyed(&body, answer)?;
    let created = api
        .create_discount_policy
        .execute(body.request()?, key)
        .await?;
    reply::created(created, answer)
}

fn answer(policy: &DiscountPolicy, _: Timestamp) -> Vec<u8> {
    let location = format!("/v1/discount-policies/{}", policy.id);
    reply::creation(&location, &DiscountPolicyReply::from(policy))
}

impl From<CreateDiscountPolicyError> for Failure {
    fn from(error: CreateDiscountPolicyError) -> Self {
        match error {
            CreateDiscountPolicyError::NameTaken => Code::AlreadyDiscountPolicyExists.into(),
            CreateDiscountPolicyError::Key(error) => error.into(),
            CreateDiscountPolicyError::Store(error) => error.into(),
        }
    }
}

/// List discount policies
#[utoipa::path(
    get, path = "/v1/discount-policies", tag = "Catalogue",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses((status = 200, body = DiscountPolicyList)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: PagingQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let policies = api.catalogue.discount_policies(paging.read()).await?;
    reply::ok(&list_reply(policies, paging.limit, |policy| {
        DiscountPolicyReply::from(policy)
    }))
}

/// Read a discount policy
#[utoipa::path(
    get, path = "/v1/discount-policies/{discountPolicyId}", tag = "Catalogue",
    params(("discountPolicyId" = String, Path)),
    responses(
        (status = 200, body = DiscountPolicyReply),
        (status = 404, description = "DISCOUNT_POLICY_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let policy = api
        .catalogue
        .discount_policy(call.id(Code::DiscountPolicyNotFound)?)
        .await?;
    reply::ok(&DiscountPolicyReply::from(
        &policy.ok_or(Code::DiscountPolicyNotFound)?,
    ))
}
