//! From the settings to what checks tokens, and what makes them.

use adapter_http::{KeyError, TokenAlgorithm, TokenConfiguration, TokenMint, TokenVerifier};
use secrecy::{ExposeSecret, SecretString};

use crate::data_folder::{DataFolder, DataFolderError};
use crate::settings::{Settings, Store, TokenKeys};
use crate::signing_key::{SigningKey, SigningKeyError};

/// Why tokens can be neither checked nor made: exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The key file has no folder.
    #[error(transparent)]
    DataFolder(#[from] DataFolderError),
    /// The key file is no use.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// A key is refused. Settings try theirs out, so this is not met after them.
    #[error("the key {0}")]
    Key(#[from] KeyError),
    /// Several nodes would each make a key of their own.
    #[error(
        "`jwt_secret` is needed with a store in MySQL, the same on every node: set \
         FIRSTCOME_JWT_SECRET to a text of at least 32 bytes (`openssl rand -base64 32` makes one), \
         or `jwt_algorithm` and `jwt_public_key`"
    )]
    SharedKeyNeeded,
    /// Only public keys are configured.
    #[error(
        "`jwt_algorithm` is {0}: tokens are made by whoever has the private key, not by this program"
    )]
    NoPrivateKey(TokenAlgorithm),
}

/// What believes the tokens that `settings` say. Makes data folder and key file if they are needed.
///
/// # Errors
/// [`TokensError`]; [`TokensError::SharedKeyNeeded`] when a key file would be one node's own.
pub fn verifier(settings: &Settings) -> Result<TokenVerifier, TokensError> {
    let tokens = &settings.tokens;
    let build = |algorithm, key: &[u8], previous_key: Option<&[u8]>| {
        let (issuer, audience) = (tokens.issuer.as_str(), tokens.audience.as_str());
        TokenVerifier::new(TokenConfiguration {
            algorithm,
            key,
            previous_key,
            issuer,
            audience,
        })
    };
    Ok(match &tokens.keys {
        TokenKeys::KeyFile { previous } => {
            let key = key_file(settings)?;
            build(
                TokenAlgorithm::Hs256,
                key.as_bytes(),
                previous.as_ref().map(bytes),
            )?
        }
        TokenKeys::Secret { secret, previous } => build(
            TokenAlgorithm::Hs256,
            bytes(secret),
            previous.as_ref().map(bytes),
        )?,
        TokenKeys::PublicKey {
            algorithm,
            pem,
            previous,
        } => build(*algorithm, pem, previous.as_deref())?,
    })
}

/// What makes tokens that [`verifier`] believes. Makes data folder and key file if they are needed.
///
/// # Errors
/// [`TokensError`]; [`TokensError::NoPrivateKey`] when others make the tokens.
pub fn mint(settings: &Settings) -> Result<TokenMint, TokensError> {
    let (issuer, audience) = (&settings.tokens.issuer, &settings.tokens.audience);
    match &settings.tokens.keys {
        TokenKeys::KeyFile { .. } => Ok(TokenMint::new(
            key_file(settings)?.as_bytes(),
            issuer,
            audience,
        )?),
        TokenKeys::Secret { secret, .. } => Ok(TokenMint::new(bytes(secret), issuer, audience)?),
        TokenKeys::PublicKey { algorithm, .. } => Err(TokensError::NoPrivateKey(*algorithm)),
    }
}

fn key_file(settings: &Settings) -> Result<SigningKey, TokensError> {
    if matches!(settings.store, Store::Mysql(_)) {
        return Err(TokensError::SharedKeyNeeded);
    }
    Ok(SigningKey::open_or_create(&DataFolder::open(
        &settings.data,
    )?)?)
}

