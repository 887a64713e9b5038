//! `firstcome rehearse` as a user runs it: what it proves, what it writes, what it leaves, how it ends.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use firstcome_tests::{
    over_http::{SECRET, Server, firstcome},
    servers::{Make, Redis, SqlServer},
    until,
};
use rstest::rstest;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = firstcome();
    command
        .current_dir(folder)
        .arg("rehearse")
        .args(arguments.split_whitespace())
        .stdin(Stdio::null());
    command
}

/// What it printed, and its exit status.
fn ended(output: &Output) -> (Option<i32>, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let printed = text(&output.stdout) + &text(&output.stderr);
    (output.status.code(), printed)
}

/// The numbers of a line of the proof; a dash is none.
fn numbers(printed: &str, of: &str) -> Vec<Option<u64>> {
    let line = printed
        .lines()
        .find_map(|line| line.trim().strip_prefix(of));
    let line = line.unwrap_or_else(|| panic!("no {of} in {printed}"));
    line.split_whitespace()
        .map(|number| number.parse().ok())
        .collect()
}

#[rstest]
#[case("issue", "copies")]
#[case("use", "uses")]
fn a_drop_on_a_node_of_its_own_is_proven_and_reported(#[case] kind: &str, #[case] of: &str) {
    let folder = TempDir::new().unwrap();
    let arguments = format!(
        "--embedded --consumers 5000 --coupons 500 --kind {kind} --connections 32 --report drop.html"
    );
    let (status, printed) = ended(&command(folder.path(), &arguments).output().unwrap());
    assert_eq!(status, Some(0), "{printed}");
    let proof = numbers(&printed, of);
    // Cap, …; acknowledged, found, duplicates, oversold, undersold.
    assert_eq!(proof[0], Some(500), "{printed}");
    let last = [Some(500), Some(500), Some(0), Some(0), Some(0)];
    assert_eq!(proof[5..], last, "{printed}");
    let page = fs::read_to_string(folder.path().join("drop.html")).unwrap();
    for what in [
        "Proof",
        "Answers per second",
        "Coupons left",
        "Latency",
        "Machine",
    ] {
        assert!(page.contains(what), "{what}");
    }
    // Of other hosts, and of scripts, there is nothing in it.
    for foreign in ["<script", "http://", "https://", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    // The report is all that it leaves.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn everybody_gets_one_where_there_are_more_coupons_than_consumers() {
    let folder = TempDir::new().unwrap();
    let arguments = "--consumers 300 --coupons 1000 --rate 2000 --connections 16";
    let (status, printed) = ended(&command(folder.path(), arguments).output().unwrap());
    assert_eq!(status, Some(0), "{printed}");
    assert_eq!(
        numbers(&printed, "copies")[5..7],
        [Some(300), Some(300)],
        "{printed}"
    );
}

#[rstest]
#[case("issue")]
#[case("use")]
fn nodes_that_are_killed_and_paused_lose_nothing(#[case] kind: &str) {
    let folder = TempDir::new().unwrap();
    let arguments = format!(
        "--nodes 2 --faults kill,pause --seed 7 --consumers 4000 --coupons 400 --connections 16 \
         --kind {kind} --report drop.html"
    );
    let (status, printed) = ended(&command(folder.path(), &arguments).output().unwrap());
    assert_eq!(status, Some(0), "{printed}");
    let page = fs::read_to_string(folder.path().join("drop.html")).unwrap();
    assert!(page.contains("kill -9 node") && page.contains("SIGCONT node"));
}

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test]
async fn nodes_are_told_of_a_store_and_a_gate_without_an_argument_that_shows_their_passwords() {
    let ledger = SqlServer::shared(Make::MariaDb).database().await;
    let folder = TempDir::new().unwrap();
    let arguments = "--nodes 2 --consumers 2000 --coupons 200 --connections 16 --report drop.html";
    let mut storm = command(folder.path(), arguments);
    storm
        .env("FIRSTCOME_STORE", ledger.root_url())
        .env("FIRSTCOME_GATE", Redis::shared().url());
    let (status, printed) = ended(&storm.output().unwrap());
    assert_eq!(status, Some(2), "{printed}");
    assert!(printed.contains("--yes-this-is-my-shop"), "{printed}");

    let storm = storm
        .arg("--yes-this-is-my-shop")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let shown = until("both nodes", async || {
        let shown = arguments_of_family(storm.id());
        (shown.iter().filter(|shown| shown.contains("serve")).count() == 2).then_some(shown)
    });
    for shown in shown.await {
        assert!(!shown.contains("://"), "{shown}");
    }
    let (status, printed) = ended(&storm.wait_with_output().unwrap());
    assert_eq!(status, Some(0), "{printed}");
    assert_eq!(numbers(&printed, "copies")[5..7], [Some(200), Some(200)]);
    let page = fs::read_to_string(folder.path().join("drop.html")).unwrap();
    assert!(page.contains("mysql://") && !page.contains("root@"));
}

