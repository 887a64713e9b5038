//! Money: whole numbers of the currency's smallest unit, never floating point.

/// An amount that is negative or above [`Money::MAXIMUM`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be from 0 to {}", Money::MAXIMUM.0)]
pub struct InvalidMoney;

/// An amount of the smallest unit, 0 ..= 1,000,000,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount.
    pub const MAXIMUM: Self = Self(1_000_000_000_000);

    /// The amount, checked.
    ///
    /// # Errors
    /// [`InvalidMoney`] unless it is in `0 ..= MAXIMUM`.
    pub const fn new(amount: i64) -> Result<Self, InvalidMoney> {
        if 0 <= amount && amount <= Self::MAXIMUM.0 {
            Ok(Self(amount))
        } else {
            Err(InvalidMoney)
        }
    }

    /// Smallest units.
    #[must_use]
    pub const fn amount(self) -> i64 {
        self.0
    }
}

/// A total: what prices, quantities and balances add up to. 0 ..= `i64::MAX` smallest units, and
/// checked: a sum that has no room is refused, never wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// A total that is negative or has no room in 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the total is too large")]
pub struct AmountOverflow;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest total.
    pub const MAXIMUM: Self = Self(i64::MAX);

    /// The total, checked.
    ///
    /// # Errors
    /// [`AmountOverflow`] when it is negative.
    pub const fn new(amount: i64) -> Result<Self, AmountOverflow> {
        if 0 <= amount {
            Ok(Self(amount))
        } else {
            Err(AmountOverflow)
        }
    }

    /// Smallest units.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Both together.
    ///
    /// # Errors
    /// [`AmountOverflow`] when there is no room for it.
    pub const fn plus(self, other: Self) -> Result<Self, AmountOverflow> {
        match self.0.checked_add(other.0) {
            Some(sum) => Ok(Self(sum)),
            None => Err(AmountOverflow),
        }
    }

    /// What is left without `other`; none when that is more.
    #[must_use]
    pub const fn minus(self, other: Self) -> Option<Self> {
        if other.0 <= self.0 {
            Some(Self(self.0.saturating_sub(other.0)))
        } else {
            None
        }
    }

    /// What is left without `other`; nothing when that is more.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        match self.minus(other) {
            Some(left) => left,
            None => Self::ZERO,
        }
    }

    /// This many times the amount.
    ///
    /// # Errors
    /// [`AmountOverflow`] when there is no room for it.
    pub fn times(self, number: u32) -> Result<Self, AmountOverflow> {
        let product = self.0.checked_mul(i64::from(number));
        product.map(Self).ok_or(AmountOverflow)
    }

    /// `numerator / denominator` of it, floored. The share of an amount is at most the amount:
    /// `numerator <= denominator`.
    #[must_use]
    pub fn share(self, numerator: u32, denominator: u32) -> Self {
        // Up to 2^63 · 2^32: far inside i128.
        let share = i128::from(self.0) * i128::from(numerator) / i128::from(denominator.max(1));
        i64::try_from(share).map_or(self, |share| Self(share).min(self))
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy;

    #[rstest::rstest]
    #[case(-1, false)]
    #[case(0, true)]
    #[case(1_000_000_000_000, true)]
    #[case(1_000_000_000_001, false)]
    #[case(i64::MAX, false)]
    fn money_stays_in_its_range(#[case] amount: i64, #[case] valid: bool) {
        assert_eq!(Money::new(amount).is_ok(), valid);
    }

    #[test]
    fn a_total_that_has_no_room_is_refused_never_wrapped() {
        let one = Amount::new(1).unwrap();
        assert_eq!(Amount::MAXIMUM.plus(Amount::ZERO), Ok(Amount::MAXIMUM));
        assert_eq!(Amount::MAXIMUM.plus(one), Err(AmountOverflow));
        assert_eq!(Amount::MAXIMUM.times(1), Ok(Amount::MAXIMUM));
        assert_eq!(Amount::MAXIMUM.times(2), Err(AmountOverflow));
        assert_eq!(Amount::new(-1), Err(AmountOverflow));
        assert_eq!(Amount::ZERO.minus(one), None);
        assert_eq!(Amount::ZERO.without(one), Amount::ZERO);
    }

    proptest::proptest! {
        #[test]
        fn a_share_is_floored_and_never_above_the_whole(
            amount in 0..=i64::MAX,
            (numerator, denominator) in (0..=1000_u32, 1..=1000_u32)
                .prop_map(|(one, other)| (one.min(other), one.max(other).max(1))),
        ) {
            let share = Amount::new(amount).unwrap().share(numerator, denominator).get();
            let exact = i128::from(amount) * i128::from(numerator);
            let floored = i128::from(share) * i128::from(denominator);
            proptest::prop_assert!(floored <= exact);
            proptest::prop_assert!(exact < floored + i128::from(denominator));
            proptest::prop_assert!(share <= amount);
        }
    }
}
