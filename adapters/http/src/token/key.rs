//! Keys that check a token, read and tried out once, at the start.
//!
//! A key that could check nothing, or that is too weak to mean anything, is refused here rather than
//! as a 401 on every request.

use std::fmt;
use std::str::FromStr;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use sha2::Sha256;

/// The shortest HS256 secret, in bytes: as long as the hash it keys (RFC 7518 §3.2).
const SHORTEST_SECRET: usize = 32;
/// The shortest RSA modulus, in bytes: 2048 bits (RFC 7518 §3.3).
const SHORTEST_RSA_MODULUS: usize = 256;
/// Room for an HMAC with SHA-256 as it is decoded: four characters at a time to three bytes.
const ROOM_FOR_HMAC: usize = 33;
/// The length of an Ed25519 public key, in bytes (RFC 8032 §5.1.5).
const ED25519_KEY: usize = 32;

/// The one algorithm that tokens are signed with. A token that names another is refused, whatever its
/// signature, so a public key can never be taken for a shared secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256: one shared secret signs and checks.
    Hs256,
    /// Ed25519: a public key checks.
    EdDsa,
    /// ECDSA on P-256 with SHA-256: a public key checks.
    Es256,
    /// RSA PKCS #1 v1.5 with SHA-256: a public key checks.
    Rs256,
}

impl TokenAlgorithm {
    /// Every algorithm there is.
    pub const ALL: [Self; 4] = [Self::Hs256, Self::EdDsa, Self::Es256, Self::Rs256];

    /// The algorithm as a token's `alg` writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }

    const fn of_crate(self) -> Algorithm {
        match self {
            Self::Hs256 => Algorithm::HS256,
            Self::EdDsa => Algorithm::EdDSA,
            Self::Es256 => Algorithm::ES256,
            Self::Rs256 => Algorithm::RS256,
        }
    }
}

impl fmt::Display for TokenAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no algorithm that tokens may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be one of HS256, EdDSA, ES256, RS256")]
pub struct UnknownAlgorithm;

impl FromStr for TokenAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or(UnknownAlgorithm)
    }
}

/// Why a key is refused. Says nothing of the key's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An HS256 secret that can be guessed.
    #[error("an HS256 secret has at least {SHORTEST_SECRET} bytes")]
    SecretTooShort,
    /// A private key where a public one belongs: it has no business on a machine that only checks.
    #[error("is a private key; only the public key belongs here")]
    PrivateKey,
    /// Not a public key of this algorithm.
    #[error("is not the PEM of {algorithm} public key", algorithm = described(*.0))]
    NotAKey(TokenAlgorithm),
}

const fn described(algorithm: TokenAlgorithm) -> &'static str {
    match algorithm {
        TokenAlgorithm::Hs256 => "an HS256",
        TokenAlgorithm::EdDsa => "an Ed25519 (EdDSA)",
        TokenAlgorithm::Es256 => "a P-256 (ES256)",
        TokenAlgorithm::Rs256 => "an RSA (RS256, at least 2048 bits)",
    }
}

/// A key that is ready to check signatures.
pub(super) enum CheckingKey {
    /// Of HS256, the one that a stampede's tokens have. It has taken its key in already, which is not to be
    /// hashed again for every token.
    Secret(Box<Hmac<Sha256>>),
    Public(Algorithm, DecodingKey),
}

impl CheckingKey {
    /// `key` is the secret itself for HS256, and the PEM of a public key for the others.
    pub fn new(algorithm: TokenAlgorithm, key: &[u8]) -> Result<Self, KeyError> {
        let prepared = match algorithm {
            TokenAlgorithm::Hs256 if key.len() < SHORTEST_SECRET => {
                return Err(KeyError::SecretTooShort);
            }
            TokenAlgorithm::Hs256 => {
                let keyed = Hmac::new_from_slice(key).map(Box::new).map(Self::Secret);
                return keyed.map_err(|_| KeyError::NotAKey(algorithm));
            }
            _ if key.windows(11).any(|part| part == b"PRIVATE KEY") => {
                return Err(KeyError::PrivateKey);
            }
            // The length first: the verifier of an Ed25519 key slices without looking.
            TokenAlgorithm::EdDsa => DecodingKey::from_ed_pem(key).ok().filter(|key| {
                key.try_get_as_bytes()
                    .is_ok_and(|key| key.len() == ED25519_KEY)
            }),
            TokenAlgorithm::Es256 => DecodingKey::from_ec_pem(key).ok(),
            TokenAlgorithm::Rs256 => DecodingKey::from_rsa_pem(key).ok().filter(is_strong_rsa),
        };
        let algorithm_of_crate = algorithm.of_crate();
        prepared
            .filter(|key| (DEFAULT_PROVIDER.verifier_factory)(&algorithm_of_crate, key).is_ok())
            .map(|key| Self::Public(algorithm_of_crate, key))
            .ok_or(KeyError::NotAKey(algorithm))
    }

