//! Minting HS256 tokens, for the command line and for tests.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use domain::{ConsumerId, Timestamp};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};

use super::caller::Role;
use super::key::{CheckingKey, KeyError, TokenAlgorithm};
use super::wire::{Audience, WireClaims};

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Why no token was minted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// Less than a second: the token would be born expired.
    #[error("a token lives at least one second")]
    TooShortLived,
    /// Its end is beyond what a time can say.
    #[error("a token cannot live that long")]
    TooLongLived,
    /// The claims could not be signed; nothing that a caller passes causes it.
    #[error("the token could not be signed")]
    NotSigned,
}

/// Mints tokens that a verifier with the same secret, issuer and audience believes.
#[derive(Clone)]
pub struct TokenMint {
    key: EncodingKey,
    issuer: String,
    audience: String,
}

impl TokenMint {
    /// A mint for the HS256 `secret`.
    ///
    /// # Errors
    /// [`KeyError::SecretTooShort`] under 32 bytes.
    pub fn new(secret: &[u8], issuer: &str, audience: &str) -> Result<Self, KeyError> {
        CheckingKey::new(TokenAlgorithm::Hs256, secret)?;
        Ok(Self {
            key: EncodingKey::from_secret(secret),
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
        })
    }

    /// A token for `subject` in `role`, believed from `now` until `lifetime` later, in whole seconds.
    ///
    /// # Errors
    /// [`MintError`]; no token exists then.
    pub fn mint(
        &self,
        subject: &ConsumerId,
        role: Role,
        lifetime: Duration,
        now: Timestamp,
    ) -> Result<String, MintError> {
        let issued = now.as_micros().div_euclid(MICROS_PER_SECOND);
        let seconds = i64::try_from(lifetime.as_secs()).map_err(|_| MintError::TooLongLived)?;
        if seconds < 1 {
            return Err(MintError::TooShortLived);
        }
        let claims = WireClaims {
            iss: Cow::Borrowed(&self.issuer),
            aud: Audience::One(Cow::Borrowed(&self.audience)),
            sub: Cow::Borrowed(subject.as_str()),
            role: Cow::Borrowed(role.as_str()),
            exp: issued.checked_add(seconds).ok_or(MintError::TooLongLived)?,
            nbf: None,
            iat: Some(issued),
        };
        encode(&Header::new(Algorithm::HS256), &claims, &self.key).map_err(|_| MintError::NotSigned)
    }
}

impl fmt::Debug for TokenMint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenMint")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const SECRET: &[u8] = b"a secret of exactly 32 bytes: ok";

    #[rstest]
    #[case(Duration::from_millis(999), Err(MintError::TooShortLived))]
    #[case(Duration::from_secs(1), Ok(()))]
    #[case(Duration::from_secs(u64::MAX), Err(MintError::TooLongLived))]
    #[case(Duration::from_secs(i64::MAX.unsigned_abs()), Err(MintError::TooLongLived))]
    fn a_token_lives_a_second_or_more_and_has_an_end(
        #[case] lifetime: Duration,
        #[case] expected: Result<(), MintError>,
    ) {
        let mint = TokenMint::new(SECRET, "i", "a").unwrap();
        let now = Timestamp::from_micros(5_000_000);
        let subject = ConsumerId::new("ann").unwrap();
        assert_eq!(
            mint.mint(&subject, Role::Admin, lifetime, now).map(|_| ()),
            expected
        );
    }

    #[test]
    fn a_mint_takes_no_short_secret() {
        assert_eq!(
            TokenMint::new(&[7; 31], "i", "a").err(),
            Some(KeyError::SecretTooShort)
        );
    }

    #[test]
    fn a_mint_never_shows_its_secret() {
        let shown = format!("{:?}", TokenMint::new(SECRET, "i", "a").unwrap());
        assert_eq!(shown, r#"TokenMint { issuer: "i", audience: "a", .. }"#);
    }
}
