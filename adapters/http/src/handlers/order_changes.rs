//! What becomes of `/v1/orders/{orderId}`: refund, confirmation, delivery.

use std::sync::Arc;

use application::{ChangeOrderError, Written};
use domain::{Order, OrderRefusal, OrderStatus, Timestamp};
use hyper::StatusCode;
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure, Problem,
    filters::Call,
    models::{DeliverOrderBody, OrderReply, ProblemReply},
};

/// Refund an order
///
/// Before its delivery begins. 202 means: the payment provider is being asked; the order tells what
/// comes of it.
#[utoipa::path(
    post, path = "/v1/orders/{orderId}/refund", tag = "Consumers",
    params(
        ("orderId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
        ("Prefer" = Option<String>, Header, description = "wait=N (RFC 7240): the answer takes at most N seconds, 0 to 10; 2, when left out"),
    ),
    responses(
        (status = 200, body = OrderReply, headers(("Preference-Applied" = String))),
        (status = 202, description = "the refund is under way", body = OrderReply, headers(("Preference-Applied" = String))),
        (status = 404, description = "ORDER_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "REFUND_NOT_AVAILABLE", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer"]))),
)]
pub(crate) async fn refund(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let key = call.keyed(&(), refund_answer)?;
    let id = call.id(Code::OrderNotFound)?;
    let consumer = &call.caller()?.subject;
    let written = api.refund_order.execute(id, consumer, call.wait(), key);
    let written = written.await;
    refunded(written.map_err(|error| refused(error, Code::RefundNotAvailable))?)
}

fn refunded(written: Written<Order>) -> Result<Response, Failure> {
    match &written {
        Written::Now(order, _) if order.status == OrderStatus::Refunding => {
            reply::json(StatusCode::ACCEPTED, &OrderReply::from(order))
        }
        Written::Now(order, _) if order.status != OrderStatus::Refunded => Err(declined()),
        Written::Before(kept) if kept.is_empty() => Err(declined()),
        _ => Ok(reply::written(StatusCode::OK, written, refund_answer)),
    }
}

/// What is kept of a refund: the refunded order; nothing, when the provider has declined.
fn refund_answer(order: &Order, now: Timestamp) -> Vec<u8> {
    match order.status {
        OrderStatus::Refunded => answer(order, now),
        _ => Vec::new(),
    }
}

fn declined() -> Failure {
    let problem = Problem::new(Code::RefundNotAvailable);
    let detail = "The payment provider has declined the refund. The order is as it was before.";
    problem.detail(detail).into()
}

/// Confirm an order that has arrived
///
/// Its sellers and the consumer's points are credited.
#[utoipa::path(
    post, path = "/v1/orders/{orderId}/confirm", tag = "Consumers",
    params(
        ("orderId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = OrderReply),
        (status = 404, description = "ORDER_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "CONFIRM_NOT_AVAILABLE", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer"]))),
)]
pub(crate) async fn confirm(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let key = call.keyed(&(), answer)?;
    let id = call.id(Code::OrderNotFound)?;
    let consumer = &call.caller()?.subject;
    let confirmed = api.confirm_order.execute(id, consumer, key).await;
    let confirmed = confirmed.map_err(|error| refused(error, Code::ConfirmNotAvailable))?;
    Ok(reply::written(StatusCode::OK, confirmed, answer))
}

/// Say how far an order's delivery has come
///
/// Forward only, one status after the other.
#[utoipa::path(
    post, path = "/v1/orders/{orderId}/delivery", tag = "Shops", request_body = DeliverOrderBody,
    params(
        ("orderId" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters"),
    ),
    responses(
        (status = 200, body = OrderReply),
        (status = 404, description = "ORDER_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "INVALID_DELIVERY_STATUS_REQUEST", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["service", "admin"]))),
)]
pub(crate) async fn deliver(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body: DeliverOrderBody = call.json()?;
    let key = call.keyed(&body, answer)?;
    let id = call.id(Code::OrderNotFound)?;
    let delivered = api.deliver_order.execute(id, body.status.into(), key).await;
    let delivered =
        delivered.map_err(|error| refused(error, Code::InvalidDeliveryStatusRequest))?;
    Ok(reply::written(StatusCode::OK, delivered, answer))
}

fn answer(order: &Order, _: Timestamp) -> Vec<u8> {
    reply::kept(&OrderReply::from(order))
}

/// `unavailable` is what a change is refused with that a wallet has no room for.
fn refused(error: ChangeOrderError, unavailable: Code) -> Failure {
    let refusal = match error {
        ChangeOrderError::Refused(refusal) => refusal,
        ChangeOrderError::Key(error) => return error.into(),
        ChangeOrderError::Store(error) => return error.into(),
    };
    match refusal {
        OrderRefusal::NotFound => Code::OrderNotFound.into(),
        OrderRefusal::InvalidDelivery => Code::InvalidDeliveryStatusRequest.into(),
        OrderRefusal::ConfirmNotAvailable => Code::ConfirmNotAvailable.into(),
        OrderRefusal::RefundNotAvailable => Code::RefundNotAvailable.into(),
        OrderRefusal::TooLarge(_) => Problem::new(unavailable)
            .detail("Your wallet has no room for what it would get. Spend some of it first.")
            .into(),
        // Nothing that is said to a saga: none of these commands is.
        OrderRefusal::SagaNotFound | OrderRefusal::Saga(_) | OrderRefusal::StaleWorker => {
            Code::ServerError.into()
        }
    }
}

#[cfg(test)]
mod tests;
