//! Checking a bearer token: the signature first, then every claim, none of them optional.
//!
//! Runs on every request, so it reads the token once and in place: the general `decode` of the JWT
//! crate parses header and claims twice each, takes the time itself, and ignores `crit`. The
//! cryptography is the crates' own.

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{ConsumerId, Timestamp};

use super::caller::{Caller, Role};
use super::key::{CheckingKey, KeyError, TokenAlgorithm};
use super::wire::{WireClaims, WireHeader};

/// The longest token that is looked at, in bytes. Real ones have a few hundred; the rest would only
/// buy an attacker work.
const LONGEST_TOKEN: usize = 4096;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// Why a token is not believed. Never repeats any of it, so the caller may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Over 4 KiB; not looked at.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url, or not the JSON that a token has: a claim is missing or has
    /// another type, or `crit` asks for an extension.
    #[error("the token is malformed")]
    Malformed,
    /// Signed, it says, with another algorithm than the configured one; `none` included.
    #[error("the token's algorithm is not the configured one")]
    WrongAlgorithm,
    /// Signed with neither the key nor the previous key.
    #[error("the token's signature is wrong")]
    WrongSignature,
    /// Its `exp` has come.
    #[error("the token has expired")]
    Expired,
    /// Its `nbf` has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Issued by somebody else.
    #[error("the token's issuer is not the configured one")]
    WrongIssuer,
    /// Meant for somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// A `sub` that can't be one.
    #[error("the token's subject is not valid")]
    InvalidSubject,
    /// A `role` that does not exist.
    #[error("the token's role is unknown")]
    UnknownRole,
}

/// What a verifier is built from. One algorithm, so both keys are of its kind.
#[derive(Clone, Copy)]
pub struct TokenConfiguration<'a> {
    /// The only algorithm accepted.
    pub algorithm: TokenAlgorithm,
    /// The secret itself for HS256, the PEM of the public key for the others.
    pub key: &'a [u8],
    /// The key before, still accepted while its tokens live.
    pub previous_key: Option<&'a [u8]>,
    /// The only `iss` accepted.
    pub issuer: &'a str,
    /// What `aud` must name.
    pub audience: &'a str,
}

/// Believes tokens, or says why not.
pub struct TokenVerifier {
    algorithm: TokenAlgorithm,
    key: CheckingKey,
    previous_key: Option<CheckingKey>,
    issuer: String,
    audience: String,
    /// The header, as it is encoded, of the token that was believed last: an issuer's tokens have all
    /// the same one, which need not be read again.
    known_header: ArcSwapOption<String>,
}

impl TokenVerifier {
    /// A verifier with its keys read and ready.
    ///
    /// # Errors
    /// [`KeyError`] when either key can't check tokens of this algorithm.
    pub fn new(configuration: TokenConfiguration<'_>) -> Result<Self, KeyError> {
        let TokenConfiguration {
            algorithm,
            key,
            previous_key,
            issuer,
            audience,
        } = configuration;
        Ok(Self {
            algorithm,
            key: CheckingKey::new(algorithm, key)?,
            previous_key: previous_key
                .map(|key| CheckingKey::new(algorithm, key))
                .transpose()?,
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            known_header: ArcSwapOption::empty(),
        })
    }

    /// Who `bearer` (the token, without `Bearer `) names, at `now`. A token counts in
    /// `[nbf, exp)`, without leeway.
    ///
    /// # Errors
    /// [`TokenError`], the first that holds in this order: length, form of the header, algorithm,
    /// signature, form of the claims, times, issuer, audience, subject, role.
    pub fn verify(&self, bearer: &str, now: Timestamp) -> Result<Caller, TokenError> {
        if bearer.len() > LONGEST_TOKEN {
            return Err(TokenError::TooLong);
        }
        let (message, signature) = bearer.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(TokenError::Malformed)?;

        let is_known = |known: &Arc<String>| known.as_str() == header;
        let is_known = self.known_header.load().as_ref().is_some_and(is_known);
        if !is_known {
            self.check_header(header)?;
        }
        let keys = [Some(&self.key), self.previous_key.as_ref()];
        if !keys
            .into_iter()
            .flatten()
            .any(|key| key.signed(message, signature))
        {
            return Err(TokenError::WrongSignature);
        }
        if !is_known {
            self.known_header.store(Some(Arc::new(header.to_owned())));
        }

        let claims = decoded(claims)?;
        let claims: WireClaims<'_> =
            serde_json::from_str(&claims).map_err(|_| TokenError::Malformed)?;
        self.believed(&claims, now)
    }

    fn check_header(&self, header: &str) -> Result<(), TokenError> {
        let header = decoded(header)?;
        let header: WireHeader<'_> =
            serde_json::from_str(&header).map_err(|_| TokenError::Malformed)?;
        if header.alg != self.algorithm.as_str() {
            return Err(TokenError::WrongAlgorithm);
        }
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        Ok(())
    }

    fn believed(&self, claims: &WireClaims<'_>, now: Timestamp) -> Result<Caller, TokenError> {
        if now >= instant(claims.exp) {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| now < instant(nbf)) {
            return Err(TokenError::NotYetValid);
        }
        if claims.iss != self.issuer {
            return Err(TokenError::WrongIssuer);
        }
        if !claims.aud.names(&self.audience) {
            return Err(TokenError::WrongAudience);
        }
        let subject =
            ConsumerId::new(claims.sub.as_ref()).map_err(|_| TokenError::InvalidSubject)?;
        let role: Role = claims.role.parse().map_err(|_| TokenError::UnknownRole)?;
        Ok(Caller { subject, role })
    }
}

/// Without the keys.
impl fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenVerifier")
            .field("algorithm", &self.algorithm)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

fn decoded(part: &str) -> Result<String, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(TokenError::Malformed)
}

/// The instant of a claim in whole seconds, held at the ends of what a time can say.
const fn instant(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds.saturating_mul(MICROS_PER_SECOND))
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
