//! Holds of shops with a checkout of their own, as JSON.

use std::time::Duration;

use application::NewHold;
use domain::{
    CallerId, Hold, HoldName, HoldOwner, HoldSeconds, HoldState, IssuedCouponId, Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Instant, id_or_nothing, invalid, money, named::named};
use crate::Failure;

/// A hold to be opened.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenHoldBody {
    /// The caller's own name for it: 1 to 64 of `A-Z a-z 0-9 . _ -`.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9._-]+$")]
    pub(crate) hold_id: String,
    /// The copy that is to be used.
    pub(crate) issued_coupon_id: String,
    /// What the order amounts to, before the discount.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) order_amount: i64,
    /// How long it stays open.
    #[schema(minimum = 1, maximum = 86_400)]
    pub(crate) ttl_seconds: i64,
}

impl OpenHoldBody {
    /// The request that it stands for.
    pub(crate) fn request(
        &self,
        caller_id: CallerId,
        wait: Option<Duration>,
    ) -> Result<NewHold, Failure> {
        Ok(NewHold {
            caller_id,
            name: HoldName::new(self.hold_id.as_str()).map_err(|why| invalid("holdId", why))?,
            issued_coupon_id: id_or_nothing(&self.issued_coupon_id, IssuedCouponId::OF_NOTHING),
            order_amount: money("orderAmount", self.order_amount)?,
            seconds: HoldSeconds::new(self.ttl_seconds)
                .map_err(|why| invalid("ttlSeconds", why))?,
            wait,
        })
    }
}

named! {
    /// How a hold stands.
    HoldStateReply(HoldState) {
        /// Reserved.
        Open,
        /// The use is final.
        Confirmed,
        /// Given back by its owner.
        Cancelled,
        /// Given back by its deadline.
        Expired,
        /// A final use that was refunded.
        Returned,
    }
}

/// A hold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HoldReply {
    hold_id: String,
    coupon_id: String,
    issued_coupon_id: String,
    state: HoldStateReply,
    /// What the coupon takes off the order.
    discount_amount: i64,
    /// The first instant at which it is expired, unless it has ended before.
    #[schema(value_type = Instant)]
    expires_at: Option<Instant>,
}

impl HoldReply {
    /// The hold as it is at `now`.
    pub(crate) fn at(hold: &Hold, now: Timestamp) -> Self {
        let state = hold.state_at(now);
        let Hold {
            id,
            owner,
            coupon_id,
            issued_coupon_id,
            single_use: _,   // the coupon's
            order_amount: _, // the caller's own
            state: _,        // as it is written down
            discount,
            opened_at: _, // known by the caller
        } = hold;
        let (hold_id, expires_at) = match owner {
            HoldOwner::Caller { name, deadline, .. } => (name.to_string(), Some(*deadline)),
            // A purchase's own is not shown to anybody; it would have neither.
            HoldOwner::Saga(_) => (id.to_string(), None),
        };
        Self {
            hold_id,
            coupon_id: coupon_id.to_string(),
            issued_coupon_id: issued_coupon_id.to_string(),
            state: state.into(),
            discount_amount: discount.get(),
            expires_at: expires_at.map(Instant),
        }
    }

    /// Where it is.
    pub(crate) fn location(&self) -> String {
        format!("/v1/holds/{}", self.hold_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{hold, refused_field};
    use domain::CouponId;
    use rstest::rstest;

    fn body() -> OpenHoldBody {
        OpenHoldBody {
            hold_id: "order-7".to_owned(),
            issued_coupon_id: IssuedCouponId::OF_NOTHING.to_string(),
            order_amount: 1,
            ttl_seconds: 1,
        }
    }

    fn request(body: &OpenHoldBody) -> Result<NewHold, Failure> {
        body.request(CallerId::new("shop").unwrap(), None)
    }

    #[rstest]
    #[case("a".to_owned(), true)]
    #[case("A-Z.a_z-09".to_owned(), true)]
    #[case("x".repeat(64), true)]
    #[case("x".repeat(65), false)]
    #[case(String::new(), false)]
    #[case("a:b".to_owned(), false)]
    #[case("a/b".to_owned(), false)]
    #[case("a b".to_owned(), false)]
    fn a_hold_is_named_by_its_caller(#[case] hold_id: String, #[case] valid: bool) {
        let asked = request(&OpenHoldBody { hold_id, ..body() });
        assert_eq!(
            refused_field(asked),
            (!valid).then_some("holdId".to_owned())
        );
    }

    #[rstest]
    #[case(-1, false)]
    #[case(0, true)]
    #[case(1_000_000_000_000, true)]
    #[case(1_000_000_000_001, false)]
    fn an_order_amounts_to_0_or_more(#[case] order_amount: i64, #[case] valid: bool) {
        let asked = request(&OpenHoldBody {
            order_amount,
            ..body()
        });
        assert_eq!(
            refused_field(asked),
            (!valid).then_some("orderAmount".to_owned())
        );
    }

    #[rstest]
    #[case(0, false)]
    #[case(1, true)]
    #[case(86_400, true)]
    #[case(86_401, false)]
    fn a_hold_is_open_for_a_day_at_most(#[case] ttl_seconds: i64, #[case] valid: bool) {
        let asked = request(&OpenHoldBody {
            ttl_seconds,
            ..body()
        });
        assert_eq!(
            refused_field(asked),
            (!valid).then_some("ttlSeconds".to_owned())
        );
    }

    #[test]
    fn a_copy_that_can_not_be_one_is_left_to_the_ledger() {
        let asked = request(&OpenHoldBody {
            issued_coupon_id: "x".to_owned(),
            ..body()
        });
        assert_eq!(asked.unwrap().issued_coupon_id, IssuedCouponId::OF_NOTHING);
    }

    #[rstest]
    #[case(HoldState::Open, 9, "OPEN")]
    #[case(HoldState::Open, 10, "EXPIRED")]
    #[case(HoldState::Confirmed, 10, "CONFIRMED")]
    #[case(HoldState::Cancelled, 10, "CANCELLED")]
    #[case(HoldState::Returned, 10, "RETURNED")]
    fn a_hold_past_its_deadline_is_expired_whatever_is_written_down(
        #[case] state: HoldState,
        #[case] now: i64,
        #[case] shown: &str,
    ) {
        let hold = Hold {
            state,
            ..hold("order-7")
        };
        let json = serde_json::to_value(HoldReply::at(&hold, Timestamp::from_micros(now)));
        let nothing = CouponId::OF_NOTHING.to_string();
        assert_eq!(
            json.unwrap(),
            serde_json::json!({
                "holdId": "order-7",
                "couponId": nothing,
                "issuedCouponId": nothing,
                "state": shown,
                "discountAmount": 30,
                "expiresAt": "1970-01-01T00:00:00.00001Z",
            })
        );
    }
}
