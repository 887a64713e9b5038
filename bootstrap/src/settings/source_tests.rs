//! The settings file: what may stand in it, who may read it, and which it is.

use std::fs;

use rstest::rstest;

use super::super::testing::{Sources, environment};
use super::super::{Flags, Settings, Store};

#[rstest]
#[case("store = 'mysql://app:hidden@h/d'", "`store`")]
#[case("gate = 'redis://:hidden@h'", "`gate`")]
fn a_file_with_a_password_in_a_url_is_its_owners_alone(#[case] line: &str, #[case] names: &str) {
    let refusal = Sources {
        file: Some(line),
        file_mode: Some(0o640),
        ..Sources::default()
    }
    .refusal();
    assert!(
        refusal.contains(names) && refusal.contains("chmod 600"),
        "{refusal}"
    );
    assert!(!refusal.contains("hidden"), "{refusal}");
}

#[test]
fn a_url_without_a_password_may_stand_in_a_file_for_all() {
    let settings = Sources {
        file: Some("store = 'mysql://h/d'"),
        file_mode: Some(0o644),
        ..Sources::default()
    };
    assert!(matches!(settings.resolve().unwrap().store, Store::Mysql(_)));
}

#[rstest]
#[case("max_connections = 1.5")]
#[case("max_connections = true")]
#[case("listen = ['127.0.0.1:1']")]
fn a_value_of_the_file_is_a_text_or_a_whole_number(#[case] text: &str) {
    let refusal = Sources {
        file: Some(text),
        ..Sources::default()
    }
    .refusal();
    assert!(
        refusal.contains("must be a text or a whole number"),
        "{refusal}"
    );
}

#[test]
fn a_malformed_file_is_refused_by_its_line_and_without_its_text() {
    let text =
        "listen = '127.0.0.1:1'\njwt_secret = \"a secret that is not closed\nstore = 'memory'\n";
    let refusal = Sources {
        file: Some(text),
        ..Sources::default()
    }
    .refusal();
    assert!(refusal.contains("firstcome.toml, line 2: "), "{refusal}");
    assert!(!refusal.contains("a secret"), "{refusal}");
}

#[test]
fn a_named_file_is_read_instead_and_must_be_there() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("firstcome.toml"), "max_waiting = 1").unwrap();
    let named = folder.path().join("other.toml");
    let flags = || Flags {
        config: Some(named.clone()),
        ..Flags::default()
    };
    let refusal = Settings::resolve(flags(), &[], folder.path())
        .unwrap_err()
        .to_string();
    assert!(refusal.contains("other.toml can't be read"), "{refusal}");

    fs::write(&named, "max_connections = 2").unwrap();
    let settings = Settings::resolve(flags(), &[], folder.path()).unwrap();
    assert_eq!(
        (settings.max_connections, settings.max_waiting),
        (2, 10_000)
    );

    let by_variable = environment(&[("FIRSTCOME_CONFIG", named.to_str().unwrap())]);
    let settings = Settings::resolve(Flags::default(), &by_variable, folder.path()).unwrap();
    assert_eq!(
        (settings.max_connections, settings.max_waiting),
        (2, 10_000)
    );
}