/// What the list of processes shows of this one and of those that it has started.
fn arguments_of_family(parent: u32) -> Vec<String> {
    let shown = |id: u32| fs::read_to_string(format!("/proc/{id}/cmdline")).ok();
    let tasks = fs::read_dir(format!("/proc/{parent}/task"))
        .into_iter()
        .flatten();
    // Each of its threads may have started some.
    let children = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: String = children.collect();
    let children = children.split_whitespace().map(|id| id.parse().unwrap());
    [parent]
        .into_iter()
        .chain(children)
        .filter_map(shown)
        .collect()
}

#[test]
fn a_shop_that_is_there_is_stormed_with_its_own_key_and_keeps_what_was_made() {
    let server = Server::start();
    let folder = server.builder().folder();
    let arguments = format!(
        "--target http://{} --yes-this-is-my-shop --consumers 200 --coupons 50 --connections 8",
        server.address()
    );
    let stormed = command(folder, &arguments)
        .env("FIRSTCOME_JWT_SECRET", SECRET)
        .output()
        .unwrap();
    let (status, printed) = ended(&stormed);
    assert_eq!(status, Some(0), "{printed}");
    server.assert_audited();
    let audit = server.builder().run(&["audit"]);
    assert!(String::from_utf8_lossy(&audit.stdout).contains("rehearsal-"));

    let unknown = command(folder, &arguments)
        .env(
            "FIRSTCOME_JWT_SECRET",
            "another secret of 32 bytes or of more",
        )
        .output()
        .unwrap();
    let (status, printed) = ended(&unknown);
    assert_eq!(status, Some(2), "{printed}");
    assert!(printed.contains("FIRSTCOME_JWT_SECRET"), "{printed}");
}

#[test]
fn a_shop_that_is_not_there_is_unreachable() {
    let folder = TempDir::new().unwrap();
    let arguments = "--target http://127.0.0.1:1 --yes-this-is-my-shop";
    let storm = command(folder.path(), arguments)
        .env("FIRSTCOME_JWT_SECRET", SECRET)
        .output();
    let (status, printed) = ended(&storm.unwrap());
    assert_eq!(status, Some(3), "{printed}");
    assert!(printed.contains("127.0.0.1:1"), "{printed}");
}

#[tokio::test]
async fn after_ctrl_c_what_was_told_until_then_is_still_checked() {
    let server = Server::start();
    let (mut client, token) = (server.client(), server.tokens().admin());
    let arguments = format!(
        "--target http://{} --yes-this-is-my-shop --consumers 100000 --coupons 100000 --rate 200",
        server.address()
    );
    let storm = command(server.builder().folder(), &arguments)
        .env("FIRSTCOME_JWT_SECRET", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("twenty copies", async || {
        let coupons = client.get("/v1/coupons", &token).await.json();
        (coupons["items"][0]["issuedCount"].as_u64()? > 20).then_some(())
    })
    .await;
    let pid = Pid::from_raw(i32::try_from(storm.id()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    let (status, printed) = ended(&storm.wait_with_output().unwrap());
    assert_eq!(status, Some(0), "{printed}");
    let proof = numbers(&printed, "copies");
    assert!(proof[6] > Some(20) && proof[6] < Some(100_000), "{printed}");
    assert_eq!(proof[5], proof[6], "{printed}");
}
