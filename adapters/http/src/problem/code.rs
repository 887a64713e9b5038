//! The codes of every refusal, one row each: what a client may rely on.
//!
//! A code is never renamed and never changes its status. The row's JSON is put together at compile
//! time, because the commonest answer of a sold-out drop is a refusal that says nothing else.

use hyper::StatusCode;
use serde::Serialize;

macro_rules! codes {
    ($($name:ident = $code:literal, $number:literal $status:ident, $title:literal, $detail:literal;)+) => {
        /// Why a request is refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
        pub enum Code {
            $(#[doc = concat!($number, ": ", $title, ". ", $detail)] #[serde(rename = $code)] $name,)+
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Code] = &[$(Code::$name),+];

            /// The code as clients see it: `COUPON_NOT_FOUND`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $code,)+ }
            }

            /// The status that always goes with this code.
            pub const fn status(self) -> StatusCode {
                match self { $(Code::$name => StatusCode::$status,)+ }
            }

            /// The `type` member: a name that never changes.
            pub const fn type_uri(self) -> &'static str {
                match self { $(Code::$name => concat!("urn:firstcome:problem:", $code),)+ }
            }

            /// A short title for people.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)+ }
            }

            /// What to do next, where the request at hand gives nothing better to say.
            pub const fn detail(self) -> &'static str {
                match self { $(Code::$name => $detail,)+ }
            }

            /// The whole body of a problem that says nothing but its code.
            pub(super) const fn plain_json(self) -> &'static str {
                match self {
                    $(Code::$name => concat!(
                        r#"{"type":"urn:firstcome:problem:"#, $code,
                        r#"","title":""#, $title,
                        r#"","status":"#, $number,
                        r#","detail":""#, $detail,
                        r#"","code":""#, $code, r#""}"#,
                    ),)+
                }
            }
        }
    };
}

