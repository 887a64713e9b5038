//! Names and the consumer's identity: texts that are valid by construction.

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing, or only white space.
    #[error("must not be empty")]
    Empty,
    /// More characters than allowed.
    #[error("must have at most {maximum} characters")]
    TooLong {
        /// The most characters allowed.
        maximum: usize,
    },
    /// A character that is not allowed in it.
    #[error("contains a character that is not allowed")]
    ForbiddenCharacter,
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $maximum:literal, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters (Unicode scalar values) it may have.
            pub const MAXIMUM: usize = $maximum;

            /// The text, checked; kept as it is, to the letter.
            ///
            /// # Errors
            /// [`InvalidText`] when it is empty, too long, or has a forbidden character.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidText> {
                let text = text.into();
                let allowed: fn(char) -> bool = $allowed;
                if text.trim().is_empty() {
                    Err(InvalidText::Empty)
                } else if text.len() > Self::MAXIMUM && text.chars().nth(Self::MAXIMUM).is_some() {
                    Err(InvalidText::TooLong { maximum: Self::MAXIMUM })
                } else if !text.chars().all(allowed) {
                    Err(InvalidText::ForbiddenCharacter)
                } else {
                    Ok(Self(text))
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// An event's name, unique among events: 1..=30 characters, no control characters.
    #[derive(Debug)]
    EventName,
    30,
    |c| !c.is_control()
);
text!(
    /// A discount policy's name, unique among policies: 1..=20 characters, no control characters.
    #[derive(Debug)]
    DiscountPolicyName,
    20,
    |c| !c.is_control()
);
text!(
    /// A coupon's name, unique among coupons: 1..=20 characters, no control characters.
    #[derive(Debug)]
    CouponName,
    20,
    |c| !c.is_control()
);
text!(
    /// Who a consumer is: the `sub` of the caller's token, 1..=64 of `A-Z a-z 0-9 . _ @ : -`.
    #[derive(Debug)]
    ConsumerId,
    64,
    |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | ':' | '-')
);

text!(
    /// Who a seller is: the `sub` of the caller's token, 1..=64 of `A-Z a-z 0-9 . _ @ : -`.
    #[derive(Debug)]
    SellerId,
    64,
    |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | ':' | '-')
);
text!(
    /// Who a shop's back end or an operator is: the `sub` of the caller's token, 1..=64 of
    /// `A-Z a-z 0-9 . _ @ : -`.
    #[derive(Debug)]
    CallerId,
    64,
    |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '@' | ':' | '-')
);
text!(
    /// A product's name, unique among its seller's: 1..=100 characters, no control characters.
    #[derive(Debug)]
    ProductName,
    100,
    |c| !c.is_control()
);
text!(
    /// What a seller says of a product: 1..=2,000 characters.
    #[derive(Debug)]
    ProductDescription,
    2_000,
    |c| !c.is_control() || c == '\n'
);
text!(
    /// What a caller calls its hold: 1..=64 of `A-Z a-z 0-9 . _ -`.
    #[derive(Debug)]
    HoldName,
    64,
    |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
);
text!(
    /// The payment provider's token for a way to pay: 1..=255 visible ASCII characters. Never logged.
    PaymentMethod,
    255,
    |c| c.is_ascii_graphic()
);
text!(
    /// Why an operator did what it did: 1..=500 characters, no control characters.
    #[derive(Debug)]
    Reason,
    500,
    |c| !c.is_control()
);

impl std::fmt::Debug for PaymentMethod {
    /// It pays for whoever has it, so it shows nowhere.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PaymentMethod(…)")
    }
}

impl From<ConsumerId> for SellerId {
    /// Both are a token's `sub`.
    fn from(ConsumerId(subject): ConsumerId) -> Self {
        Self(subject)
    }
}

impl From<ConsumerId> for CallerId {
    /// Both are a token's `sub`.
    fn from(ConsumerId(subject): ConsumerId) -> Self {
        Self(subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("a".to_owned(), Ok(()))]
    #[case("봄".repeat(30), Ok(()))]
    #[case("봄".repeat(31), Err(InvalidText::TooLong { maximum: 30 }))]
    #[case(String::new(), Err(InvalidText::Empty))]
    #[case("  ".to_owned(), Err(InvalidText::Empty))]
    #[case("a\nb".to_owned(), Err(InvalidText::ForbiddenCharacter))]
    #[case("a\0".to_owned(), Err(InvalidText::ForbiddenCharacter))]
    fn an_event_name_has_1_to_30_characters(
        #[case] text: String,
        #[case] expected: Result<(), InvalidText>,
    ) {
        assert_eq!(EventName::new(text).map(|_| ()), expected);
    }

    #[rstest]
    #[case("A-Z.a_z@0:9-".to_owned(), true)]
    #[case("x".repeat(64), true)]
    #[case("x".repeat(65), false)]
    #[case(String::new(), false)]
    #[case("a b".to_owned(), false)]
    #[case("a/b".to_owned(), false)]
    #[case("é".to_owned(), false)]
    fn a_consumer_id_has_1_to_64_of_a_small_alphabet(#[case] text: String, #[case] valid: bool) {
        assert_eq!(ConsumerId::new(text).is_ok(), valid);
    }

    #[test]
    fn a_token_that_pays_is_not_in_what_is_printed_for_debugging() {
        let method = PaymentMethod::new("tok_secret").unwrap();
        assert!(!format!("{method:?}").contains("secret"));
    }

    #[test]
    fn policy_and_coupon_names_have_at_most_20_characters() {
        assert!(CouponName::new("x".repeat(20)).is_ok());
        assert!(CouponName::new("x".repeat(21)).is_err());
        assert!(DiscountPolicyName::new("x".repeat(20)).is_ok());
        assert!(DiscountPolicyName::new("x".repeat(21)).is_err());
    }
}
