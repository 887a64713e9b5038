//! Issued coupons as JSON.

use domain::{IssuedCoupon, IssuedCouponState};
use serde::Serialize;
use utoipa::ToSchema;

use super::Instant;

/// The state of a copy. Expired is not one: compare `expiresAt`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum IssuedCouponStateReply {
    /// The consumer has it.
    Active,
    /// Taken back unused, finally.
    Withdrawn,
}

/// One consumer's copy of a coupon.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IssuedCouponReply {
    issued_coupon_id: String,
    coupon_id: String,
    event_id: String,
    consumer_id: String,
    state: IssuedCouponStateReply,
    used_count: u64,
    issued_at: Instant,
    expires_at: Instant,
}

impl From<&IssuedCoupon> for IssuedCouponReply {
    fn from(copy: &IssuedCoupon) -> Self {
        let IssuedCoupon {
            id,
            coupon_id,
            event_id,
            consumer_id,
            ordinal: _,     // the ledger's own
            request_key: _, // the caller's own
            state,
            used,
            issued_at,
            expires_at,
        } = copy;
        Self {
            issued_coupon_id: id.to_string(),
            coupon_id: coupon_id.to_string(),
            event_id: event_id.to_string(),
            consumer_id: consumer_id.to_string(),
            state: match state {
                IssuedCouponState::Active => IssuedCouponStateReply::Active,
                IssuedCouponState::Withdrawn => IssuedCouponStateReply::Withdrawn,
            },
            used_count: *used,
            issued_at: Instant(*issued_at),
            expires_at: Instant(*expires_at),
        }
    }
}