codes! {
    BindError = "BIND_ERROR", 400 BAD_REQUEST, "Malformed request",
        "The request can not be read. Correct it as the documentation says and send it again.";
    InvalidCouponExpiredTime = "INVALID_COUPON_EXPIRED_TIME", 400 BAD_REQUEST, "Coupon expires too late",
        "A coupon expires no later than its event ends. Choose an earlier expiresAt.";
    ExcessivePointUse = "EXCESSIVE_POINT_USE", 400 BAD_REQUEST, "More points than there is to pay",
        "The points are more than what is left to pay. Use fewer.";
    IdempotencyKeyMissing = "IDEMPOTENCY_KEY_MISSING", 400 BAD_REQUEST, "Idempotency-Key is missing",
        "Send an Idempotency-Key of 1 to 255 visible ASCII characters, a new one for each new request.";

    Unauthenticated = "UNAUTHENTICATED", 401 UNAUTHORIZED, "No valid token",
        "Send a valid token in the Authorization header: Bearer, a space, the token.";
    NoPermission = "NO_PERMISSION", 403 FORBIDDEN, "Role does not permit this",
        "This token's role may not do this. Use a token with a role that may.";

    EventNotFound = "EVENT_NOT_FOUND", 404 NOT_FOUND, "No such event",
        "There is no event with this id. Look it up in the list of events.";
    DiscountPolicyNotFound = "DISCOUNT_POLICY_NOT_FOUND", 404 NOT_FOUND, "No such discount policy",
        "There is no discount policy with this id. Look it up in the list of discount policies.";
    CouponNotFound = "COUPON_NOT_FOUND", 404 NOT_FOUND, "No such coupon",
        "There is no coupon with this id. Look it up in the list of coupons.";
    IssuedCouponNotFound = "ISSUED_COUPON_NOT_FOUND", 404 NOT_FOUND, "No such issued coupon",
        "You have no issued coupon with this id. Look it up in the list of your issued coupons.";
    ProductNotFound = "PRODUCT_NOT_FOUND", 404 NOT_FOUND, "No such product",
        "There is no product with this id. Look it up in the list of products.";
    OrderNotFound = "ORDER_NOT_FOUND", 404 NOT_FOUND, "No such order",
        "You have no order with this id. Look it up in the list of your orders.";
    HoldNotFound = "HOLD_NOT_FOUND", 404 NOT_FOUND, "No such hold",
        "You have no hold with this id. Open it first.";
    SagaNotFound = "SAGA_NOT_FOUND", 404 NOT_FOUND, "No such saga",
        "There is no saga with this id. Look it up in the list of sagas.";
    RouteNotFound = "ROUTE_NOT_FOUND", 404 NOT_FOUND, "No such route",
        "Nothing is served at this path. The routes stand in /openapi.json and /docs.";

    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405 METHOD_NOT_ALLOWED, "Method not allowed here",
        "This path does not take this method. The Allow header names those that it takes.";
    RequestTimeout = "REQUEST_TIMEOUT", 408 REQUEST_TIMEOUT, "Request came too slowly",
        "The request was not complete in time. Send it again on a new connection.";
    BodyTooLarge = "BODY_TOO_LARGE", 413 PAYLOAD_TOO_LARGE, "Body too large",
        "A body may have at most 65536 bytes. Send a smaller one.";
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415 UNSUPPORTED_MEDIA_TYPE, "Not JSON",
        "Send the body as JSON with Content-Type: application/json.";
    HeadersTooLarge = "HEADERS_TOO_LARGE", 431 REQUEST_HEADER_FIELDS_TOO_LARGE, "Request head too large",
        "The request line and headers are too large. Send fewer or shorter ones.";

    AlreadyEventExists = "ALREADY_EVENT_EXISTS", 409 CONFLICT, "Event name is taken",
        "An event of this name exists. Choose another name.";
    AlreadyDiscountPolicyExists = "ALREADY_DISCOUNT_POLICY_EXISTS", 409 CONFLICT, "Discount policy name is taken",
        "A discount policy of this name exists. Choose another name.";
    AlreadyCouponExists = "ALREADY_COUPON_EXISTS", 409 CONFLICT, "Coupon name is taken",
        "A coupon of this name exists. Choose another name.";
    AlreadyProductNameExists = "ALREADY_PRODUCT_NAME_EXISTS", 409 CONFLICT, "Product name is taken",
        "You have a product of this name. Choose another name.";
    EventNotOpen = "EVENT_NOT_OPEN", 409 CONFLICT, "Event has not begun",
        "The event has not begun. Try again at opensAt.";
    CouponPaused = "COUPON_PAUSED", 409 CONFLICT, "Coupon is paused",
        "The coupon is paused by an admin. Try again when its status is OPEN.";
    CouponNotIssuable = "COUPON_NOT_ISSUABLE", 409 CONFLICT, "All coupons are issued",
        "All of this coupon are issued. There is no use in trying again.";
    SingleCouponAvailablePerEvent = "SINGLE_COUPON_AVAILABLE_PER_EVENT", 409 CONFLICT, "One coupon per event",
        "You have a coupon of this event; there is one per consumer. Use that one.";
    CouponLimitPerConsumer = "COUPON_LIMIT_PER_CONSUMER", 409 CONFLICT, "Limit per consumer reached",
        "You have as many of this coupon as one consumer may have. Use one of those.";
    AlreadyUsedCoupon = "ALREADY_USED_COUPON", 409 CONFLICT, "Coupon is used already",
        "This issued coupon has been used. Order without it, or with another.";
    CouponNotUsable = "COUPON_NOT_USABLE", 409 CONFLICT, "Coupon can not be used any more",
        "All uses of this coupon are taken, or your copy was withdrawn. Order without it, or with another.";
    CouponHeld = "COUPON_HELD", 409 CONFLICT, "Coupon is held for the moment",
        "What is left of this coupon is reserved by purchases that are not final. Try again after Retry-After seconds.";
    MinimumOrderNotMet = "MINIMUM_ORDER_NOT_MET", 409 CONFLICT, "Order is below the minimum",
        "The order is below the coupon's minimum amount. Add items, or order without the coupon.";
    NotEnoughProductStock = "NOT_ENOUGH_PRODUCT_STOCK", 409 CONFLICT, "Not enough in stock",
        "There is less in stock than the order asks for. Order fewer.";
    NotEnoughPoint = "NOT_ENOUGH_POINT", 409 CONFLICT, "Not enough points",
        "You have fewer points than the order uses. Use fewer.";
    NotEnoughBalance = "NOT_ENOUGH_BALANCE", 409 CONFLICT, "Not enough balance",
        "Your balance is lower than what is to be paid. Charge your wallet, then order again.";
    PaymentDeclined = "PAYMENT_DECLINED", 409 CONFLICT, "Payment was declined",
        "The payment provider declined. Order with another payment method and a new Idempotency-Key.";
    RefundNotAvailable = "REFUND_NOT_AVAILABLE", 409 CONFLICT, "Can not be refunded",
        "This can not be refunded any more. Its status says why.";
    ConfirmNotAvailable = "CONFIRM_NOT_AVAILABLE", 409 CONFLICT, "Can not be confirmed",
        "Only a paid order whose delivery is complete can be confirmed. Look at its status and deliveryStatus.";
    InvalidDeliveryStatusRequest = "INVALID_DELIVERY_STATUS_REQUEST", 409 CONFLICT, "Delivery only moves forward",
        "A delivery moves forward only, one status after the other, once its order is paid. Look at its status and deliveryStatus.";
    HoldNotOpen = "HOLD_NOT_OPEN", 409 CONFLICT, "Hold has ended",
        "This hold has come to another end, as state says. Open a new one with a new holdId.";
    IdempotencyKeyInUse = "IDEMPOTENCY_KEY_IN_USE", 409 CONFLICT, "Same request is being answered",
        "The same request is still being answered. Send it again after Retry-After seconds.";
    CapNotRaised = "CAP_NOT_RAISED", 409 CONFLICT, "Cap can only be raised",
        "A cap can only be raised. Send one that is higher than the present one.";
    SagaNotStuck = "SAGA_NOT_STUCK", 409 CONFLICT, "Saga is not stuck",
        "Only a stuck saga takes this. This one goes on, or has ended, by itself.";

    ResourceExpired = "RESOURCE_EXPIRED", 410 GONE, "Over",
        "The event is over or the coupon has expired. There is no use in trying again.";

    IdempotencyKeyReused = "IDEMPOTENCY_KEY_REUSED", 422 UNPROCESSABLE_ENTITY, "Idempotency-Key was used for another request",
        "This Idempotency-Key was sent with another request. Use a new key for a new request.";
    HoldIdReused = "HOLD_ID_REUSED", 422 UNPROCESSABLE_ENTITY, "Hold id was used for another request",
        "This holdId was sent with another request. Use a new id for a new hold.";

    ServerError = "SERVER_ERROR", 500 INTERNAL_SERVER_ERROR, "Something went wrong here",
        "The fault is ours. Send the same request again; if it stays, tell the operator the traceId.";
    Overloaded = "OVERLOADED", 503 SERVICE_UNAVAILABLE, "Too busy",
        "Too much is waiting. Send the same request again after Retry-After seconds.";
    StoreUnavailable = "STORE_UNAVAILABLE", 503 SERVICE_UNAVAILABLE, "Store can not be reached",
        "The write may or may not have happened. Send the same request again after Retry-After seconds.";
    PaymentUnavailable = "PAYMENT_UNAVAILABLE", 503 SERVICE_UNAVAILABLE, "Payment provider can not be reached",
        "The order came to nothing and what it had reserved is given back. Order with a new Idempotency-Key after Retry-After seconds.";
}

