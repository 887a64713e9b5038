//! A coupon's audit as JSON.

use domain::{Audit, CouponKind};
use serde::Serialize;
use utoipa::ToSchema;

/// Is the coupon exact? From its rows, in one consistent snapshot.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditReply {
    /// Nothing is wrong.
    exact: bool,
    counters: CountersReply,
    rows: RowsReply,
    cap: CapReply,
    /// All that must not be.
    violations: Vec<String>,
}

/// What the coupon's counters say.
#[derive(Debug, Serialize, ToSchema)]
struct CountersReply {
    issued: u64,
    held: u64,
    used: u64,
    withdrawn: u64,
}

/// What the coupon's rows say.
#[derive(Debug, Serialize, ToSchema)]
struct RowsReply {
    issued: u64,
    active: u64,
    withdrawn: u64,
    held: u64,
    used: u64,
}

/// The coupon's cap; the one of the other type is null.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CapReply {
    maximum_issued: Option<u32>,
    maximum_usage: Option<u32>,
}

impl From<&Audit> for AuditReply {
    fn from(audit: &Audit) -> Self {
        let Audit {
            coupon,
            rows,
            violations,
        } = audit;
        let counters = coupon.counters;
        let (maximum_issued, maximum_usage) = match coupon.kind {
            CouponKind::Issue { maximum_issued, .. } => (Some(maximum_issued.get()), None),
            CouponKind::Use { maximum_usage, .. } => (None, Some(maximum_usage.get())),
        };
        Self {
            exact: audit.is_exact(),
            counters: CountersReply {
                issued: counters.issued,
                held: counters.held,
                used: counters.used,
                withdrawn: counters.withdrawn,
            },
            rows: RowsReply {
                issued: rows.issued,
                active: rows.active,
                withdrawn: rows.withdrawn,
                held: rows.held,
                used: rows.used,
            },
            cap: CapReply {
                maximum_issued,
                maximum_usage,
            },
            violations: violations.iter().map(ToString::to_string).collect(),
        }
    }
}
