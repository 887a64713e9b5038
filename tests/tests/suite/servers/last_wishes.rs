//! What becomes of the servers when the test process is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use firstcome_tests::servers::{Make, Redis, SqlServer};
use firstcome_tests::until;

/// The test below, as the test binary knows it.
const CHILD: &str = "suite::servers::last_wishes::a_process_that_is_killed_leaves_no_server";
/// Set for the child.
const IS_CHILD: &str = "FC_CHILD_OF_SERVERS";

#[cfg_attr(
    any(without_mariadb, without_redis),
    ignore = "needs MariaDB and Redis"
)]
#[tokio::test]
async fn a_process_that_is_killed_leaves_no_server() {
    if std::env::var(IS_CHILD).is_ok() {
        let (database, redis) = (SqlServer::shared(Make::MariaDb), Redis::start());
        let folder = database.socket().parent().unwrap();
        eprintln!(
            "there {} {} {}",
            folder.display(),
            database.address(),
            redis.address()
        );
        return std::future::pending().await;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([CHILD, "--exact", "--nocapture"])
        .env(IS_CHILD, "")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let there = lines.find_map(|line| {
        let line = line.unwrap();
        let words = line.strip_prefix("there ")?.split(' ');
        Some(words.map(str::to_owned).collect::<Vec<_>>())
    });
    let there = there.unwrap();
    let (folder, servers) = (PathBuf::from(&there[0]), &there[1..]);
    assert!(folder.is_dir());
    assert!(
        servers
            .iter()
            .all(|server| TcpStream::connect(server).is_ok())
    );

    child.kill().unwrap();
    child.wait().unwrap();

    until("an end of the servers and their folder", async || {
        let serves = servers
            .iter()
            .any(|server| TcpStream::connect(server).is_ok());
        (!serves && !folder.exists()).then_some(())
    })
    .await;
}