impl Code {
    /// Seconds that a `Retry-After` names unless the problem says otherwise; `None`: no such header.
    ///
    /// `EVENT_NOT_OPEN` has one too, which only its event knows.
    pub const fn retry_after(self) -> Option<u64> {
        match self {
            Code::CouponHeld
            | Code::IdempotencyKeyInUse
            | Code::Overloaded
            | Code::StoreUnavailable
            | Code::PaymentUnavailable => Some(1),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The "Errors" table of the HTTP contract.
    const CONTRACT: &[(u16, &str)] = &[
        (
            400,
            "BIND_ERROR INVALID_COUPON_EXPIRED_TIME EXCESSIVE_POINT_USE IDEMPOTENCY_KEY_MISSING",
        ),
        (401, "UNAUTHENTICATED"),
        (403, "NO_PERMISSION"),
        (
            404,
            "EVENT_NOT_FOUND DISCOUNT_POLICY_NOT_FOUND COUPON_NOT_FOUND ISSUED_COUPON_NOT_FOUND",
        ),
        (
            404,
            "PRODUCT_NOT_FOUND ORDER_NOT_FOUND HOLD_NOT_FOUND SAGA_NOT_FOUND ROUTE_NOT_FOUND",
        ),
        (405, "METHOD_NOT_ALLOWED"),
        (408, "REQUEST_TIMEOUT"),
        (413, "BODY_TOO_LARGE"),
        (415, "UNSUPPORTED_MEDIA_TYPE"),
        (431, "HEADERS_TOO_LARGE"),
        (
            409,
            "ALREADY_EVENT_EXISTS ALREADY_DISCOUNT_POLICY_EXISTS ALREADY_COUPON_EXISTS",
        ),
        (
            409,
            "ALREADY_PRODUCT_NAME_EXISTS EVENT_NOT_OPEN COUPON_PAUSED COUPON_NOT_ISSUABLE",
        ),
        (
            409,
            "SINGLE_COUPON_AVAILABLE_PER_EVENT COUPON_LIMIT_PER_CONSUMER ALREADY_USED_COUPON",
        ),
        (
            409,
            "COUPON_NOT_USABLE COUPON_HELD MINIMUM_ORDER_NOT_MET NOT_ENOUGH_PRODUCT_STOCK",
        ),
        (
            409,
            "NOT_ENOUGH_POINT NOT_ENOUGH_BALANCE PAYMENT_DECLINED REFUND_NOT_AVAILABLE",
        ),
        (
            409,
            "CONFIRM_NOT_AVAILABLE INVALID_DELIVERY_STATUS_REQUEST HOLD_NOT_OPEN",
        ),
        (409, "IDEMPOTENCY_KEY_IN_USE CAP_NOT_RAISED SAGA_NOT_STUCK"),
        (410, "RESOURCE_EXPIRED"),
        (422, "IDEMPOTENCY_KEY_REUSED HOLD_ID_REUSED"),
        (503, "OVERLOADED STORE_UNAVAILABLE PAYMENT_UNAVAILABLE"),
        (500, "SERVER_ERROR"),
    ];

    #[test]
    fn the_codes_are_those_of_the_contract_with_their_status() {
        let mut contract: Vec<(&str, u16)> = CONTRACT
            .iter()
            .flat_map(|&(status, codes)| codes.split(' ').map(move |code| (code, status)))
            .collect();
        let mut ours: Vec<(&str, u16)> = Code::ALL
            .iter()
            .map(|code| (code.as_str(), code.status().as_u16()))
            .collect();
        contract.sort_unstable();
        ours.sort_unstable();
        assert_eq!(ours, contract);
    }

    #[test]
    fn the_json_put_together_at_compile_time_is_what_the_row_says() {
        for &code in Code::ALL {
            let json: serde_json::Value = serde_json::from_str(code.plain_json()).unwrap();
            let row = serde_json::json!({
                "type": format!("urn:firstcome:problem:{}", code.as_str()),
                "title": code.title(),
                "status": code.status().as_u16(),
                "detail": code.detail(),
                "code": code,
            });
            assert_eq!(json, row);
            assert_eq!(json["type"], code.type_uri());
            assert_eq!(json["code"], code.as_str());
        }
    }
}
