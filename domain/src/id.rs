//! Ids: opaque to callers, 16 bytes inside (UUIDv7 when made here, so that they rise with time).

use uuid::Uuid;

/// A text that can't be an id; to a caller that is "not found", never "malformed".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct InvalidId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that nothing has: the nil UUID, which no generator makes. What a text stands for
            /// that can't be an id, where the ledger has something to say before "not found".
            pub const OF_NOTHING: Self = Self(Uuid::nil());

            /// The id with this value.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id as a UUID.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }

            /// The 16 bytes, most significant first: their order is the ids' order.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            /// Reads the form that `Display` writes, and only that one: an id has one spelling.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let id = Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)?;
                let mut canonical = Uuid::encode_buffer();
                if id.0.as_hyphenated().encode_lower(&mut canonical) == text {
                    Ok(id)
                } else {
                    Err(InvalidId)
                }
            }
        }
    };
}

id!(
    /// An event's id.
    EventId
);
id!(
    /// A discount policy's id.
    DiscountPolicyId
);
id!(
    /// A coupon's id.
    CouponId
);
id!(
    /// An issued coupon's id. Made before the first try to issue, so that after an unknown commit
    /// "my id is there" means yes.
    IssuedCouponId
);

id!(
    /// A product's id.
    ProductId
);
id!(
    /// An order's id. Made before the first try to place it.
    OrderId
);
id!(
    /// A saga's id: what its effects and its payments are keyed by.
    SagaId
);
id!(
    /// The id of a hold's row; callers know a hold by a [`HoldName`](crate::HoldName) of their own.
    HoldId
);
id!(
    /// The id of a charge or of a change of stock: what its entry is keyed by.
    EntryId
);

impl SagaId {
    /// The id of the saga that is asked for under this key, the same whenever it is asked for: what
    /// was begun under a key is not begun again. (A UUIDv8, unlike all that are made anew.)
    #[must_use]
    pub fn of_key(key: &crate::ports::KeyScope) -> Self {
        let mut bytes = [0; 16];
        bytes
            .iter_mut()
            .zip(key.0)
            .for_each(|(to, from)| *to = from);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_writes() {
        let id = CouponId::from_uuid(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn the_saga_of_a_key_is_its_own_and_always_the_same() {
        use crate::ports::KeyScope;
        let of = |byte| SagaId::of_key(&KeyScope([byte; 32]));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert_eq!(of(1).to_string().parse(), Ok(of(1)));
    }

    #[rstest::rstest]
    #[case::empty("")]
    #[case::text("none")]
    #[case::upper_case("01920000-0000-7000-8000-00000000000A")]
    #[case::braced("{01920000-0000-7000-8000-00000000000a}")]
    #[case::no_hyphens("01920000000070008000000000000001")]
    fn another_spelling_is_not_an_id(#[case] text: &str) {
        assert_eq!(text.parse::<EventId>(), Err(InvalidId));
    }
}
