//! What an event's coupons have brought, as JSON.

use domain::{CouponKind, CouponReport, EventId};
use serde::Serialize;
use utoipa::ToSchema;

use super::CouponType;

/// What an event's coupons have brought.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventReportReply {
    event_id: String,
    /// One per coupon, in the order of their ids.
    items: Vec<CouponReportReply>,
}

/// What a coupon has brought.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CouponReportReply {
    coupon_id: String,
    name: String,
    coupon_type: CouponType,
    issued_count: u64,
    used_count: u64,
    withdrawn_count: u64,
    /// What its final uses took off orders; returned uses don't count.
    discount_given: i64,
    /// What those orders amount to after the discount, points included.
    revenue: i64,
}

impl EventReportReply {
    /// The report of this event.
    pub(crate) fn of(event: EventId, coupons: &[CouponReport]) -> Self {
        Self {
            event_id: event.to_string(),
            items: coupons.iter().map(CouponReportReply::from).collect(),
        }
    }
}

impl From<&CouponReport> for CouponReportReply {
    fn from(report: &CouponReport) -> Self {
        let CouponReport {
            coupon, // the rest of it is shown by itself
            discount_given,
            revenue,
        } = report;
        Self {
            coupon_id: coupon.id.to_string(),
            name: coupon.name.to_string(),
            coupon_type: match coupon.kind {
                CouponKind::Issue { .. } => CouponType::IssueCoupon,
                CouponKind::Use { .. } => CouponType::UseCoupon,
            },
            issued_count: coupon.counters.issued,
            used_count: coupon.counters.used,
            withdrawn_count: coupon.counters.withdrawn,
            discount_given: discount_given.get(),
            revenue: revenue.get(),
        }
    }
}
