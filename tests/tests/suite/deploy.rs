//! The files that come with the program for those who run it: `compose.yaml`, `Dockerfile`, `deploy/`.
//! They are held against the program itself, for nothing here can start a container.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, Output},
};

use firstcome_tests::{
    over_http::{ServerBuilder, firstcome},
    servers::{Make, SqlServer},
};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(name)).unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn run(arguments: &[&str]) -> String {
    text(&firstcome().args(arguments).output().unwrap())
}

/// The words in a text that begin so, each up to what can't be in a name.
fn words<'a>(text: &'a str, beginning: &str) -> BTreeSet<&'a str> {
    let is_in_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(beginning)
        .map(|(at, _)| {
            let word = &text[at..];
            word.split(|c| !is_in_a_name(c)).next().unwrap()
        })
        .collect()
}

#[test]
fn every_setting_that_is_named_is_one() {
    let known = run(&["serve", "--help"]);
    let known = words(&known, "FIRSTCOME_");
    for name in [
        "compose.yaml",
        "Dockerfile",
        "deploy/firstcome.service",
        "docs/operations.md",
        "README.md",
    ] {
        let text = file(name);
        let named = words(&text, "FIRSTCOME_");
        assert!(!named.is_empty(), "{name}");
        let unknown: Vec<_> = named.difference(&known).collect();
        assert_eq!(unknown, [&""; 0], "{name}");
    }
}

#[test]
fn the_users_are_made_with_what_the_program_prints() {
    let printed = run(&[
        "migrate",
        "--grants",
        "--store",
        "mysql://localhost/firstcome",
    ]);
    assert_eq!(file("deploy/grants.sql"), printed);
}

#[test]
fn every_secret_that_compose_needs_is_made_and_is_new_each_time() {
    let make = || {
        text(
            &Command::new(Path::new(ROOT).join("deploy/secrets"))
                .output()
                .unwrap(),
        )
    };
    let (made, other) = (make(), make());
    let names: BTreeSet<_> = made
        .lines()
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    let compose = file("compose.yaml");
    let needed: BTreeSet<_> = compose
        .split("${")
        .skip(1)
        .map(|rest| rest.split_once(":?").unwrap().0)
        .collect();
    assert_eq!(names, needed);
    for (one, another) in made.lines().zip(other.lines()) {
        assert_ne!(one, another);
        let (_, value) = one.split_once('=').unwrap();
        assert_eq!(value.len(), 48, "{one}");
    }
}

#[test]
fn compose_starts_nothing_before_what_it_depends_on_exists() {
    let compose = file("compose.yaml");
    let (_, services) = compose.split_once("\nservices:\n").unwrap();
    let (services, _) = services.split_once("\nnetworks:\n").unwrap();
    let key = |line: &str, indent: &str| {
        let name = line.strip_prefix(indent)?.split_once(':')?.0.to_owned();
        (!name.starts_with([' ', '#'])).then_some(name)
    };
    let there: BTreeSet<String> = services
        .lines()
        .filter_map(|line| key(line, "  "))
        .collect();
    let mut depended_on = BTreeSet::new();
    let mut lines = compose.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(at) = line.find("depends_on:") else {
            continue;
        };
        let indent = " ".repeat(at + 2);
        while let Some(next) = lines.next_if(|next| next.starts_with(&indent)) {
            depended_on.extend(key(next, &indent));
        }
    }
    assert!(
        depended_on.is_subset(&there),
        "{depended_on:?} of {there:?}"
    );
    for name in [
        "mysql",
        "redis",
        "migrate",
        "users-who-migrate",
        "users-who-serve",
    ] {
        assert!(depended_on.contains(name), "{name}");
    }
    let balanced = file("deploy/haproxy.cfg");
    for node in there.iter().filter(|name| name.starts_with("node-")) {
        assert!(
            balanced.contains(&format!("server {node} {node}:8080")),
            "{node}"
        );
    }
}

/// What compose does, in its order, on a server of its own.
#[cfg_attr(without_mariadb, ignore = "needs MariaDB")]
#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_deploy_are_enough_to_migrate_and_to_serve() {
    let server = SqlServer::durable(Make::MariaDb);
    let home = TempDir::new().unwrap();
    let client = format!("[client]\nsocket={}\n", server.socket().display());
    fs::write(home.path().join(".my.cnf"), client).unwrap();
    let users = |when: &str| {
        let done = Command::new(Path::new(ROOT).join("deploy/database-users"))
            .arg(when)
            .env("HOME", home.path())
            .env_remove("MYSQL_HOST")
            .env("MIGRATE_PASSWORD", "m1")
            .env("SERVE_PASSWORD", "s1")
            .output();
        text(&done.unwrap());
    };
    let url = |user: &str| format!("mysql://{user}@{}/firstcome", server.address());
    users("before");
    run(&["migrate", "--store", &url("firstcome_migrate:m1")]);
    users("after");
    let serving = ServerBuilder::default()
        .with("store", url("firstcome:s1"))
        .start();
    let ready = serving.client().get("/health/ready", "").await;
    assert_eq!(ready.status, 200, "{ready:?}");
    // A migration is no business of who serves.
    let refused = firstcome()
        .args(["migrate", "--store", &url("firstcome:s1")])
        .output();
    assert_eq!(refused.unwrap().status.code(), Some(2));
    let audited = run(&["audit", "--store", &url("firstcome:s1")]);
    assert!(audited.contains("0 coupons, all exact"), "{audited}");
}
