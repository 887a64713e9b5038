//! Where a number lies on an axis, and which numbers are written along it. Whole numbers only.

/// About how many are written.
const TICKS: u64 = 5;

/// From 0 to `most`, on so many units of drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    most: u64,
    length: u64,
}

impl Axis {
    pub(super) fn new(most: u64, length: u64) -> Self {
        Self {
            most: most.max(1),
            length,
        }
    }

    /// Up to a number that is written, so that the highest point has a line above it.
    pub(super) fn rounded_up(most: u64, length: u64) -> Self {
        let axis = Self::new(most, length);
        let step = axis.step();
        Self::new(axis.most.div_ceil(step).saturating_mul(step), length)
    }

    /// Where `number` lies; what is beyond lies at the end.
    pub(super) fn at(self, number: u64) -> u64 {
        let at = u128::from(number.min(self.most)) * u128::from(self.length);
        u64::try_from(at.div_euclid(u128::from(self.most))).unwrap_or(self.length)
    }

    /// The numbers that are written.
    pub(super) fn ticks(self) -> impl Iterator<Item = u64> {
        let (step, most) = (self.step(), self.most);
        (0..=most.div_euclid(step)).map(move |number| number.saturating_mul(step))
    }

    /// 1, 2 or 5 of a power of ten.
    fn step(self) -> u64 {
        let wanted = self.most.div_ceil(TICKS);
        let mut power = 1_u64;
        loop {
            for digit in [1, 2, 5] {
                let step = power.saturating_mul(digit);
                if step >= wanted {
                    return step;
                }
            }
            power = power.saturating_mul(10);
        }
    }
}

/// A time on an axis, all of one axis in one unit.
pub(super) fn time(micros: u64, most: u64) -> String {
    match most {
        0..5_000 => format!("{micros} µs"),
        5_000..5_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{}.{} s", micros / 1_000_000, micros % 1_000_000 / 100_000),
    }
}

/// A number on an axis: `12k`, `3M`.
pub(super) fn short(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        1_000..1_000_000 if number.is_multiple_of(1_000) => format!("{}k", number / 1_000),
        1_000..1_000_000 => format!("{}.{}k", number / 1_000, number % 1_000 / 100),
        _ if number.is_multiple_of(1_000_000) => format!("{}M", number / 1_000_000),
        _ => format!("{}.{}M", number / 1_000_000, number % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1, &[0, 1])]
    #[case(7, &[0, 2, 4, 6])]
    #[case(10_000, &[0, 2_000, 4_000, 6_000, 8_000, 10_000])]
    #[case(31_400, &[0, 10_000, 20_000, 30_000])]
    fn round_numbers_are_written(#[case] most: u64, #[case] ticks: &[u64]) {
        assert_eq!(Axis::new(most, 100).ticks().collect::<Vec<_>>(), ticks);
    }

    #[test]
    fn a_number_lies_in_proportion_and_never_outside() {
        let axis = Axis::new(u64::MAX / 2, 1_000);
        assert_eq!(
            (axis.at(0), axis.at(u64::MAX / 4), axis.at(u64::MAX)),
            (0, 499, 1_000)
        );
        let axis = Axis::rounded_up(31_400, 400);
        assert_eq!((axis.at(20_000), axis.at(40_000)), (200, 400));
        assert_eq!(Axis::new(0, 10).at(0), 0);
    }
}
