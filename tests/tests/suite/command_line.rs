//! The program as a user runs it: what it prints, what it makes, how it ends.

mod mysql;

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Output, Stdio},
};

use firstcome_tests::{
    over_http::{Server, ServerBuilder, Shop, firstcome},
    until,
};
use hyper::StatusCode;
use rstest::rstest;
use serde_json::Value;
use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};
use tempfile::TempDir;

/// Runs the program in `folder`, to its end.
fn run_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    firstcome()
        .current_dir(folder)
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn run(arguments: &[&str]) -> Output {
    let empty = TempDir::new().unwrap();
    run_in(empty.path(), arguments, &[])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// It ends with 2, says on standard error what to look at, and has done nothing.
fn assert_refused(folder: &Path, refused: &Output, names: &str) {
    let (out, error) = (text(&refused.stdout), text(&refused.stderr));
    assert_eq!(refused.status.code(), Some(2), "{out}{error}");
    assert!(error.contains(names), "{names} is not in: {error}");
    assert_eq!(out, "");
    assert!(!folder.join("firstcome-data").exists());
}

#[rstest]
#[case::flag(&["--max-conections", "7"], &[], "--max-conections")]
#[case::flag_of_another_command(&["audit", "--listen", "127.0.0.1:0"], &[], "--listen")]
#[case::variable(&["serve"], &[("FIRSTCOME_MAX_CONECTIONS", "7")], "FIRSTCOME_MAX_CONECTIONS")]
#[case::command(&["srve"], &[], "srve")]
fn what_is_unknown_is_refused_by_its_name(
    #[case] arguments: &[&str],
    #[case] environment: &[(&str, &str)],
    #[case] names: &str,
) {
    let folder = TempDir::new().unwrap();
    let refused = run_in(folder.path(), arguments, environment);
    assert_refused(folder.path(), &refused, names);
}

#[rstest]
#[case::unknown("max_conections = 7", "`max_conections`")]
#[case::wrong("max_connections = 0", "`max_connections`")]
#[case::of_a_table("[max_connections]\nn = 7", "`max_connections`")]
#[case::malformed("max_connections = = 7", "firstcome.toml")]
#[case::exposed("jwt_secret = \"a secret of 32 bytes, or of more\"", "chmod 600")]
fn a_settings_file_is_refused_by_what_is_wrong_in_it(#[case] file: &str, #[case] names: &str) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("firstcome.toml");
    fs::write(&path, file).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = run_in(folder.path(), &["serve"], &[]);
    assert_refused(folder.path(), &refused, names);
    assert!(!text(&refused.stderr).contains("a secret of"));
}

#[rstest]
#[case("LISTEN", "here")]
#[case("MAX_CONNECTIONS", "0")]
#[case("MAX_CONNECTIONS", "1000001")]
#[case("MAX_WAITING", "many")]
#[case("DRAIN_SECONDS", "-1")]
#[case("DATA", "")]
#[case("STORE", "postgres")]
#[case("STORE", "mysql://user:swordfish@host")]
#[case("GATE", "redis://:swordfish@host")]
#[case("PAYMENTS", "https://swordfish@provider/")]
#[case("JWT_ALGORITHM", "none")]
#[case("JWT_SECRET", "swordfish")]
#[case("JWT_PREVIOUS_SECRET", "swordfish")]
#[case("JWT_PUBLIC_KEY", "key.pem")]
#[case("JWT_ISSUER", "")]
#[case("LOG", "inof")]
#[case("LOG_FORMAT", "xml")]
#[case("CONFIG", "nowhere.toml")]
fn a_wrong_value_is_refused_by_its_settings_name(#[case] setting: &str, #[case] value: &str) {
    let folder = TempDir::new().unwrap();
    let variable = format!("FIRSTCOME_{setting}");
    let refused = run_in(folder.path(), &["serve"], &[(&variable, value)]);
    let names = match setting {
        "CONFIG" => "nowhere.toml",
        _ => &variable,
    };
    assert_refused(folder.path(), &refused, names);
    assert!(!text(&refused.stderr).contains("swordfish"));
}

#[rstest]
#[case(&["token", "--sub", "ann"], "--role")]
#[case(&["token", "--sub", "ann", "--role", "root"], "--role")]
#[case(&["token", "--sub", "an n", "--role", "admin"], "--sub")]
#[case(&["token", "--sub", "ann", "--role", "admin", "--ttl", "soon"], "--ttl")]
#[case(&["audit"], "`data`")]
#[case(&["audit", "--store", "memory"], "`store`")]
fn a_command_that_can_not_be_done_is_refused(#[case] arguments: &[&str], #[case] names: &str) {
    let folder = TempDir::new().unwrap();
    let refused = run_in(folder.path(), arguments, &[]);
    assert_refused(folder.path(), &refused, names);
}

#[test]
fn a_port_in_use_is_refused_as_the_wrong_setting_of_listen() {
    let folder = TempDir::new().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = run_in(
        folder.path(),
        &["--listen", &address, "--store", "memory"],
        &[],
    );
    let error = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{error}");
    assert!(
        error.contains("`listen`") && error.contains(&address),
        "{error}"
    );
    assert_eq!(text(&refused.stdout), "");
}

#[test]
fn a_token_is_one_line_and_nothing_else() {
    let done = run(&[
        "token", "--sub", "ann", "--role", "consumer", "--ttl", "15m",
    ]);
    let out = text(&done.stdout);
    assert!(done.status.success());
    assert_eq!(text(&done.stderr), "");
    let token = out.strip_suffix('\n').unwrap();
    assert_eq!(token.split('.').count(), 3, "{token}");
    assert!(!token.contains(char::is_whitespace));
}

#[tokio::test]
async fn a_token_is_believed_by_the_server_of_the_same_folder() {
    let server = Server::start();
    let done = server
        .builder()
        .run(&["token", "--sub", "ann", "--role", "admin"]);
    let token = text(&done.stdout);
    let listed = server.client().get("/v1/events", token.trim_end()).await;
    assert_eq!(listed.status, StatusCode::OK, "{listed:?}");
}

#[tokio::test]
async fn openapi_prints_what_the_server_serves() {
    let done = run(&["openapi"]);
    assert!(done.status.success());
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1"));
    let server = Server::start();
    let served = server.client().get("/openapi.json", "").await;
    assert_eq!(printed, served.json());
}

#[test]
fn migrate_makes_the_store_and_again_changes_nothing() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let done = run_in(folder.path(), &["migrate"], &[]);
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    let audited = run_in(folder.path(), &["audit"], &[]);
    assert!(audited.status.success());
    assert!(text(&audited.stdout).contains("0 coupons, all exact"));
}

