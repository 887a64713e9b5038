//! What the routes work with: the use cases, the ports they read from, and how a caller is known.

use std::sync::Arc;

use application::{
    ChangeCoupon, CreateCoupon, CreateDiscountPolicy, CreateEvent, IssueCoupon, LedgerClock,
};
use domain::ports::{Catalogue, Clock, CouponLedger, IdGenerator};

use crate::TokenVerifier;

/// Everything that a request may need. Writes go through use cases; reads, which have no rules of
/// their own, go straight to the ports.
pub struct Api {
    /// Knows a caller by its token.
    pub tokens: TokenVerifier,
    /// The machine's own time: what tokens expire by.
    pub clock: Arc<dyn Clock>,
    /// The ledger's time: what everything else goes by.
    pub ledger_clock: Arc<LedgerClock>,
    /// Makes request ids.
    pub ids: Arc<dyn IdGenerator>,
    /// Events, discount policies, coupons.
    pub catalogue: Arc<dyn Catalogue>,
    /// Issued coupons.
    pub ledger: Arc<dyn CouponLedger>,
    /// The use case.
    pub create_event: CreateEvent,
    /// The use case.
    pub create_discount_policy: CreateDiscountPolicy,
    /// The use case.
    pub create_coupon: CreateCoupon,
    /// The use case.
    pub change_coupon: ChangeCoupon,
    /// The use case.
    pub issue_coupon: IssueCoupon,
    /// Renders the metrics as Prometheus text.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
}
