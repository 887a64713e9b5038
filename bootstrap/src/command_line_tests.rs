//! What is asked for, by which arguments, and how a mistake is answered.

use rstest::rstest;

use super::*;
use crate::settings::Store;

fn parsed(arguments: &[&str]) -> Result<Command, CommandLineError> {
    let arguments = ["firstcome"].iter().chain(arguments).map(OsString::from);
    let empty = tempfile::tempdir().unwrap();
    parse(arguments, &[], empty.path())
}

fn refusal(arguments: &[&str]) -> String {
    let error = parsed(arguments).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    error.to_string()
}

#[test]
fn the_definition_is_consistent() {
    definition().debug_assert();
}

#[rstest]
#[case(&["--listen", "127.0.0.1:0", "--max-connections", "7"])]
#[case(&["serve", "--listen", "127.0.0.1:0", "--max-connections", "7"])]
fn serve_is_the_default_and_takes_the_same_flags(#[case] arguments: &[&str]) {
    let Command::Serve(settings) = parsed(arguments).unwrap() else {
        panic!("not serve")
    };
    assert_eq!(settings.listen.to_string(), "127.0.0.1:0");
    assert_eq!(settings.max_connections, 7);
}

#[test]
fn nothing_at_all_serves_with_the_defaults() {
    let Command::Serve(settings) = parsed(&[]).unwrap() else {
        panic!("not serve")
    };
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
}

#[test]
fn every_setting_without_a_secret_is_a_flag_of_serve() {
    let definition = definition();
    let serve = definition.find_subcommand("serve").unwrap();
    for command in [&definition, serve] {
        let flags: Vec<_> = command.get_arguments().filter_map(Arg::get_long).collect();
        for setting in settings::ALL {
            let flag = setting.flag();
            assert_eq!(flag.is_none(), setting.secret);
            assert!(
                flag.is_none_or(|flag| flags.contains(&flag.as_str())),
                "{}",
                setting.name
            );
        }
    }
}

#[test]
fn a_token_is_asked_for_by_subject_role_and_lifetime() {
    let arguments = [
        "token", "--data", "d", "--sub", "ann", "--role", "admin", "--ttl", "15m",
    ];
    let Command::Token(request) = parsed(&arguments).unwrap() else {
        panic!("not token")
    };
    assert_eq!(request.settings.data, Path::new("d"));
    assert_eq!(request.subject.as_str(), "ann");
    assert_eq!(request.role, Role::Admin);
    assert_eq!(request.lifetime, Duration::from_secs(15 * 60));
}

#[test]
fn a_token_lives_an_hour_unless_told() {
    let arguments = ["token", "--sub", "ann", "--role", "consumer"];
    let Command::Token(request) = parsed(&arguments).unwrap() else {
        panic!("not token")
    };
    assert_eq!(request.lifetime, Duration::from_secs(3600));
}

#[rstest]
#[case("1s", Some(1))]
#[case("90s", Some(90))]
#[case("1h", Some(3600))]
#[case("1h 30m", Some(5400))]
#[case("30d", Some(30 * 86_400))]
#[case("3650d", Some(3650 * 86_400))]
#[case("3651d", None)]
#[case("0s", None)]
#[case("999ms", None)]
#[case("-1h", None)]
#[case("1h ago", None)]
#[case("1mo", None)]
#[case("60", None)]
#[case("", None)]
fn a_lifetime_is_a_duration_with_its_unit(#[case] text: &str, #[case] seconds: Option<u64>) {
    assert_eq!(
        duration(text).ok().map(|duration| duration.as_secs()),
        seconds
    );
}

#[test]
fn migrate_and_audit_say_which_store() {
    let arguments = ["--store", "memory", "--data", "d"];
    let with = |verb| [&[verb], &arguments[..]].concat();
    let Command::Migrate(settings) = parsed(&with("migrate")).unwrap() else {
        panic!()
    };
    assert!(matches!(settings.store, Store::Memory));
    assert_eq!(settings.data, Path::new("d"));
    let Command::Audit(settings) = parsed(&with("audit")).unwrap() else {
        panic!()
    };
    assert!(matches!(settings.store, Store::Memory));
}

#[test]
fn who_may_do_what_is_asked_of_migrate_and_the_gate_is_renewed() {
    let store = ["--store", "mysql://app@h/d"];
    let with = |words: &[&'static str]| [words, &store[..]].concat();
    let grants = parsed(&with(&["migrate", "--grants"]));
    assert!(matches!(grants, Ok(Command::Grants(_))), "{grants:?}");
    let renew = parsed(&with(&["gate", "renew"]));
    let Ok(Command::RenewGate(settings)) = renew else {
        panic!("{renew:?}")
    };
    assert!(matches!(settings.store, Store::Mysql(_)));
}

#[test]
fn openapi_needs_nothing() {
    assert!(matches!(parsed(&["openapi"]), Ok(Command::Openapi)));
}

#[rstest]
#[case(&["--help"], "--listen")]
#[case(&["serve", "--help"], "FIRSTCOME_JWT_SECRET")]
#[case(&["token", "--help"], "--ttl")]
#[case(&["migrate", "--help"], "Examples:")]
#[case(&["migrate", "--help"], "--grants")]
#[case(&["gate", "renew", "--help"], "after a restore")]
#[case(&["audit", "--help"], "exit 1")]
#[case(&["rehearse", "--help"], "rehearsal-ID")]
#[case(&["openapi", "--help"], "openapi.json")]
#[case(&["--version"], env!("CARGO_PKG_VERSION"))]
fn help_and_version_are_no_mistake(#[case] arguments: &[&str], #[case] says: &str) {
    let error = parsed(arguments).unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    assert_eq!(error.exit(), Exit::Done);
}

#[rstest]
#[case(&["--lisen", "x"], "--listen")]
#[case(&["srve"], "srve")]
#[case(&["--listen"], "--listen")]
#[case(&["--store", "sqlite", "--store", "memory"], "--store")]
#[case(&["--store", "memory", "audit"], "audit")]
#[case(&["--jwt-secret", "x"], "--jwt-secret")]
#[case(&["token", "--role", "admin"], "--sub")]
#[case(&["token", "--sub", "ann"], "--role")]
#[case(&["token", "--sub", "ann", "--role", "root"], "consumer, seller, service, admin")]
#[case(&["token", "--sub", "a b", "--role", "admin"], "--sub")]
#[case(&["token", "--sub", "ann", "--role", "admin", "--ttl", "soon"], "1s to 3650d")]
#[case(&["token", "--sub", "ann", "--role", "admin", "--listen", "127.0.0.1:1"], "--listen")]
#[case(&["openapi", "--store", "memory"], "--store")]
#[case(&["gate"], "renew")]
#[case(&["gate", "open"], "open")]
#[case(&["--store", "postgres"], "--store: `postgres` is not possible: allowed: sqlite, memory")]
fn wrong_usage_is_refused_and_named(#[case] arguments: &[&str], #[case] says: &str) {
    let refusal = refusal(arguments);
    assert!(refusal.contains(says), "{refusal}");
}

#[test]
fn exit_statuses_are_the_contracts() {
    use std::process::ExitCode;
    for (exit, code) in [
        (Exit::Done, 0),
        (Exit::CheckFailed, 1),
        (Exit::Usage, 2),
        (Exit::Unreachable, 3),
    ] {
        assert_eq!(
            format!("{:?}", ExitCode::from(exit)),
            format!("{:?}", ExitCode::from(code))
        );
    }
}
