//! Which source wins, what each setting takes, and how a mistake is answered.

use std::path::PathBuf;
use std::time::Duration;

use rstest::rstest;

use super::super::known::ALL;
use super::super::testing::{Sources, variable};
use super::super::{Gate, LogFormat, Store, TokenKeys};

#[test]
fn the_defaults_are_the_documented_ones() {
    let settings = Sources::default().resolve().unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.data, PathBuf::from("./firstcome-data"));
    assert!(matches!(settings.store, Store::Sqlite));
    assert!(matches!(settings.gate, Gate::None));
    assert_eq!(
        (settings.max_connections, settings.max_waiting),
        (10_000, 10_000)
    );
    assert_eq!(settings.drain, Duration::from_secs(10));
    assert_eq!(
        (settings.log.as_str(), settings.log_format),
        ("info", LogFormat::Auto)
    );
    assert!(matches!(
        settings.tokens.keys,
        TokenKeys::KeyFile { previous: None }
    ));
    assert_eq!(settings.tokens.issuer, "firstcome");
    assert_eq!(settings.tokens.audience, "firstcome");
}

#[rstest]
#[case::default(false, false, false, 10_000)]
#[case::file(true, false, false, 1)]
#[case::variable_over_file(true, true, false, 2)]
#[case::variable(false, true, false, 2)]
#[case::flag_over_both(true, true, true, 3)]
#[case::flag_over_file(true, false, true, 3)]
#[case::flag(false, false, true, 3)]
fn default_then_file_then_variable_then_flag(
    #[case] file: bool,
    #[case] variable: bool,
    #[case] flag: bool,
    #[case] winner: usize,
) {
    let settings = Sources {
        flags: if flag {
            &[("max_connections", "3")]
        } else {
            &[]
        },
        variables: if variable {
            &[("FIRSTCOME_MAX_CONNECTIONS", "2")]
        } else {
            &[]
        },
        file: file.then_some("max_connections = 1"),
        ..Sources::default()
    };
    assert_eq!(settings.resolve().unwrap().max_connections, winner);
}

/// Every setting, with a value that is not its default, and what it then shows.
const CHANGED: [(&str, &str, &str); 13] = [
    ("listen", "[::1]:80", "listen: [::1]:80"),
    ("data", "elsewhere", "data: \"elsewhere\""),
    ("store", "memory", "store: Memory"),
    ("max_connections", "5", "max_connections: 5"),
    ("max_waiting", "6", "max_waiting: 6"),
    ("drain_seconds", "0", "drain: 0ns"),
    (
        "payments",
        "http://127.0.0.1:9/",
        "payments: Provider(BaseUrl { text: \"http://127.0.0.1:9\" })",
    ),
    ("saga_lease_seconds", "7", "saga_lease: 7s"),
    ("saga_tries", "3", "saga_tries: 3"),
    ("log", "debug", "log: LogFilter(\"debug\")"),
    ("log_format", "json", "log_format: Json"),
    ("jwt_issuer", "me", "issuer: \"me\""),
    ("jwt_audience", "you", "audience: \"you\""),
];

#[test]
fn every_setting_can_be_given_in_the_file_in_a_variable_and_as_a_flag() {
    for (name, text, shown) in CHANGED {
        let line = format!("{name} = \"{text}\"");
        let by_file = Sources {
            file: Some(&line),
            ..Sources::default()
        }
        .resolve();
        let by_variable = variable(&format!("FIRSTCOME_{}", name.to_ascii_uppercase()), text);
        let by_flag = Sources {
            flags: &[(name, text)],
            ..Sources::default()
        }
        .resolve();
        for settings in [by_file, by_variable, by_flag] {
            let settings = format!("{:?}", settings.unwrap());
            assert!(settings.contains(shown), "{shown} in {settings}");
        }
    }
}

#[test]
fn every_setting_is_covered_by_these_tests() {
    let elsewhere = [
        "gate",
        "jwt_algorithm",
        "jwt_secret",
        "jwt_previous_secret",
        "jwt_public_key",
        "jwt_previous_public_key",
    ];
    for setting in ALL {
        let changed = CHANGED.iter().any(|(name, ..)| *name == setting.name);
        assert!(
            changed || elsewhere.contains(&setting.name),
            "{}",
            setting.name
        );
    }
}

