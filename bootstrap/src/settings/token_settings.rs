//! Whose tokens are believed: the settings that only make sense together.

use std::fmt;
use std::fs;
use std::path::Path;

use adapter_http::{KeyError, TokenAlgorithm, TokenConfiguration, TokenVerifier};
use secrecy::{ExposeSecret, SecretString};

use super::error::SettingsError;
use super::known::{
    JWT_ALGORITHM, JWT_AUDIENCE, JWT_ISSUER, JWT_PREVIOUS_PUBLIC_KEY, JWT_PREVIOUS_SECRET,
    JWT_PUBLIC_KEY, JWT_SECRET, Setting,
};
use super::resolve::{optional, refused, required};
use super::source::Given;
use super::value;

/// Which tokens are believed.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The keys, and with them the one algorithm.
    pub keys: TokenKeys,
    /// The `iss` that a token must have.
    pub issuer: String,
    /// What its `aud` must name.
    pub audience: String,
}

/// The keys that tokens are checked with, each tried out already. `Debug` shows none.
#[derive(Clone)]
pub enum TokenKeys {
    /// HS256 with the key file in the data folder.
    KeyFile {
        /// The secret before.
        previous: Option<SecretString>,
    },
    /// HS256 with a secret from the environment or the settings file.
    Secret {
        /// The secret, at least 32 bytes.
        secret: SecretString,
        /// The secret before.
        previous: Option<SecretString>,
    },
    /// A public key: this program checks tokens and can make none.
    PublicKey {
        /// EdDSA, ES256 or RS256.
        algorithm: TokenAlgorithm,
        /// The public key, PEM.
        pem: Vec<u8>,
        /// The public key before, PEM.
        previous: Option<Vec<u8>>,
    },
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile { .. } => "KeyFile { .. }",
            Self::Secret { .. } => "Secret { .. }",
            Self::PublicKey { .. } => "PublicKey { .. }",
        })
    }
}

pub(super) fn resolve(given: &Given) -> Result<TokenSettings, SettingsError> {
    let algorithm: TokenAlgorithm = required(given, &JWT_ALGORITHM, |text| {
        text.parse().map_err(|_| allowed_algorithms())
    })?;
    let keys = match algorithm {
        TokenAlgorithm::Hs256 => secrets(given)?,
        TokenAlgorithm::EdDsa | TokenAlgorithm::Es256 | TokenAlgorithm::Rs256 => {
            public_keys(given, algorithm)?
        }
    };
    Ok(TokenSettings {
        keys,
        issuer: required(given, &JWT_ISSUER, value::claim)?,
        audience: required(given, &JWT_AUDIENCE, value::claim)?,
    })
}

fn allowed_algorithms() -> String {
    let names = TokenAlgorithm::ALL.map(TokenAlgorithm::as_str);
    format!("allowed: {}", names.join(", "))
}

fn secrets(given: &Given) -> Result<TokenKeys, SettingsError> {
    for public_key in [&JWT_PUBLIC_KEY, &JWT_PREVIOUS_PUBLIC_KEY] {
        refuse_unless_absent(
            given,
            public_key,
            "is for EdDSA, ES256 and RS256, not for HS256",
        )?;
    }
    let read = |setting| {
        let secret = optional(given, setting, value::secret)?;
        if let Some(secret) = &secret {
            try_out(
                given,
                setting,
                TokenAlgorithm::Hs256,
                secret.expose_secret().as_bytes(),
            )?;
        }
        Ok(secret)
    };
    let previous = read(&JWT_PREVIOUS_SECRET)?;
    Ok(match read(&JWT_SECRET)? {
        Some(secret) => TokenKeys::Secret { secret, previous },
        None => TokenKeys::KeyFile { previous },
    })
}

fn public_keys(given: &Given, algorithm: TokenAlgorithm) -> Result<TokenKeys, SettingsError> {
    for secret in [&JWT_SECRET, &JWT_PREVIOUS_SECRET] {
        refuse_unless_absent(given, secret, &format!("is for HS256, not for {algorithm}"))?;
    }
    let read = |setting| {
        let Some(path) = optional(given, setting, value::path)? else {
            return Ok(None);
        };
        let pem =
            fs::read(&path).map_err(|error| refused(given, setting, unreadable(&path, &error)))?;
        try_out(given, setting, algorithm, &pem)?;
        Ok(Some(pem))
    };
    let pem = read(&JWT_PUBLIC_KEY)?.ok_or_else(|| {
        refused(
            given,
            &JWT_PUBLIC_KEY,
            format!("is needed with `jwt_algorithm` {algorithm}"),
        )
    })?;
    Ok(TokenKeys::PublicKey {
        algorithm,
        pem,
        previous: read(&JWT_PREVIOUS_PUBLIC_KEY)?,
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{} can't be read: {error}", path.display())
}

fn refuse_unless_absent(
    given: &Given,
    setting: &'static Setting,
    problem: &str,
) -> Result<(), SettingsError> {
    match optional(given, setting, value::secret)? {
        Some(_) => Err(refused(given, setting, problem.to_owned())),
        None => Ok(()),
    }
}

/// Whether a verifier takes the key, so that it is the setting that is blamed, here and now.
fn try_out(
    given: &Given,
    setting: &'static Setting,
    algorithm: TokenAlgorithm,
    key: &[u8],
) -> Result<(), SettingsError> {
    let (issuer, audience) = ("", "");
    TokenVerifier::new(TokenConfiguration {
        algorithm,
        key,
        previous_key: None,
        issuer,
        audience,
    })
    .map(drop)
    .map_err(|error: KeyError| refused(given, setting, error.to_string()))
}

#[cfg(test)]
#[path = "token_settings_tests.rs"]
mod tests;
