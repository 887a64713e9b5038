//! `/v1/coupons`

use std::sync::Arc;

use application::{ChangeCouponError, CreateCouponError};
use domain::{Audit, ChangeRefusal, Coupon, EventId, Timestamp};
use serde::Deserialize;
use warp::reply::Response;

use super::{reply, sentence};
use crate::{
    Api, Code, Failure, Problem,
    filters::{Call, Paging},
    models::{
        AuditReply, CouponList, CouponReply, CreateCouponBody, PatchCouponBody, ProblemReply,
        invalid, list_reply,
    },
};

/// Put a coupon on offer
#[utoipa::path(
    post, path = "/v1/coupons", tag = "Catalogue", request_body = CreateCouponBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters")),
    responses(
        (status = 201, body = CouponReply, headers(("Location" = String))),
        (status = 400, description = "INVALID_COUPON_EXPIRED_TIME", body = ProblemReply, content_type = "application/problem+json"),
        (status = 404, description = "EVENT_NOT_FOUND, DISCOUNT_POLICY_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "ALREADY_COUPON_EXISTS", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn create(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    // Left out or written out, a default is the same request.
    let body = call.json::<CreateCouponBody>()?.with_defaults();
    let key = call.keyed(&body, answer)?;
    let created = api.create_coupon.execute(body.request()?, key).await?;
    reply::created(created, answer)
}

fn answer(coupon: &Coupon, now: Timestamp) -> Vec<u8> {
    reply::creation(
        &format!("/v1/coupons/{}", coupon.id),
        &CouponReply::at(coupon, now),
    )
}

impl From<CreateCouponError> for Failure {
    fn from(error: CreateCouponError) -> Self {
        match error {
            CreateCouponError::EventNotFound => Code::EventNotFound.into(),
            CreateCouponError::DiscountPolicyNotFound => Code::DiscountPolicyNotFound.into(),
            CreateCouponError::Expiry(why) => Problem::new(Code::InvalidCouponExpiredTime)
                .field("expiresAt")
                .detail(format!("expiresAt {why}."))
                .into(),
            CreateCouponError::NameTaken => Code::AlreadyCouponExists.into(),
            CreateCouponError::Key(error) => error.into(),
            CreateCouponError::Store(error) => error.into(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CouponsQuery {
    event_id: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// List coupons
#[utoipa::path(
    get, path = "/v1/coupons", tag = "Catalogue",
    params(
        ("eventId" = Option<String>, Query, description = "only those of this event"),
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses(
        (status = 200, body = CouponList),
        (status = 404, description = "EVENT_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: CouponsQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let event: Option<EventId> = match query.event_id.as_deref().map(str::parse) {
        None => None,
        Some(Ok(id)) => Some(
            api.catalogue
                .event(id)
                .await?
                .ok_or(Code::EventNotFound)?
                .id,
        ),
        Some(Err(_)) => return Err(Code::EventNotFound.into()),
    };
    let coupons = api.catalogue.coupons(event, paging.read()).await?;
    let now = api.ledger_clock.now();
    reply::ok(&list_reply(coupons, paging.limit, |coupon| {
        CouponReply::at(coupon, now)
    }))
}

/// Read a coupon
#[utoipa::path(
    get, path = "/v1/coupons/{couponId}", tag = "Catalogue",
    params(("couponId" = String, Path)),
    responses(
        (status = 200, body = CouponReply),
        (status = 404, description = "COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "seller", "service", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let coupon = api.catalogue.coupon(call.id(Code::CouponNotFound)?).await?;
    let coupon = coupon.ok_or(Code::CouponNotFound)?;
    reply::ok(&CouponReply::at(&coupon, api.ledger_clock.now()))
}

/// Raise a cap, pause or resume
#[utoipa::path(
    patch, path = "/v1/coupons/{couponId}", tag = "Catalogue", request_body = PatchCouponBody,
    params(("couponId" = String, Path)),
    responses(
        (status = 200, body = CouponReply),
        (status = 404, description = "COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "CAP_NOT_RAISED", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn change(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let change = call.json::<PatchCouponBody>()?.request()?;
    let id = call.id(Code::CouponNotFound)?;
    let (coupon, now) = api.change_coupon.execute(id, change).await?;
    reply::ok(&CouponReply::at(&coupon, now))
}

impl From<ChangeCouponError> for Failure {
    fn from(error: ChangeCouponError) -> Self {
        match error {
            ChangeCouponError::NotFound => Code::CouponNotFound.into(),
            ChangeCouponError::Refused(refusal) => match refusal {
                ChangeRefusal::NoMaximumIssued => {
                    invalid("maximumIssued", "belongs to an ISSUE_COUPON only")
                }
                ChangeRefusal::NoMaximumUsage => {
                    invalid("maximumUsage", "belongs to a USE_COUPON only")
                }
                ChangeRefusal::CapNotRaised { .. } => Problem::new(Code::CapNotRaised)
                    .detail(sentence(&refusal))
                    .into(),
            },
            ChangeCouponError::Store(error) => error.into(),
        }
    }
}

/// Audit a coupon: is it exact?
#[utoipa::path(
    get, path = "/v1/coupons/{couponId}/audit", tag = "Catalogue",
    params(("couponId" = String, Path)),
    responses(
        (status = 200, body = AuditReply),
        (status = 404, description = "COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["admin"]))),
)]
pub(crate) async fn audit(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let reading = api.ledger.audit(call.id(Code::CouponNotFound)?).await?;
    reply::ok(&AuditReply::from(&Audit::of(
        reading.ok_or(Code::CouponNotFound)?,
    )))
}