#[rstest]
#[case(
    "FIRSTCOME_STROE",
    "FIRSTCOME_STROE is not a setting; did you mean FIRSTCOME_STORE?"
)]
#[case("FIRSTCOME_MAX_CONNECTION", "did you mean FIRSTCOME_MAX_CONNECTIONS?")]
#[case("FIRSTCOME_CONFG", "did you mean FIRSTCOME_CONFIG?")]
#[case(
    "FIRSTCOME_",
    "FIRSTCOME_ is not a setting; `firstcome serve --help` lists them"
)]
#[case(
    "FIRSTCOME_XYZZY",
    "FIRSTCOME_XYZZY is not a setting; `firstcome serve --help`"
)]
#[case("FIRSTCOME_listen", "did you mean FIRSTCOME_LISTEN?")]
fn an_unknown_variable_of_ours_is_refused(#[case] name: &str, #[case] says: &str) {
    let refusal = variable(name, "x").unwrap_err().to_string();
    assert!(refusal.contains(says), "{refusal}");
}

#[test]
fn variables_of_others_are_theirs() {
    assert!(variable("LISTEN", "nonsense").is_ok());
    assert!(variable("FIRSTCOMEX", "nonsense").is_ok());
}

#[rstest]
#[case("stroe = 'sqlite'", "`stroe` in ", "; did you mean `store`?")]
#[case(
    "max-connections = 5",
    "`max-connections` in ",
    "; did you mean `max_connections`?"
)]
#[case("[server]\nlisten = 'x'", "`server` in ", " is not a setting")]
#[case("xyzzy = 1", "`xyzzy` in ", "; `firstcome serve --help` lists them")]
#[case("config = 'x'", "`config` in ", " is not a setting")]
fn an_unknown_key_in_the_file_is_refused(
    #[case] text: &str,
    #[case] names: &str,
    #[case] says: &str,
) {
    let refusal = Sources {
        file: Some(text),
        ..Sources::default()
    }
    .refusal();
    assert!(
        refusal.starts_with(names) && refusal.contains(says),
        "{refusal}"
    );
}

#[rstest]
#[case("listen", "8080", "must be an IP address and a port")]
#[case("listen", "localhost:8080", "must be an IP address and a port")]
#[case("data", "", "must be a path")]
#[case("store", "Sqlite", "allowed: sqlite, memory")]
#[case("store", "", "allowed: sqlite, memory")]
#[case("store", "mysql://me:hidden@h", "names no database")]
#[case("store", "mysql://me:hidden@h/d?sslmode=x", "may set ssl-mode")]
#[case("store", "me:hidden@h/d", "allowed: sqlite, memory, mysql://")]
#[case("gate", "redis://:hidden@h:1/name", "database's number")]
#[case(
    "gate",
    "redis+cluster://:hidden@h:1,h:2/3",
    "Redis Cluster has only one"
)]
#[case("gate", "rediss://:hidden@h#insecure", "must be percent-encoded")]
#[case("gate", "redis://:hidden@h:1", "or set `store` to mysql://")]
#[case("gate", "off", "allowed: none, redis://")]
#[case("payments", "http://hidden@h/", "must have no user name or password")]
#[case("payments", "https://h/", "http://")]
#[case("payments", "http://h/?hidden", "must have no query")]
#[case("saga_lease_seconds", "4", "seconds from 5 to 3600")]
#[case("saga_lease_seconds", "3601", "seconds from 5 to 3600")]
#[case("saga_tries", "2", "from 3 to 1000")]
#[case("saga_tries", "1001", "from 3 to 1000")]
#[case("payments", "cash", "allowed: wallet")]
#[case("max_connections", "0", "from 1 to 1000000")]
#[case("max_connections", "1000001", "from 1 to 1000000")]
#[case("max_connections", "ten", "from 1 to 1000000")]
#[case("max_waiting", "-1", "from 1 to 1000000")]
#[case("drain_seconds", "3601", "seconds from 0 to 3600")]
#[case("drain_seconds", "10s", "seconds from 0 to 3600")]
#[case("log", "inof", "must be error, warn, info")]
#[case("log", "", "must be error, warn, info")]
#[case("log", "a=loud", "must be error, warn, info")]
#[case("log_format", "xml", "allowed: auto, pretty, json")]
#[case("jwt_algorithm", "none", "allowed: HS256, EdDSA, ES256, RS256")]
#[case("jwt_algorithm", "HS512", "allowed: HS256, EdDSA, ES256, RS256")]
#[case("jwt_issuer", "", "1 to 255 characters")]
fn a_wrong_value_says_where_it_came_from_and_what_is_allowed(
    #[case] name: &'static str,
    #[case] text: &str,
    #[case] allowed: &str,
) {
    let by_flag = Sources {
        flags: &[(name, text)],
        ..Sources::default()
    }
    .refusal();
    let variable_name = format!("FIRSTCOME_{}", name.to_ascii_uppercase());
    let by_variable = variable(&variable_name, text).unwrap_err().to_string();
    let line = format!("{name} = '{text}'");
    let by_file = Sources {
        file: Some(&line),
        ..Sources::default()
    }
    .refusal();
    for refusal in [&by_flag, &by_variable, &by_file] {
        assert!(
            refusal.contains(allowed) && !refusal.contains("hidden"),
            "{refusal}"
        );
    }
    assert!(
        by_flag.starts_with(&format!("--{}: ", name.replace('_', "-"))),
        "{by_flag}"
    );
    assert!(
        by_variable.starts_with(&format!("{variable_name}: ")),
        "{by_variable}"
    );
    assert!(by_file.starts_with(&format!("`{name}` in ")), "{by_file}");
    assert!(by_file.contains("firstcome.toml: "), "{by_file}");
}

