//! `/v1/orders`: placing and reading them.

use std::sync::Arc;

use application::{NewOrder, PlaceOrderError};
use domain::{Order, OrderFailure, OrderStatus, ProductId, PurchaseRefusal};
use hyper::StatusCode;
use warp::reply::Response;

use super::reply;
use crate::{
    Api, Code, Failure, Problem, Role,
    filters::{Call, Paging, PagingQuery, digest},
    models::{OrderList, OrderReply, PlaceOrderBody, ProblemReply, invalid, list_reply},
};

/// Place an order
///
/// 201 means: paid, and stored durably. 202 means: everything is reserved and the payment is under way;
/// the order's address, or the same request again, tells how it ends. An order that comes to nothing is
/// answered with why.
#[utoipa::path(
    post, path = "/v1/orders", tag = "Consumers", request_body = PlaceOrderBody,
    params(
        ("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters, new for every new request"),
        ("Prefer" = Option<String>, Header, description = "wait=N (RFC 7240): the answer takes at most N seconds, 0 to 10; 2, when left out. Where it is given, the order queues for a coupon that is held"),
    ),
    responses(
        (status = 201, body = OrderReply, headers(("Location" = String), ("Preference-Applied" = String))),
        (status = 202, description = "the payment is under way", body = OrderReply, headers(("Location" = String), ("Preference-Applied" = String))),
        (status = 400, description = "IDEMPOTENCY_KEY_MISSING, EXCESSIVE_POINT_USE", body = ProblemReply, content_type = "application/problem+json"),
        (status = 404, description = "PRODUCT_NOT_FOUND, ISSUED_COUPON_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
        (status = 409, description = "ALREADY_USED_COUPON, COUPON_PAUSED, COUPON_NOT_USABLE, MINIMUM_ORDER_NOT_MET, COUPON_HELD, NOT_ENOUGH_PRODUCT_STOCK, NOT_ENOUGH_POINT, NOT_ENOUGH_BALANCE, PAYMENT_DECLINED", body = ProblemReply, content_type = "application/problem+json"),
        (status = 410, description = "RESOURCE_EXPIRED", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "PAYMENT_UNAVAILABLE", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer"]))),
)]
pub(crate) async fn place(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let body = call.json::<PlaceOrderBody>()?.with_defaults();
    let (items, points) = (body.items()?, body.points()?);
    let payment_method = body.payment_method()?;
    let key = call.key()?.ok_or(Code::IdempotencyKeyMissing)?;
    let new = NewOrder {
        consumer_id: call.caller()?.subject.clone(),
        key,
        digest: digest(&body)?,
        items,
        points,
        issued_coupon_id: body.copy(),
        payment_method,
        wait: call.wait(),
    };
    placed(&api.place_order.execute(new).await?)
}

fn placed(order: &Order) -> Result<Response, Failure> {
    let status = match order.status {
        OrderStatus::Pending => StatusCode::ACCEPTED,
        OrderStatus::Failed => return Err(failed(order)),
        OrderStatus::Paid
        | OrderStatus::Refunding
        | OrderStatus::Refunded
        | OrderStatus::Confirmed => StatusCode::CREATED,
    };
    let response = reply::json(status, &OrderReply::from(order))?;
    reply::located(response, &format!("/v1/orders/{}", order.id))
}

/// An order that has come to nothing is answered with why, every time.
fn failed(order: &Order) -> Failure {
    match order.failure {
        Some(OrderFailure::PaymentDeclined) => Code::PaymentDeclined.into(),
        Some(OrderFailure::PaymentUnavailable) => Code::PaymentUnavailable.into(),
        None => Code::ServerError.into(),
    }
}

impl From<PlaceOrderError> for Failure {
    fn from(error: PlaceOrderError) -> Self {
        match error {
            PlaceOrderError::Refused(refusal) => refusal.into(),
            PlaceOrderError::Key(error) => error.into(),
            PlaceOrderError::Store(error) => error.into(),
        }
    }
}

impl From<PurchaseRefusal> for Failure {
    fn from(refusal: PurchaseRefusal) -> Self {
        match refusal {
            PurchaseRefusal::ProductNotFound(ProductId::OF_NOTHING) => Code::ProductNotFound.into(),
            PurchaseRefusal::ProductNotFound(id) => Problem::new(Code::ProductNotFound)
                .detail(format!(
                    "There is no product {id}. Look it up in the list of products."
                ))
                .into(),
            PurchaseRefusal::IssuedCouponNotFound => Code::IssuedCouponNotFound.into(),
            PurchaseRefusal::Coupon(refusal) => refusal.into(),
            PurchaseRefusal::ExcessivePointUse => Code::ExcessivePointUse.into(),
            PurchaseRefusal::NotEnoughProductStock(id) => Problem::new(Code::NotEnoughProductStock)
                .detail(format!(
                    "There is less of product {id} in stock than the order asks for. Order fewer."
                ))
                .into(),
            PurchaseRefusal::NotEnoughPoint => Code::NotEnoughPoint.into(),
            PurchaseRefusal::NotEnoughBalance => Code::NotEnoughBalance.into(),
            PurchaseRefusal::TooLarge(_) => {
                invalid("items", "add up to more than there is room for")
            }
        }
    }
}

/// List orders
///
/// A consumer sees its own, an admin all.
#[utoipa::path(
    get, path = "/v1/orders", tag = "Consumers",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 200; 50, when left out"),
        ("cursor" = Option<String>, Query, description = "the nextCursor of the page before"),
    ),
    responses((status = 200, body = OrderList)),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "admin"]))),
)]
pub(crate) async fn list(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let query: PagingQuery = call.query()?;
    let paging = Paging::new(query.limit, query.cursor.as_deref())?;
    let caller = call.caller()?;
    let own = (caller.role == Role::Consumer).then(|| caller.subject.clone());
    let orders = api.purchases.orders(own, paging.read()).await?;
    reply::ok(&list_reply(orders, paging.limit, |order| {
        OrderReply::from(order)
    }))
}

/// Read an order
///
/// A consumer sees its own only; another's is not found.
#[utoipa::path(
    get, path = "/v1/orders/{orderId}", tag = "Consumers",
    params(("orderId" = String, Path)),
    responses(
        (status = 200, body = OrderReply),
        (status = 404, description = "ORDER_NOT_FOUND", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])), extensions(("x-roles" = json!(["consumer", "admin"]))),
)]
pub(crate) async fn one(api: Arc<Api>, call: Call) -> Result<Response, Failure> {
    let order = api.purchases.order(call.id(Code::OrderNotFound)?).await?;
    let caller = call.caller()?;
    let visible =
        |order: &Order| caller.role != Role::Consumer || order.consumer_id == caller.subject;
    reply::ok(&OrderReply::from(
        &order.filter(visible).ok_or(Code::OrderNotFound)?,
    ))
}

#[cfg(test)]
mod tests;