fn bytes(secret: &SecretString) -> &[u8] {
    secret.expose_secret().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Flags};
    use adapter_http::Role;
    use domain::{ConsumerId, Timestamp};
    use std::path::Path;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

    fn settings(folder: &Path, environment: &[(&str, &str)]) -> Settings {
        let data = folder.join("data").to_str().unwrap().to_owned();
        let flags = Flags {
            config: None,
            values: [("data", data)].into(),
        };
        let environment: Environment = environment
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Settings::resolve(flags, &environment, folder).unwrap()
    }

    fn minted(settings: &Settings) -> String {
        let subject = ConsumerId::new("ann").unwrap();
        let hour = Duration::from_secs(3600);
        mint(settings)
            .unwrap()
            .mint(&subject, Role::Admin, hour, NOW)
            .unwrap()
    }

    #[test]
    fn a_token_made_with_the_key_file_is_believed_by_a_server_on_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(folder.path(), &[]);
        let token = minted(&settings);
        let caller = verifier(&settings).unwrap().verify(&token, NOW).unwrap();
        assert_eq!((caller.subject.as_str(), caller.role), ("ann", Role::Admin));
    }

    #[test]
    fn a_configured_secret_is_used_instead_of_the_key_file_which_is_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let first = ("FIRSTCOME_JWT_SECRET", "the first secret, of 32 bytes: ok");
        let old = settings(folder.path(), &[first]);
        let token = minted(&old);
        assert!(!folder.path().join("data").exists());

        let second = ("FIRSTCOME_JWT_SECRET", "another secret, of 32 bytes or so");
        let replaced = settings(folder.path(), &[second]);
        assert!(verifier(&replaced).unwrap().verify(&token, NOW).is_err());
        let previous = ("FIRSTCOME_JWT_PREVIOUS_SECRET", first.1);
        let rotated = settings(folder.path(), &[second, previous]);
        assert!(verifier(&rotated).unwrap().verify(&token, NOW).is_ok());
    }

    #[test]
    fn a_configured_secret_can_be_rotated_out_in_favour_of_the_key_file() {
        let folder = tempfile::tempdir().unwrap();
        let secret = "the first secret, of 32 bytes: ok";
        let token = minted(&settings(
            folder.path(),
            &[("FIRSTCOME_JWT_SECRET", secret)],
        ));
        let now = settings(folder.path(), &[("FIRSTCOME_JWT_PREVIOUS_SECRET", secret)]);
        assert!(verifier(&now).unwrap().verify(&token, NOW).is_ok());
        assert!(verifier(&now).unwrap().verify(&minted(&now), NOW).is_ok());
    }

    #[test]
    fn nodes_that_share_a_store_are_never_given_a_key_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let store = ("FIRSTCOME_STORE", "mysql://app:hidden@h/d");
        let without = settings(folder.path(), &[store]);
        let refusals = [verifier(&without).err(), mint(&without).err()];
        for refusal in refusals.map(|refusal| refusal.unwrap()) {
            assert!(matches!(refusal, TokensError::SharedKeyNeeded), "{refusal}");
            assert!(refusal.to_string().contains("FIRSTCOME_JWT_SECRET"));
        }
        assert!(!folder.path().join("data").exists());

        let secret = ("FIRSTCOME_JWT_SECRET", "the first secret, of 32 bytes: ok");
        let with = settings(folder.path(), &[store, secret]);
        let token = minted(&with);
        assert!(verifier(&with).unwrap().verify(&token, NOW).is_ok());
    }

    #[test]
    fn with_a_public_key_tokens_are_checked_but_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let key = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../adapters/http/tests-data/eddsa-public.pem"
        );
        let environment = [
            ("FIRSTCOME_JWT_ALGORITHM", "EdDSA"),
            ("FIRSTCOME_JWT_PUBLIC_KEY", key),
        ];
        let settings = settings(folder.path(), &environment);
        assert!(verifier(&settings).is_ok());
        let refusal = mint(&settings).unwrap_err();
        assert!(
            matches!(refusal, TokensError::NoPrivateKey(TokenAlgorithm::EdDsa)),
            "{refusal}"
        );
        assert!(!folder.path().join("data").exists());
    }
}
