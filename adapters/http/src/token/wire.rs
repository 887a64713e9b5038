//! A token's header and claims as they travel, and only those members that decide something.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

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
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Audience<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Several(#[serde(borrow)] Vec<Cow<'a, str>>),
}

impl Audience<'_> {
    pub fn names(&self, recipient: &str) -> bool {
        match self {
            Self::One(one) => one == recipient,
            Self::Several(several) => several.iter().any(|one| one == recipient),
        }
    }
}
