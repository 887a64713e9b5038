//! The caller that a token names: who, and in which role.

use std::fmt;
use std::str::FromStr;

use domain::ConsumerId;

/// What a caller is allowed to be. One token has one role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Gets and uses coupons, buys.
    Consumer,
    /// Sells products.
    Seller,
    /// A shop's own checkout or payment back end.
    Service,
    /// Creates events, discount policies and coupons.
    Admin,
}

impl Role {
    /// Every role there is.
    pub const ALL: [Self; 4] = [Self::Consumer, Self::Seller, Self::Service, Self::Admin];

    /// The role as the `role` claim writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Seller => "seller",
            Self::Service => "service",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of consumer, seller, service, admin")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// Who calls: what a verified token says, and nothing that a request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The token's `sub`. For a consumer, the only source of the consumer's identity.
    pub subject: ConsumerId,
    /// The token's `role`.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn every_role_reads_back_as_it_is_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
    }

    #[rstest]
    #[case("")]
    #[case("Admin")]
    #[case("admin ")]
    #[case("root")]
    fn a_role_is_written_exactly_so(#[case] text: &str) {
        assert_eq!(text.parse::<Role>(), Err(UnknownRole));
    }
}
