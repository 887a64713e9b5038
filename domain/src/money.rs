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

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(-1, false)]
    #[case(0, true)]
    #[case(1_000_000_000_000, true)]
    #[case(1_000_000_000_001, false)]
    #[case(i64::MAX, false)]
    fn money_stays_in_its_range(#[case] amount: i64, #[case] valid: bool) {
        assert_eq!(Money::new(amount).is_ok(), valid);
    }
}
