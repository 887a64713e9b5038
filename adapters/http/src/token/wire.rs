//! A token's header and claims as they travel, and only those members that decide something.

use std::{borrow::Cow, fmt};

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// The protected header (RFC 7515 §4.1). `kid`, `jku`, `jwk` and their like are not even read: a token
/// has no say in which key it is checked with.
#[derive(Deserialize)]
pub(super) struct WireHeader<'a> {
    #[serde(borrow)]
    pub alg: Cow<'a, str>,
    /// Extensions that a verifier must understand (§4.1.11). None is understood here.
    pub crit: Option<IgnoredAny>,
}

/// The claims (RFC 7519 §4.1). Times are whole seconds since the Unix epoch.
#[derive(Serialize, Deserialize)]
pub(super) struct WireClaims<'a> {
    #[serde(borrow)]
    pub iss: Cow<'a, str>,
    #[serde(borrow)]
    pub aud: Audience<'a>,
    #[serde(borrow)]
    pub sub: Cow<'a, str>,
    #[serde(borrow)]
    pub role: Cow<'a, str>,
    pub exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
}

/// `aud`: one recipient, or several.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(Cow<'a, str>),
    Several(Vec<Cow<'a, str>>),
}

/// By hand: the derived one keeps a copy of what comes, to try one variant after the other.
impl<'de: 'a, 'a> Deserialize<'de> for Audience<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Recipients;
        impl<'de> Visitor<'de> for Recipients {
            type Value = Audience<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a recipient, or a list of them")
            }

            fn visit_borrowed_str<E>(self, one: &'de str) -> Result<Self::Value, E> {
                Ok(Audience::One(Cow::Borrowed(one)))
            }

            fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
                Ok(Audience::One(Cow::Owned(one.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut several = Vec::new();
                while let Some(one) = list.next_element::<String>()? {
                    several.push(Cow::Owned(one));
                }
                Ok(Audience::Several(several))
            }
        }
        deserializer.deserialize_any(Recipients)
    }
}

impl Audience<'_> {
    pub fn names(&self, recipient: &str) -> bool {
        match self {
            Self::One(one) => one == recipient,
            Self::Several(several) => several.iter().any(|one| one == recipient),
        }
    }
}
