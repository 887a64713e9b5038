//! Which keys are taken, which are refused, and that none is shown.

use std::fs;

use rstest::rstest;

use super::super::testing::{Sources, variable};
use super::*;

const SECRET: &str = "a secret of exactly 32 bytes: ok";
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../adapters/http/tests-data");

#[test]
fn a_secret_comes_from_a_variable_or_the_file_and_has_at_least_32_bytes() {
    let line = format!("jwt_secret = '{SECRET}'");
    let by_file = Sources {
        file: Some(&line),
        ..Sources::default()
    }
    .resolve()
    .unwrap();
    let by_variable = variable("FIRSTCOME_JWT_SECRET", SECRET).unwrap();
    for settings in [by_file, by_variable] {
        let TokenKeys::Secret {
            secret,
            previous: None,
        } = &settings.tokens.keys
        else {
            panic!("no secret: {settings:?}")
        };
        assert_eq!(secret.expose_secret(), SECRET);
    }
    for name in ["FIRSTCOME_JWT_SECRET", "FIRSTCOME_JWT_PREVIOUS_SECRET"] {
        for short in ["", &SECRET[1..]] {
            let refusal = variable(name, short).unwrap_err().to_string();
            assert_eq!(
                refusal,
                format!("{name}: an HS256 secret has at least 32 bytes")
            );
        }
    }
}

#[test]
fn a_file_with_a_secret_is_refused_when_others_may_read_it() {
    let line = format!("jwt_secret = '{SECRET}'");
    let exposed = || Sources {
        file: Some(&line),
        file_mode: Some(0o644),
        ..Sources::default()
    };
    let refusal = exposed().refusal();
    assert!(
        refusal.contains("`jwt_secret`") && refusal.contains("0644"),
        "{refusal}"
    );
    assert!(
        refusal.contains("chmod 600") && !refusal.contains("a secret of"),
        "{refusal}"
    );
    let harmless = Sources {
        file: Some("max_waiting = 1"),
        ..exposed()
    };
    assert!(harmless.resolve().is_ok());
}

#[rstest]
#[case("EdDSA", "eddsa-public.pem")]
#[case("ES256", "es256-public.pem")]
#[case("RS256", "rs256-public.pem")]
fn a_public_key_is_read_from_its_file_with_the_one_before(
    #[case] algorithm: &str,
    #[case] file: &str,
) {
    let key = format!("{KEYS}/{file}");
    let settings = Sources {
        flags: &[("jwt_algorithm", algorithm), ("jwt_public_key", &key)],
        variables: &[("FIRSTCOME_JWT_PREVIOUS_PUBLIC_KEY", &key)],
        ..Sources::default()
    };
    let TokenKeys::PublicKey {
        algorithm: read,
        pem,
        previous,
    } = settings.resolve().unwrap().tokens.keys
    else {
        panic!("no public key")
    };
    assert_eq!(read.as_str(), algorithm);
    assert_eq!(pem, fs::read(&key).unwrap());
    assert_eq!(previous, Some(pem));
}

#[rstest]
#[case::wrong_kind(
    "jwt_public_key",
    "/rs256-public.pem",
    "is not the PEM of a P-256 (ES256) public key"
)]
#[case::private("jwt_public_key", "/es256-private.pem", "is a private key")]
#[case::missing("jwt_public_key", "/missing.pem", "missing.pem can't be read")]
fn a_public_key_that_can_check_nothing_is_refused_by_its_setting(
    #[case] name: &'static str,
    #[case] file: &str,
    #[case] says: &str,
) {
    let key = format!("{KEYS}{file}");
    let flags = [("jwt_algorithm", "ES256"), (name, key.as_str())];
    let refusal = Sources {
        flags: &flags,
        ..Sources::default()
    }
    .refusal();
    assert!(
        refusal.starts_with("--jwt-public-key: ") && refusal.contains(says),
        "{refusal}"
    );
}

#[test]
fn a_secret_and_a_public_key_do_not_go_together() {
    let key = format!("{KEYS}/eddsa-public.pem");
    let public_key: [(&str, &str); 2] = [("jwt_algorithm", "EdDSA"), ("jwt_public_key", &key)];
    let both = Sources {
        flags: &public_key,
        variables: &[("FIRSTCOME_JWT_SECRET", SECRET)],
        ..Sources::default()
    };
    assert_eq!(
        both.refusal(),
        "FIRSTCOME_JWT_SECRET: is for HS256, not for EdDSA"
    );

    let unused = Sources {
        flags: &public_key[1..],
        ..Sources::default()
    };
    let says = "--jwt-public-key: is for EdDSA, ES256 and RS256, not for HS256";
    assert_eq!(unused.refusal(), says);

    let missing = Sources {
        flags: &public_key[..1],
        ..Sources::default()
    };
    let says = "`jwt_public_key` (not set): is needed with `jwt_algorithm` EdDSA";
    assert_eq!(missing.refusal(), says);
}

#[test]
fn settings_never_show_a_secret() {
    let settings = Sources {
        variables: &[
            ("FIRSTCOME_JWT_SECRET", SECRET),
            (
                "FIRSTCOME_JWT_PREVIOUS_SECRET",
                "the secret before, also 32 bytes",
            ),
        ],
        ..Sources::default()
    };
    let shown = format!("{:?}", settings.resolve().unwrap());
    assert!(
        !shown.contains("a secret of") && !shown.contains("the secret before"),
        "{shown}"
    );
    assert!(shown.contains("keys: Secret { .. }"), "{shown}");
}