#[tokio::test]
async fn a_store_in_memory_serves_and_forgets() {
    let mut server = ServerBuilder::default().with("store", "memory").start();
    let coupon = Shop::open(&server).await.issue_coupon(1).await;
    let token = server.tokens().consumer("ann");
    let issued = server.client().issue(&coupon, &token).await.unwrap();
    assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    assert!(!server.builder().database().exists());
    assert!(server.logged().contains("store is memory"));
    server.restart();
    let gone = server.client().issue(&coupon, &token).await.unwrap();
    assert_eq!(gone.code(), "COUPON_NOT_FOUND");
}

/// A folder whose server has issued three copies and has ended; its builder, and the coupon's name.
async fn after_a_drop() -> (ServerBuilder, String) {
    let mut server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(5).await;
    for consumer in ["ann", "bob", "carol"] {
        let token = server.tokens().consumer(consumer);
        let issued = server.client().issue(&coupon, &token).await.unwrap();
        assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
    }
    server.assert_audited();
    let name = shop.look(&coupon).await["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let builder = server.builder().clone();
    server.terminate();
    let status = until("the end", async || server.ended()).await;
    assert_eq!(status.code(), Some(0));
    (builder, name)
}

#[rstest]
#[case::a_copy_is_gone(
    "DELETE FROM issued_coupons WHERE id = (SELECT min(id) FROM issued_coupons)",
    "the counter issued says 3, the rows say 2"
)]
#[case::a_counter_is_bumped(
    "UPDATE coupons SET used = used + 1",
    "the counter used says 1, the rows say 0"
)]
#[case::a_copy_is_withdrawn(
    "UPDATE issued_coupons SET state = 'WITHDRAWN' WHERE consumer = 'bob'",
    "the counter withdrawn says 0, the rows say 1"
)]
#[case::a_consumer_has_two(
    "UPDATE issued_coupons SET consumer = 'ann', ordinal = 1 WHERE consumer = 'bob'",
    "more copies than"
)]
#[tokio::test]
async fn an_audit_ends_with_1_and_names_what_was_broken_by_hand(
    #[case] sql: &'static str,
    #[case] says: &str,
) {
    let (builder, coupon) = after_a_drop().await;
    let file = SqliteConnectOptions::new().filename(builder.database());
    let mut connection = file.connect().await.unwrap();
    let broken = connection.execute(sql).await.unwrap();
    assert_eq!(broken.rows_affected(), 1);

    let audited = builder.run(&["audit"]);
    let out = text(&audited.stdout);
    assert_eq!(audited.status.code(), Some(1), "{out}");
    assert!(
        out.contains(&format!("{coupon}: ")) && out.contains(says),
        "{out}"
    );
    assert!(
        out.contains("VIOLATED") && out.contains("1 violation"),
        "{out}"
    );
}

