//! What a rehearsal makes for itself in the shop: an event, a discount policy, a coupon, a product. All
//! of them bear its name, so that they can be found again.

use adapter_http::Role;
use domain::Timestamp;
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

use super::{
    RehearsalError,
    desk::Desk,
    plan::{Kind, Plan},
    request::{DISCOUNT, PRICE},
};

/// The event's length: no storm is longer.
const OPEN_FOR: SignedDuration = SignedDuration::from_hours(24);

/// See the module's header.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    /// `rehearsal-` and the id.
    pub name: String,
    pub event: String,
    pub coupon: String,
    pub product: String,
    /// How many of the product there were to begin with.
    pub stock: u64,
}

/// The name of all that the rehearsal of this id makes.
pub(super) fn name(id: u32) -> String {
    format!("rehearsal-{id:08x}")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    event_id: Option<String>,
    discount_policy_id: Option<String>,
    coupon_id: Option<String>,
    product_id: Option<String>,
}

impl Stage {
    pub(super) async fn set(
        desk: &mut Desk,
        name: String,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<Self, RehearsalError> {
        let admin = Role::Admin;
        let now = jiff::Timestamp::from_microsecond(now.as_micros()).unwrap_or_default();
        let ends = now.saturating_add(OPEN_FOR).unwrap_or(now).to_string();
        let body = json!({"name": name, "endsAt": ends});
        let made: Made = desk.make(admin, "/v1/events", &name, &body).await?;
        let event = made.event_id.ok_or(RehearsalError::NoId)?;
        let body = json!({
            "name": name, "discountType": "FIXED_DISCOUNT", "discountAmount": DISCOUNT,
        });
        let made: Made = desk
            .make(admin, "/v1/discount-policies", &name, &body)
            .await?;
        let policy = made.discount_policy_id.ok_or(RehearsalError::NoId)?;
        let (of_type, cap) = match plan.kind {
            Kind::Issue => ("ISSUE_COUPON", "maximumIssued"),
            Kind::Use => ("USE_COUPON", "maximumUsage"),
        };
        let body = json!({
            "name": name, "couponType": of_type, "discountPolicyId": policy, "eventId": event,
            "expiresAt": ends, cap: plan.coupons.get(),
        });
        let made: Made = desk.make(admin, "/v1/coupons", &name, &body).await?;
        let coupon = made.coupon_id.ok_or(RehearsalError::NoId)?;
        // Never sold out: what is rehearsed is the coupon.
        let stock = u64::from(plan.consumers).saturating_add(1);
        let body = json!({"name": name, "price": PRICE, "stock": stock});
        let product = match plan.kind {
            Kind::Issue => String::new(),
            Kind::Use => {
                let made: Made = desk
                    .make(Role::Seller, "/v1/products", &name, &body)
                    .await?;
                made.product_id.ok_or(RehearsalError::NoId)?
            }
        };
        Ok(Self {
            name,
            event,
            coupon,
            product,
            stock,
        })
    }

    /// Leaves nothing behind that the shop's own consumers could still get.
    pub(super) async fn close(&self, desk: &mut Desk) -> Result<(), RehearsalError> {
        let path = format!("/v1/coupons/{}", self.coupon);
        desk.change(&path, &json!({"paused": true})).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ConsumerId;

    #[test]
    fn the_name_fits_everything_that_bears_it() {
        for id in [0, u32::MAX] {
            let name = name(id);
            assert_eq!(name.len(), 18);
            assert!(name.starts_with("rehearsal-") && ConsumerId::new(name).is_ok());
        }
    }
}
