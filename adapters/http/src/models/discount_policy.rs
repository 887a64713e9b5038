//! Discount policies as JSON.

use application::NewDiscountPolicy;
use domain::{Discount, DiscountPolicy, DiscountPolicyName, DiscountRate, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{invalid, missing, money};
use crate::Failure;

/// How a discount is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum DiscountType {
    /// An amount.
    FixedDiscount,
    /// A share, floored to the smallest unit.
    RateDiscount,
}

/// A discount policy to be created: exactly the member of its type.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateDiscountPolicyBody {
    /// 1 to 20 characters, unique among discount policies.
    #[schema(min_length = 1, max_length = 20, example = "30 % off")]
    pub(crate) name: String,
    #[serde(deserialize_with = "super::name")]
    pub(crate) discount_type: DiscountType,
    /// FIXED_DISCOUNT: what is taken off, in the smallest unit.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) discount_amount: Option<i64>,
    /// RATE_DISCOUNT: per cent.
    #[schema(minimum = 1, maximum = 100)]
    pub(crate) discount_rate: Option<i64>,
    /// RATE_DISCOUNT: the most that is taken off.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) maximum_discount: Option<i64>,
    /// The least order amount that it applies to.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    pub(crate) minimum_order_amount: Option<i64>,
}

impl CreateDiscountPolicyBody {
    /// The request that it stands for.
    pub(crate) fn request(&self) -> Result<NewDiscountPolicy, Failure> {
        let name =
            DiscountPolicyName::new(self.name.as_str()).map_err(|why| invalid("name", why))?;
        let discount = match self.discount_type {
            DiscountType::FixedDiscount => {
                absent("discountRate", self.discount_rate, "RATE_DISCOUNT")?;
                absent("maximumDiscount", self.maximum_discount, "RATE_DISCOUNT")?;
                let amount = self
                    .discount_amount
                    .ok_or_else(|| missing("discountAmount"))?;
                Discount::Fixed {
                    amount: money("discountAmount", amount)?,
                }
            }
            DiscountType::RateDiscount => {
                absent("discountAmount", self.discount_amount, "FIXED_DISCOUNT")?;
                let rate = self.discount_rate.ok_or_else(|| missing("discountRate"))?;
                let maximum = self.maximum_discount;
                Discount::Rate {
                    rate: DiscountRate::new(rate).map_err(|why| invalid("discountRate", why))?,
                    maximum: maximum
                        .map(|most| money("maximumDiscount", most))
                        .transpose()?,
                }
            }
        };
        let minimum_order_amount = self
            .minimum_order_amount
            .map(|least| money("minimumOrderAmount", least))
            .transpose()?;
        Ok(NewDiscountPolicy {
            name,
            discount,
            minimum_order_amount,
        })
    }
}

fn absent(field: &'static str, value: Option<i64>, belongs_to: &str) -> Result<(), Failure> {
    match value {
        Some(_) => Err(invalid(field, format!("belongs to a {belongs_to} only"))),
        None => Ok(()),
    }
}

/// A discount policy.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DiscountPolicyReply {
    discount_policy_id: String,
    name: String,
    discount_type: DiscountType,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount_rate: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maximum_discount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_order_amount: Option<i64>,
}

impl From<&DiscountPolicy> for DiscountPolicyReply {
    fn from(policy: &DiscountPolicy) -> Self {
        let DiscountPolicy {
            id,
            name,
            discount,
            minimum_order_amount,
        } = policy;
        let (discount_type, discount_amount, discount_rate, maximum_discount) = match discount {
            Discount::Fixed { amount } => (
                DiscountType::FixedDiscount,
                Some(amount.amount()),
                None,
                None,
            ),
            Discount::Rate { rate, maximum } => (
                DiscountType::RateDiscount,
                None,
                Some(rate.percent()),
                maximum.map(Money::amount),
            ),
        };
        Self {
            discount_policy_id: id.to_string(),
            name: name.to_string(),
            discount_type,
            discount_amount,
            discount_rate,
            maximum_discount,
            minimum_order_amount: minimum_order_amount.map(Money::amount),
        }
    }
}