/// The texts after a flag in a command's help, up to the next flag.
fn explained(help: &str) -> Vec<(&str, String)> {
    let mut flags: Vec<(&str, String)> = Vec::new();
    for line in help.lines() {
        let words = line.trim_start();
        let flag = words.split(' ').find(|word| word.starts_with("--"));
        match (flag, flags.last_mut()) {
            (Some(flag), _) if words.starts_with('-') => {
                let (_, text) = words.split_once("  ").unwrap_or_default();
                flags.push((flag, text.trim().to_owned()));
            }
            (_, Some((_, text))) if line.starts_with("        ") => {
                text.push(' ');
                text.push_str(words);
            }
            _ => {}
        }
    }
    flags
}

#[rstest]
#[case(&[], "--listen --max-connections --max-waiting --drain-seconds --data --store --gate \
             --payments --jwt-algorithm --jwt-public-key --jwt-previous-public-key --jwt-issuer \
             --jwt-audience --log --log-format --config", "FIRSTCOME_JWT_SECRET")]
#[case(&["serve"], "--listen --max-connections --max-waiting --drain-seconds --data --store --gate \
             --payments --jwt-algorithm --jwt-public-key --jwt-previous-public-key --jwt-issuer \
             --jwt-audience --log --log-format --config", "FIRSTCOME_JWT_PREVIOUS_SECRET")]
#[case(&["token"], "--sub --role --ttl --data --jwt-issuer --jwt-audience", "FIRSTCOME_JWT_SECRET")]
#[case(&["migrate"], "--store --data --log", "Examples:")]
#[case(&["audit"], "--store --data --log", "exit 1")]
#[case(&["openapi"], "--help", "Examples:")]
fn the_help_of_every_command_explains_every_setting(
    #[case] command: &[&str],
    #[case] settings: &str,
    #[case] also: &str,
) {
    let done = run(&[command, &["--help"]].concat());
    let help = text(&done.stdout);
    assert!(done.status.success() && done.stderr.is_empty(), "{help}");
    assert!(help.contains(also), "{help}");
    let explained = explained(&help);
    for setting in settings.split_whitespace() {
        let found = explained.iter().find(|(flag, _)| *flag == setting);
        let (_, words) = found.unwrap_or_else(|| panic!("{setting} is not in: {help}"));
        assert!(words.split(' ').count() > 1, "{setting}: {words:?}");
        let own = ["--sub", "--role", "--ttl", "--help"].contains(&setting);
        let variable = setting
            .trim_start_matches('-')
            .replace('-', "_")
            .to_uppercase();
        let variable = format!("FIRSTCOME_{variable}");
        assert!(own || words.contains(&variable), "{setting}: {words:?}");
    }
}
