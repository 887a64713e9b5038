//! `/v1/issued-coupons`, and the hottest route of all: `/v1/coupons/{couponId}/issued-coupons`

use std::sync::Arc;

use application::{IssueCouponError, IssueCouponRequest, LanesError};
use domain::{ConsumerId, IssueRefusal, IssuedCoupon, Timestamp};
use hyper::StatusCode;
use serde::Deserialize;
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure, Problem, Role,
    filters::{Call, Paging},
    models::{
        IssuedCouponList, IssuedCouponReply, ProblemReply, invalid, list_reply, missing, rfc3339,
    },
};

/// Get a copy of a coupon
///
/// 201 means: stored durably.
#[utoipa::path(
    post, path = "/v1/coupons/{couponId}/issued-coupons", tag = "Consumers",
    params(
        ("couponId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 201, body = IssuedCouponReply, headers(("Location" = String))),
        (status = 404, description = "COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "EVENT_NOT_OPEN (+opensAt), SINGLE_COUPON_AVAILABLE_PER_EVENT (+issuedCouponId), COUPON_LIMIT_PER_CONSUMER (+issuedCouponId), COUPON_PAUSED, COUPON_NOT_ISSUABLE, COUPON_NOT_USABLE, IDEMPOTENCY_KEY_IN_USE", body = ProblemReply, content_type = "application/problem+json"),
        (status = 410, description = "RESOURCE_EXPIRED", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "OVERLOADED, STORE_UNAVAILABLE: ask again, it is the same request", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer"]))),
)]
pub(crate) async fn issue(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let key = call.key()?;
    let coupon_id = call.id(Code::CouponNotFound)?;
    let consumer_id = call.caller()?.subject.clone();
    let request = IssueCouponRequest {
        coupon_id,
        consumer_id,
        key,
    };
    match api.issue_coupon.execute(request).await {
        Ok(copy) => issued(&copy),
        Err(error) => Err(refused(error, || api.ledger_clock.now())),
    }
}

fn issued(copy: &IssuedCoupon) -> Result<Response, Failure> {
    let response = reply::json(StatusCode::CREATED, &IssuedCouponReply::from(copy))?;
    reply::located(response, &format!("/v1/issued-coupons/{}", copy.id))
}

fn refused(error: IssueCouponError, now: impl FnOnce() -> Timestamp) -> Failure {
    let refusal = match error {
        IssueCouponError::Refused(refusal) => refusal,
        IssueCouponError::Key(error) => return error.into(),
        IssueCouponError::Unanswered(LanesError::Overloaded) => return Code::Overloaded.into(),
        IssueCouponError::Unanswered(LanesError::Store(error)) => return error.into(),
    };
    match refusal {
        IssueRefusal::CouponNotFound => Code::CouponNotFound.into(),
        IssueRefusal::EventNotOpen { opens_at } => {
            let micros = u64::try_from(opens_at.micros_since(now())).unwrap_or(0);
            Problem::new(Code::EventNotOpen)
                .member("opensAt", rfc3339(opens_at))
                .retry_after(micros.div_ceil(1_000_000).max(1))
                .into()
        }
        IssueRefusal::ResourceExpired => Code::ResourceExpired.into(),
        IssueRefusal::SingleCouponAvailablePerEvent { issued_coupon_id } => {
            Problem::new(Code::SingleCouponAvailablePerEvent)
                .member("issuedCouponId", issued_coupon_id.to_string())
                .into()
        }
        IssueRefusal::CouponLimitPerConsumer { issued_coupon_id } => {
            Problem::new(Code::CouponLimitPerConsumer)
                .member("issuedCouponId", issued_coupon_id.to_string())
                .into()
        }
        IssueRefusal::CouponPaused => Code::CouponPaused.into(),
        IssueRefusal::CouponNotIssuable => Code::CouponNotIssuable.into(),
        IssueRefusal::CouponNotUsable => Code::CouponNotUsable.into(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct IssuedCouponsQuery {
    consumer_id: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// List issued coupons
///
/// A consumer sees its own; service and admin name the consumer.
#[utoipa::path(
    get, path = "/v1/issued-coupons", tag = "Consumers",
    params(
        ("consumerId" = Option<String>, Query, description = "whose; for service and admin, who must give it"),
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses((status = 200, body = IssuedCouponList)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "service", "admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: IssuedCouponsQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let caller = call.caller()?;
    let consumer = match (caller.role, query.consumer_id) {
        (Role::Consumer, None) => caller.subject.clone(),
        (Role::Consumer, Some(_)) => {
            return Err(invalid(
                "consumerId",
                "is for service and admin; yours is in your token",
            ));
        }
        (_, Some(consumer)) => {
            ConsumerId::new(consumer).map_err(|why| invalid("consumerId", why))?
        }
        (_, None) => return Err(missing("consumerId")),
    };
    let copies = api.ledger.issued_coupons(consumer, paging.read()).await?;
    reply::ok(&list_reply(copies, paging.limit, |copy| {
        IssuedCouponReply::from(copy)
    }))
}

/// Read an issued coupon
///
/// A consumer sees its own only; another's is not found.
#[utoipa::path(
    get, path = "/v1/issued-coupons/{issuedCouponId}", tag = "Consumers",
    params(("issuedCouponId" = String, Path)),
    responses(
        (status = 200, body = IssuedCouponReply),
        (status = 404, description = "ISSUED_COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "service", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let copy = api
        .ledger
        .issued_coupon(call.id(Code::IssuedCouponNotFound)?)
        .await?;
    let caller = call.caller()?;
    let visible =
        |copy: &IssuedCoupon| caller.role != Role::Consumer || copy.consumer_id == caller.subject;
    reply::ok(&IssuedCouponReply::from(
        &copy.filter(visible).ok_or(Code::IssuedCouponNotFound)?,
    ))
}