#[rstest]
#[case("max_connections", "1")]
#[case("max_connections", "1000000")]
#[case("drain_seconds", "3600")]
#[case("log", "off")]
#[case("log", "info,adapter_http=debug")]
#[case("log", "warn,[request]=trace")]
#[case("gate", "none")]
#[case("payments", "wallet")]
fn the_limits_themselves_are_allowed(#[case] name: &'static str, #[case] text: &str) {
    assert!(
        Sources {
            flags: &[(name, text)],
            ..Sources::default()
        }
        .resolve()
        .is_ok()
    );
}

const SHARED: (&str, &str) = ("store", "mysql://app:hidden@db.example:3307/shop");

#[rstest]
#[case::one(
    "redis://:hidden@gate.example:7",
    r#"["gate.example:7"], is_cluster: false"#
)]
#[case::tls(
    "rediss://:hidden@gate.example:7",
    r#"["gate.example:7"], is_cluster: false"#
)]
#[case::cluster(
    "redis+cluster://:hidden@a:1,b:2",
    r#"["a:1", "b:2"], is_cluster: true"#
)]
#[case::cluster_behind_one_host("rediss+cluster://a:1", r#"["a:1"], is_cluster: true"#)]
fn a_store_that_nodes_share_may_have_a_gate_and_no_password_shows(
    #[case] gate: &str,
    #[case] says: &str,
) {
    let flags = [SHARED, ("gate", gate)];
    let settings = Sources {
        flags: &flags,
        ..Sources::default()
    };
    let shown = format!("{:?}", settings.resolve().unwrap());
    assert!(shown.contains(says) && !shown.contains("hidden"), "{shown}");
    assert!(
        shown.contains("db.example") && shown.contains("shop"),
        "{shown}"
    );
}

#[rstest]
#[case::by_default(&[])]
#[case::sqlite(&[("store", "sqlite")])]
#[case::memory(&[("store", "memory")])]
fn a_gate_in_front_of_one_nodes_own_store_is_refused(#[case] store: &[(&'static str, &str)]) {
    let flags = [store, &[("gate", "redis://h:1")]].concat();
    let refusal = Sources {
        flags: &flags,
        ..Sources::default()
    }
    .refusal();
    assert!(
        refusal.starts_with("--gate: a gate is for a store that several"),
        "{refusal}"
    );
}
