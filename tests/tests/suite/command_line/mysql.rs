//! A store in MySQL as its operator meets it: migrated, granted, refused, its gate renewed.

use std::{net::TcpListener, process::Output, thread};

use firstcome_tests::servers::{Database, Make, SqlServer, User};
use rstest::rstest;
use tempfile::TempDir;

use super::{assert_refused, run_in, text};

const SECRET: (&str, &str) = ("FIRSTCOME_JWT_SECRET", "a secret of 32 bytes, or of more");
const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0"];
const MIGRATE: &[&str] = &["migrate"];
const RENEW: &[&str] = &["gate", "renew"];
const AUDIT: &[&str] = &["audit"];

/// Runs the program with this store, to its end.
fn run(arguments: &[&str], store: &str) -> Output {
    let empty = TempDir::new().unwrap();
    run_in(
        empty.path(),
        arguments,
        &[("FIRSTCOME_STORE", store), SECRET],
    )
}

/// It prints this.
fn said(done: &Output) -> String {
    assert!(done.status.success(), "{}", text(&done.stderr));
    text(&done.stdout)
}

/// It ends so, says why, and shows no password.
fn assert_ends(done: &Output, status: i32, says: &str) {
    let (out, error) = (text(&done.stdout), text(&done.stderr));
    assert_eq!(done.status.code(), Some(status), "{out}{error}");
    assert!(error.contains(says), "{says} is not in: {error}");
    assert!(!error.contains("secret"), "{error}");
    assert_eq!(out, "");
}

async fn migrated(make: Make) -> Database {
    let database = SqlServer::shared(make).database().await;
    said(&run(MIGRATE, &database.url(User::Migrator)));
    database
}

async fn migrate_says_what_it_has_done(make: Make) {
    let database = SqlServer::shared(make).database().await;
    let url = database.url(User::Migrator);
    let first = said(&run(MIGRATE, &url));
    assert!(
        first.contains("was at version 0 and is at version"),
        "{first}"
    );
    let again = said(&run(MIGRATE, &url));
    assert!(again.contains("is up to date, at version"), "{again}");
}

async fn of_several_that_migrate_at_once_one_does_it(make: Make) {
    let database = SqlServer::shared(make).database().await;
    let url = database.url(User::Migrator);
    let said: Vec<String> = thread::scope(|scope| {
        let migrating: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| said(&run(MIGRATE, &url))))
            .collect();
        migrating
            .into_iter()
            .map(|migrating| migrating.join().unwrap())
            .collect()
    });
    let did = said.iter().filter(|said| said.contains("was at version 0"));
    assert_eq!(did.count(), 1, "{said:?}");
    let found_it_done = said.iter().filter(|said| said.contains("is up to date"));
    assert_eq!(found_it_done.count(), 3, "{said:?}");
}

async fn what_is_not_migrated_is_not_served(make: Make) {
    let database = SqlServer::shared(make).database().await;
    let url = database.url(User::Application);
    for command in [SERVE, RENEW, AUDIT] {
        assert_ends(&run(command, &url), 2, "run `firstcome migrate`");
    }
}

async fn what_is_half_done_or_of_a_newer_program_is_left_alone(make: Make) {
    let database = migrated(make).await;
    let (name, migrator) = (database.name(), database.url(User::Migrator));
    let half = format!("UPDATE {name}._sqlx_migrations SET success = FALSE");
    database.as_root(half).await.unwrap();
    for command in [SERVE, MIGRATE, RENEW] {
        assert_ends(&run(command, &migrator), 1, "is half done");
    }
    let newer = format!(
        "UPDATE {name}._sqlx_migrations SET success = TRUE; \
         INSERT INTO {name}._sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (4000, 'newer', TRUE, 'x', 0)"
    );
    database.as_root(newer).await.unwrap();
    for command in [SERVE, MIGRATE, RENEW] {
        assert_ends(&run(command, &migrator), 2, "has version 4000");
    }
}

async fn a_user_who_is_not_let_in_is_a_wrong_setting(make: Make) {
    let database = migrated(make).await;
    let url = database.url(User::Application);
    let wrong = url.replace(":secret@", ":s3cret@");
    for command in [SERVE, MIGRATE, RENEW] {
        assert_ends(
            &run(command, &wrong),
            2,
            "`store`: the ledger can't be opened",
        );
    }
}

async fn a_renewed_gate_has_a_new_generation_each_time(make: Make) {
    let database = migrated(make).await;
    let url = database.url(User::Application);
    let generations = [(); 2].map(|()| {
        let out = said(&run(RENEW, &url));
        let line = out.lines().next().unwrap();
        line.strip_prefix("the gate's generation is ")
            .unwrap()
            .to_owned()
    });
    assert_ne!(generations[0], generations[1]);
}

macro_rules! on {
    ($make:ident, $variant:ident, $ignored:meta: $($rule:ident),* $(,)?) => {
        mod $make {
            use firstcome_tests::servers::Make;

            $(
                #[$ignored]
                #[tokio::test(flavor = "multi_thread")]
                async fn $rule() {
                    super::$rule(Make::$variant).await;
                }
            )*
        }
    };
}

on!(
    mariadb, MariaDb, cfg_attr(without_mariadb, ignore = "needs MariaDB"):
    migrate_says_what_it_has_done,
    of_several_that_migrate_at_once_one_does_it,
    what_is_not_migrated_is_not_served,
    what_is_half_done_or_of_a_newer_program_is_left_alone,
    a_user_who_is_not_let_in_is_a_wrong_setting,
    a_renewed_gate_has_a_new_generation_each_time,
);
on!(
    mysql, MySql, cfg_attr(without_mysql, ignore = "needs MySQL"):
    migrate_says_what_it_has_done,
    of_several_that_migrate_at_once_one_does_it,
    what_is_not_migrated_is_not_served,
    a_user_who_is_not_let_in_is_a_wrong_setting,
);

#[test]
fn a_server_that_is_away_can_not_be_reached() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let url = format!("mysql://app:secret@{address}/firstcome");
    for command in [SERVE, MIGRATE, RENEW, AUDIT] {
        assert_ends(
            &run(command, &url),
            3,
            "`store`: the ledger can't be opened",
        );
    }
}

#[test]
fn the_users_are_printed_without_a_server() {
    let done = run(
        &["migrate", "--grants"],
        "mysql://app:secret@nowhere.invalid/of_mine",
    );
    assert_eq!(said(&done), adapter_mysql::grants("of_mine"));
}

#[rstest]
#[case(&["migrate", "--grants"], "`store`")]
#[case(RENEW, "`store`")]
#[case(&["serve", "--gate", "redis://127.0.0.1"], "--gate")]
fn what_only_nodes_that_share_a_store_have_is_refused_to_one_alone(
    #[case] arguments: &[&str],
    #[case] names: &str,
) {
    let folder = TempDir::new().unwrap();
    let refused = run_in(folder.path(), arguments, &[]);
    assert_refused(folder.path(), &refused, names);
    assert!(text(&refused.stderr).contains("mysql://"));
}

#[rstest]
#[case::serving(SERVE)]
#[case::a_token(&["token", "--sub", "ann", "--role", "admin"])]
fn nodes_that_share_a_store_must_be_told_the_key(#[case] arguments: &[&str]) {
    let folder = TempDir::new().unwrap();
    let store = ("FIRSTCOME_STORE", "mysql://app@127.0.0.1:1/firstcome");
    let refused = run_in(folder.path(), arguments, &[store]);
    assert_refused(folder.path(), &refused, "`jwt_secret`");
}
