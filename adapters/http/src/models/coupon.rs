//! Coupons as JSON.

use application::NewCoupon;
use domain::{
    Cap, Coupon, CouponChange, CouponKind, CouponName, CouponStatus, PerConsumerLimit, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Instant, invalid, missing};
use crate::{Code, Failure};

/// The kind of a coupon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CouponType {
    /// The first N consumers get one.
    IssueCoupon,
    /// Everybody may get one, the first N uses count.
    UseCoupon,
}

/// A coupon to be put on offer: exactly the cap of its type.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateCouponBody {
    /// 1 to 20 characters, unique among coupons.
    #[schema(min_length = 1, max_length = 20, example = "first 10,000")]
    pub(crate) name: String,
    #[serde(deserialize_with = "super::name")]
    pub(crate) coupon_type: CouponType,
    /// ISSUE_COUPON: may a copy be used more than once? No, when left out.
    pub(crate) redundant_usable: Option<bool>,
    pub(crate) discount_policy_id: String,
    pub(crate) event_id: String,
    /// The first instant at which it is expired; no later than its event's end.
    pub(crate) expires_at: Instant,
    /// ISSUE_COUPON: how many are given out.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub(crate) maximum_issued: Option<i64>,
    /// USE_COUPON: how many uses count.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub(crate) maximum_usage: Option<i64>,
    /// USE_COUPON: how many copies a consumer may have at a time. 1, when left out.
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) per_consumer_limit: Option<i64>,
}

impl CreateCouponBody {
    /// The same request with its defaults written out.
    pub(crate) fn with_defaults(mut self) -> Self {
        self.redundant_usable.get_or_insert(false);
        if self.coupon_type == CouponType::UseCoupon {
            self.per_consumer_limit.get_or_insert(1);
        }
        self
    }

    /// The request that it stands for.
    pub(crate) fn request(&self) -> Result<NewCoupon, Failure> {
        let name = CouponName::new(self.name.as_str()).map_err(|why| invalid("name", why))?;
        let kind = match self.coupon_type {
            CouponType::IssueCoupon => self.issue_kind()?,
            CouponType::UseCoupon => self.use_kind()?,
        };
        Ok(NewCoupon {
            name,
            event_id: self
                .event_id
                .parse()
                .map_err(|_| Failure::from(Code::EventNotFound))?,
            discount_policy_id: self
                .discount_policy_id
                .parse()
                .map_err(|_| Failure::from(Code::DiscountPolicyNotFound))?,
            kind,
            expires_at: self.expires_at.0,
        })
    }

    fn issue_kind(&self) -> Result<CouponKind, Failure> {
        if self.maximum_usage.is_some() {
            return Err(invalid("maximumUsage", "belongs to a USE_COUPON only"));
        }
        if self.per_consumer_limit.is_some() {
            return Err(invalid("perConsumerLimit", "belongs to a USE_COUPON only"));
        }
        let cap = self
            .maximum_issued
            .ok_or_else(|| missing("maximumIssued"))?;
        Ok(CouponKind::Issue {
            maximum_issued: cap_of("maximumIssued", cap)?,
            redundant_usable: self.redundant_usable.unwrap_or(false),
        })
    }

    fn use_kind(&self) -> Result<CouponKind, Failure> {
        if self.maximum_issued.is_some() {
            return Err(invalid("maximumIssued", "belongs to an ISSUE_COUPON only"));
        }
        if self.redundant_usable == Some(true) {
            return Err(invalid("redundantUsable", "is never true for a USE_COUPON"));
        }
        let cap = self.maximum_usage.ok_or_else(|| missing("maximumUsage"))?;
        let limit = self.per_consumer_limit.unwrap_or(1);
        Ok(CouponKind::Use {
            maximum_usage: cap_of("maximumUsage", cap)?,
            per_consumer_limit: PerConsumerLimit::new(limit)
                .map_err(|why| invalid("perConsumerLimit", why))?,
        })
    }
}

fn cap_of(field: &'static str, cap: i64) -> Result<Cap, Failure> {
    Cap::new(cap).map_err(|why| invalid(field, why))
}

/// What is to be changed about a coupon; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PatchCouponBody {
    /// ISSUE_COUPON: the new cap, above the present one.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub(crate) maximum_issued: Option<i64>,
    /// USE_COUPON: the new cap, above the present one.
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub(crate) maximum_usage: Option<i64>,
    /// Pause (true) or resume (false).
    pub(crate) paused: Option<bool>,
}

impl PatchCouponBody {
    /// The change that it stands for.
    pub(crate) fn request(&self) -> Result<CouponChange, Failure> {
        let cap = |field, cap: Option<i64>| cap.map(|cap| cap_of(field, cap)).transpose();
        Ok(CouponChange {
            maximum_issued: cap("maximumIssued", self.maximum_issued)?,
            maximum_usage: cap("maximumUsage", self.maximum_usage)?,
            paused: self.paused,
        })
    }
}

/// What a coupon looks like to somebody who has none yet.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CouponStatusReply {
    Scheduled,
    Open,
    Paused,
    Exhausted,
    Expired,
}

/// A coupon.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CouponReply {
    coupon_id: String,
    name: String,
    coupon_type: CouponType,
    redundant_usable: bool,
    discount_policy_id: String,
    event_id: String,
    expires_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_issued: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_usage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_consumer_limit: Option<u32>,
    paused: bool,
    status: CouponStatusReply,
    issued_count: u64,
    held_count: u64,
    used_count: u64,
    withdrawn_count: u64,
    epoch: u64,
}

impl CouponReply {
    /// The coupon as it is at `now`. Its event's window is shown by the event.
    pub(crate) fn at(coupon: &Coupon, now: Timestamp) -> Self {
        let status = match coupon.status(now) {
            CouponStatus::Scheduled => CouponStatusReply::Scheduled,
            CouponStatus::Open => CouponStatusReply::Open,
            CouponStatus::Paused => CouponStatusReply::Paused,
            CouponStatus::Exhausted => CouponStatusReply::Exhausted,
            CouponStatus::Expired => CouponStatusReply::Expired,
        };
        let Coupon {
            id,
            name,
            event_id,
            event_window: _,
            discount_policy_id,
            kind,
            expires_at,
            paused,
            epoch,
            counters,
        } = coupon;
        let mut reply = Self {
            coupon_id: id.to_string(),
            name: name.to_string(),
            coupon_type: CouponType::IssueCoupon,
            redundant_usable: false,
            discount_policy_id: discount_policy_id.to_string(),
            event_id: event_id.to_string(),
            expires_at: Instant(*expires_at),
            maximum_issued: None,
            maximum_usage: None,
            per_consumer_limit: None,
            paused: *paused,
            status,
            issued_count: counters.issued,
            held_count: counters.held,
            used_count: counters.used,
            withdrawn_count: counters.withdrawn,
            epoch: epoch.0,
        };
        match *kind {
            CouponKind::Issue {
                maximum_issued,
                redundant_usable,
            } => {
                reply.maximum_issued = Some(maximum_issued.get());
                reply.redundant_usable = redundant_usable;
            }
            CouponKind::Use {
                maximum_usage,
                per_consumer_limit,
            } => {
                reply.coupon_type = CouponType::UseCoupon;
                reply.maximum_usage = Some(maximum_usage.get());
                reply.per_consumer_limit = Some(per_consumer_limit.get());
            }
        }
        reply
    }
}