    /// Whether `signature` (base64url) is this key's on `message`.
    pub fn signed(&self, message: &str, signature: &str) -> bool {
        match self {
            Self::Secret(keyed) => {
                let mut bytes = [0; ROOM_FOR_HMAC];
                let Ok(length) = BASE64_URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes) else {
                    return false;
                };
                let given = bytes.get(..length).unwrap_or_default();
                let keyed = keyed.as_ref().clone().chain_update(message);
                keyed.verify_slice(given).is_ok()
            }
            Self::Public(algorithm, key) => {
                crypto::verify(signature, message.as_bytes(), key, *algorithm).unwrap_or(false)
            }
        }
    }
}

fn is_strong_rsa(key: &DecodingKey) -> bool {
    key.try_get_as_bytes()
        .and_then(
            DEFAULT_PROVIDER
                .key_utils
                .rsa_pub_components_from_public_key,
        )
        .is_ok_and(|(modulus, _)| modulus.len() >= SHORTEST_RSA_MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const ED: &[u8] = include_bytes!("../../tests-data/eddsa-public.pem");
    const ES: &[u8] = include_bytes!("../../tests-data/es256-public.pem");
    const RS: &[u8] = include_bytes!("../../tests-data/rs256-public.pem");
    const ED_PRIVATE: &[u8] = include_bytes!("../../tests-data/eddsa-private.pem");
    const ES_PRIVATE: &[u8] = include_bytes!("../../tests-data/es256-private.pem");
    const RS_PRIVATE: &[u8] = include_bytes!("../../tests-data/rs256-private.pem");
    const P384: &[u8] = include_bytes!("../../tests-data/p384-public.pem");
    const RS_1024: &[u8] = include_bytes!("../../tests-data/rs1024-public.pem");
    /// An Ed25519 public key, by its object identifier, of one byte.
    const ED_STUB: &[u8] =
        b"-----BEGIN PUBLIC KEY-----\nMAswBQYDK2VwAwIAAA==\n-----END PUBLIC KEY-----\n";

    use TokenAlgorithm::{EdDsa, Es256, Hs256, Rs256};

    #[rstest]
    #[case(Hs256, &[7; 32], None)]
    #[case(Hs256, &[7; 31], Some(KeyError::SecretTooShort))]
    #[case(Hs256, b"", Some(KeyError::SecretTooShort))]
    #[case(EdDsa, ED, None)]
    #[case(Es256, ES, None)]
    #[case(Rs256, RS, None)]
    #[case(EdDsa, ES, Some(KeyError::NotAKey(EdDsa)))]
    #[case(Es256, RS, Some(KeyError::NotAKey(Es256)))]
    #[case(Rs256, ED, Some(KeyError::NotAKey(Rs256)))]
    #[case(EdDsa, ED_STUB, Some(KeyError::NotAKey(EdDsa)))]
    #[case(Es256, P384, Some(KeyError::NotAKey(Es256)))]
    #[case(Rs256, RS_1024, Some(KeyError::NotAKey(Rs256)))]
    #[case(EdDsa, ED_PRIVATE, Some(KeyError::PrivateKey))]
    #[case(Es256, ES_PRIVATE, Some(KeyError::PrivateKey))]
    #[case(Rs256, RS_PRIVATE, Some(KeyError::PrivateKey))]
    #[case(Rs256, b"not a PEM at all", Some(KeyError::NotAKey(Rs256)))]
    fn a_key_is_refused_at_the_start_unless_it_can_check_tokens(
        #[case] algorithm: TokenAlgorithm,
        #[case] key: &[u8],
        #[case] refusal: Option<KeyError>,
    ) {
        assert_eq!(CheckingKey::new(algorithm, key).err(), refusal);
    }

    #[test]
    fn every_algorithm_reads_back_as_it_is_written() {
        for algorithm in TokenAlgorithm::ALL {
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
        assert_eq!("none".parse::<TokenAlgorithm>(), Err(UnknownAlgorithm));
        assert_eq!("hs256".parse::<TokenAlgorithm>(), Err(UnknownAlgorithm));
    }
}
