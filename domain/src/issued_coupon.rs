//! One consumer's copy of a coupon.

use crate::{ConsumerId, CouponId, EventId, IssuedCouponId, Timestamp};

/// A copy's state. Expired is not one: it is derived from `expires_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuedCouponState {
    /// The consumer has it.
    Active,
    /// Taken back unused, finally; the row stays.
    Withdrawn,
}

/// The idempotency key under which a copy was issued, as a digest: it answers "is this the same
/// request again?" and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey(pub [u8; 16]);

/// One consumer's copy of a coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedCoupon {
    /// Its id.
    pub id: IssuedCouponId,
    /// The coupon it is a copy of.
    pub coupon_id: CouponId,
    /// That coupon's event.
    pub event_id: EventId,
    /// Whose it is.
    pub consumer_id: ConsumerId,
    /// Which of the consumer's copies in its scope (the event for an ISSUE_COUPON, the coupon for a
    /// USE_COUPON), counted from 0 over all that were ever issued.
    pub ordinal: u32,
    /// Its state.
    pub state: IssuedCouponState,
    /// How often it was used.
    pub used: u64,
    /// When the ledger issued it.
    pub issued_at: Timestamp,
    /// The coupon's own `expires_at`.
    pub expires_at: Timestamp,
    /// The idempotency key that it was issued under.
    pub request_key: Option<RequestKey>,
}
