//! Numbers of things, each in its range.

/// A number outside its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be from {minimum} to {maximum}")]
pub struct OutOfRange {
    /// The least allowed.
    pub minimum: i64,
    /// The most allowed.
    pub maximum: i64,
}

macro_rules! count {
    ($(#[$doc:meta])* $name:ident, $maximum:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(u32);

        impl $name {
            /// The largest.
            pub const MAXIMUM: u32 = $maximum;

            /// The number, checked.
            ///
            /// # Errors
            /// [`OutOfRange`] unless it is in `1 ..= MAXIMUM`.
            pub fn new(number: i64) -> Result<Self, OutOfRange> {
                match u32::try_from(number) {
                    Ok(number @ 1..=$maximum) => Ok(Self(number)),
                    _ => Err(OutOfRange { minimum: 1, maximum: $maximum }),
                }
            }

            /// The number.
            #[must_use]
            pub const fn get(self) -> u32 {
                self.0
            }
        }
    };
}

count!(
    /// How many are given out (ISSUE_COUPON) or may be used (USE_COUPON): 1 ..= 1,000,000,000.
    Cap,
    1_000_000_000
);
count!(
    /// How many of a product an order has: 1 ..= 10,000.
    Quantity,
    10_000
);
count!(
    /// How long an external hold stays open, in seconds: 1 ..= 86,400.
    HoldSeconds,
    86_400
);
count!(
    /// How many copies of a USE_COUPON one consumer may have at a time: 1 ..= 100.
    PerConsumerLimit,
    100
);
