//! What a coupon takes off an order.

use crate::{Amount, DiscountPolicyId, DiscountPolicyName, Money, OutOfRange};

/// A discount in per cent, 1..=100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiscountRate(u8);

impl DiscountRate {
    /// The rate, checked.
    ///
    /// # Errors
    /// [`OutOfRange`] unless it is in `1 ..= 100`.
    pub fn new(percent: i64) -> Result<Self, OutOfRange> {
        match u8::try_from(percent) {
            Ok(rate @ 1..=100) => Ok(Self(rate)),
            _ => Err(OutOfRange {
                minimum: 1,
                maximum: 100,
            }),
        }
    }

    /// Per cent.
    #[must_use]
    pub const fn percent(self) -> u8 {
        self.0
    }
}

/// How the discount is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discount {
    /// FIXED_DISCOUNT: an amount.
    Fixed {
        /// What is taken off.
        amount: Money,
    },
    /// RATE_DISCOUNT: a share of the order, floored to the smallest unit.
    Rate {
        /// The share.
        rate: DiscountRate,
        /// The most that is taken off.
        maximum: Option<Money>,
    },
}

/// The order is smaller than the policy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the order must amount to at least {}", minimum.amount())]
pub struct MinimumOrderNotMet {
    /// The least order amount.
    pub minimum: Money,
}

/// A discount policy, immutable once created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountPolicy {
    /// Its id.
    pub id: DiscountPolicyId,
    /// Its name, unique among policies.
    pub name: DiscountPolicyName,
    /// How the discount is computed.
    pub discount: Discount,
    /// The least order amount it applies to.
    pub minimum_order_amount: Option<Money>,
}

impl DiscountPolicy {
    /// What is taken off an order of `order_amount`; never more than the order itself.
    ///
    /// # Errors
    /// [`MinimumOrderNotMet`] when the order is smaller than the policy asks for.
    pub fn discount_on(&self, order_amount: Amount) -> Result<Amount, MinimumOrderNotMet> {
        if let Some(minimum) = self
            .minimum_order_amount
            .filter(|least| order_amount < Amount::from(*least))
        {
            return Err(MinimumOrderNotMet { minimum });
        }
        let discount = match self.discount {
            Discount::Fixed { amount } => amount.into(),
            Discount::Rate { rate, maximum } => {
                let share = order_amount.share(rate.0.into(), 100);
                maximum.map_or(share, |most| share.min(most.into()))
            }
        };
        Ok(discount.min(order_amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn money(amount: i64) -> Money {
        Money::new(amount).unwrap()
    }

    fn amount(amount: i64) -> Amount {
        Amount::new(amount).unwrap()
    }

    fn policy(discount: Discount, minimum: Option<i64>) -> DiscountPolicy {
        DiscountPolicy {
            id: DiscountPolicyId::from_uuid(uuid::Uuid::nil()),
            name: DiscountPolicyName::new("p").unwrap(),
            discount,
            minimum_order_amount: minimum.map(money),
        }
    }

    fn fixed(amount: i64) -> Discount {
        Discount::Fixed {
            amount: money(amount),
        }
    }

    fn rate(percent: i64, maximum: Option<i64>) -> Discount {
        Discount::Rate {
            rate: DiscountRate::new(percent).unwrap(),
            maximum: maximum.map(money),
        }
    }

    #[rstest]
    #[case::fixed(fixed(500), 1_000, 500)]
    #[case::fixed_never_above_the_order(fixed(500), 300, 300)]
    #[case::rate(rate(30, None), 1_000, 300)]
    #[case::rate_is_floored(rate(33, None), 101, 33)]
    #[case::rate_of_a_tiny_order(rate(1, None), 99, 0)]
    #[case::rate_has_a_maximum(rate(50, Some(100)), 1_000, 100)]
    #[case::all_of_it(rate(100, None), 1_000_000_000_000, 1_000_000_000_000)]
    #[case::the_largest_total(rate(100, None), i64::MAX, i64::MAX)]
    #[case::a_share_of_the_largest_total(rate(50, None), i64::MAX, i64::MAX / 2)]
    fn the_discount_of_an_order(#[case] discount: Discount, #[case] order: i64, #[case] off: i64) {
        assert_eq!(
            policy(discount, None).discount_on(amount(order)),
            Ok(amount(off))
        );
    }

    #[test]
    fn the_minimum_order_amount_is_inclusive() {
        let policy = policy(fixed(1), Some(100));
        assert_eq!(
            policy.discount_on(amount(99)),
            Err(MinimumOrderNotMet {
                minimum: money(100)
            })
        );
        assert_eq!(policy.discount_on(amount(100)), Ok(amount(1)));
    }

    #[rstest]
    #[case(0, false)]
    #[case(1, true)]
    #[case(100, true)]
    #[case(101, false)]
    #[case(i64::MIN, false)]
    fn a_rate_is_from_1_to_100(#[case] percent: i64, #[case] valid: bool) {
        assert_eq!(DiscountRate::new(percent).is_ok(), valid);
    }

    proptest! {
        #[test]
        fn a_discount_is_never_above_the_order_or_the_maximum(
            percent in 1..=100i64,
            order in 0..=i64::MAX,
            maximum in proptest::option::of(0..=1_000_000_000_000i64),
        ) {
            let off = policy(rate(percent, maximum), None).discount_on(amount(order)).unwrap();
            prop_assert!(off <= amount(order));
            prop_assert!(maximum.is_none_or(|most| off <= amount(most)));
        }
    }
}
