//! `/v1/holds`: for shops with a checkout of their own.

use std::sync::Arc;

use application::{OpenHoldError, SettleHoldError};
use domain::{
    CallerId, Hold, HoldName, HoldRefusal, SettleRefusal, Settlement, Timestamp,
    ports::{OpenHoldRefusal, OpenedHold},
};
use hyper::StatusCode;
use serde_json::json;
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure, Problem,
    filters::Call,
    models::{HoldReply, HoldStateReply, OpenHoldBody, ProblemReply},
};

/// Open a hold
///
/// The same holdId and request again is the same hold, as it is then: 200.
#[utoipa::path(
    post, path = "/v1/holds", tag = "Shops", request_body = OpenHoldBody,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
        ("Prefer" = Option<String>, Header, description = "wait=N (RFC 7240): queue up to N seconds, 0 to 10, for a coupon that is held"),
    ),
    responses(
        (status = 200, description = "it was opened before", body = HoldReply, headers(("Preference-Applied" = String))),
        (status = 201, body = HoldReply, headers(("Location" = String), ("Preference-Applied" = String))),
        (status = 404, description = "ISSUED_COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "ALREADY_USED_COUPON, COUPON_PAUSED, COUPON_NOT_USABLE, MINIMUM_ORDER_NOT_MET, COUPON_HELD", body = ProblemReply, content_type = "application/problem+json"),
        (status = 410, description = "RESOURCE_EXPIRED", body = ProblemReply, content_type = "application/problem+json"),
        (status = 422, description = "HOLD_ID_REUSED", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn open(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: OpenHoldBody = call.json()?;
    let key = call.keyed(&body, opened)?;
    let new = body.request(caller(&call)?, call.wait())?;
    reply::created(api.open_hold.execute(new, key).await?, opened)
}

/// Only a hold that is new has a location in its answer: the other is told by its 200.
fn opened(hold: &OpenedHold, now: Timestamp) -> Vec<u8> {
    let body = HoldReply::at(hold.hold(), now);
    match hold {
        OpenedHold::Now(_) => reply::creation(&body.location(), &body),
        OpenedHold::Before(_) => reply::creation("", &body),
    }
}

fn caller(call: &Call) -> Result<CallerId, Failure> {
    Ok(call.caller()?.subject.clone().into())
}

impl From<OpenHoldError> for Failure {
    fn from(error: OpenHoldError) -> Self {
        let refusal = match error {
            OpenHoldError::Refused(OpenHoldRefusal::NameReused) => {
                return Code::HoldIdReused.into();
            }
            OpenHoldError::Refused(OpenHoldRefusal::Refused(refusal)) => refusal,
            OpenHoldError::Key(error) => return error.into(),
            OpenHoldError::Store(error) => return error.into(),
        };
        match refusal {
            HoldRefusal::IssuedCouponNotFound => Problem::new(Code::IssuedCouponNotFound)
                .detail("There is no issued coupon with this id.")
                .into(),
            HoldRefusal::Coupon(refusal) => refusal.into(),
        }
    }
}

/// Confirm a hold
///
/// The use is final. Confirming it again changes nothing.
#[utoipa::path(
    post, path = "/v1/holds/{holdId}/confirm", tag = "Shops",
    params(
        ("holdId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = HoldReply),
        (status = 404, description = "HOLD_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "HOLD_NOT_OPEN (+state)", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn confirm(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    settle(&api, &call, Settlement::Confirm).await
}

/// Cancel a hold
///
/// The use is given back. Cancelling it again changes nothing.
#[utoipa::path(
    post, path = "/v1/holds/{holdId}/cancel", tag = "Shops",
    params(
        ("holdId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = HoldReply),
        (status = 404, description = "HOLD_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "HOLD_NOT_OPEN (+state)", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn cancel(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    settle(&api, &call, Settlement::Cancel).await
}

/// Return a confirmed use
///
/// A refund: of an ISSUE_COUPON, before it expires. Returning it again changes nothing.
#[utoipa::path(
    post, path = "/v1/holds/{holdId}/return", tag = "Shops",
    params(
        ("holdId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = HoldReply),
        (status = 404, description = "HOLD_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "REFUND_NOT_AVAILABLE", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn give_back(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    settle(&api, &call, Settlement::Return).await
}

async fn settle(api: &Api, call: &Call, settlement: Settlement) -> Result<Response, Failure> {
    let key = call.keyed(&(), settled)?;
    let (caller, name) = (caller(call)?, name(call)?);
    let hold = api.settle_hold.execute(caller, name, settlement, key);
    Ok(reply::written(StatusCode::OK, hold.await?, settled))
}

fn settled(hold: &Hold, now: Timestamp) -> Vec<u8> {
    reply::kept(&HoldReply::at(hold, now))
}

fn name(call: &Call) -> Result<HoldName, Failure> {
    HoldName::new(call.parameter()).map_err(|_| Code::HoldNotFound.into())
}

impl From<SettleHoldError> for Failure {
    fn from(error: SettleHoldError) -> Self {
        let refusal = match error {
            SettleHoldError::Refused(refusal) => refusal,
            SettleHoldError::Key(error) => return error.into(),
            SettleHoldError::Store(error) => return error.into(),
        };
        match refusal {
            SettleRefusal::NotFound => Code::HoldNotFound.into(),
            SettleRefusal::NotOpen(state) => Problem::new(Code::HoldNotOpen)
                .member("state", json!(HoldStateReply::from(state)))
                .into(),
            SettleRefusal::ReturnNotAvailable => Problem::new(Code::RefundNotAvailable)
                .detail("Only a confirmed use of an ISSUE_COUPON that has not expired is returned.")
                .into(),
        }
    }
}

/// Read a hold
///
/// A caller sees its own only; another's is not found.
#[utoipa::path(
    get, path = "/v1/holds/{holdId}", tag = "Shops",
    params(("holdId" = String, Path)),
    responses(
        (status = 200, body = HoldReply),
        (status = 404, description = "HOLD_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let hold = api.holds.hold(caller(&call)?, name(&call)?).await?;
    let (hold, now) = hold.ok_or(Code::HoldNotFound)?;
    reply::ok(&HoldReply::at(&hold, now))
}

#[cfg(test)]
mod tests;
