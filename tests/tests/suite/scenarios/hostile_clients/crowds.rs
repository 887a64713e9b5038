//! More connections than anybody needs.

use std::{io::Write, net::SocketAddr};

use firstcome_tests::over_http::{Server, ServerBuilder};
use rlimit::Resource;
use tokio::task::JoinSet;

use super::Raw;

const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

/// Connections that have had an answer and keep silent since.
async fn idle(address: SocketAddr, count: usize) -> Vec<Raw> {
    let mut connecting = JoinSet::new();
    let mut idle = Vec::new();
    for n in 0..count {
        connecting.spawn(async move {
            let mut client = Raw::connect(address).await;
            client.send(LIVE).await;
            assert_eq!(client.reply().await.status, 200, "connection {n}");
            client
        });
        if connecting.len() >= 500 {
            idle.push(connecting.join_next().await.unwrap().unwrap());
        }
    }
    idle.extend(connecting.join_all().await);
    idle
}

/// So many connections, once this process may have them all: each needs a descriptor, the other tests
/// have theirs, and servers inherit what may be raised. Where the system forbids it, as many as it
/// allows; whoever reads the output is told, and under CI the test fails.
fn as_many_as_may_be(connections: usize) -> usize {
    const OTHERS: u64 = 2_000;
    let needed = u64::try_from(connections).unwrap() + OTHERS;
    let mut files = rlimit::increase_nofile_limit(needed).unwrap();
    if files < needed && Resource::NOFILE.set(needed, needed).is_ok() {
        files = needed;
    }
    if files >= needed {
        return connections;
    }
    let fewer = usize::try_from(files.saturating_sub(OTHERS).max(files / 4)).unwrap();
    let told = format!(
        "NOT TESTED: {connections} idle connections. The system allows this process {files} open \
         files, {needed} are needed (`ulimit -Hn`): tested with {fewer} connections.\n"
    );
    // Past the test's own output, which is shown only when it fails.
    std::io::stderr().write_all(told.as_bytes()).unwrap();
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(!ci, "{told}");
    fewer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_keep_nobody_out() {
    let count = as_many_as_may_be(10_000);
    let server = Server::start();
    let crowd = idle(server.address(), count).await;
    let limited = server.logged().contains("above the limit of open files");
    assert!(
        !limited || count < 10_000,
        "the server has not raised its limit"
    );
    let admin = server.tokens().admin();
    let mut client = server.client();
    for n in 0..200 {
        // Every other time on a new connection, for which there is no place.
        if n % 2 == 0 {
            client = server.client();
        }
        assert_eq!(client.get("/v1/events", &admin).await.status, 200);
    }
    drop(crowd);
    assert_eq!(client.get("/v1/events", &admin).await.status, 200);
}

#[tokio::test]
async fn of_more_connections_than_there_are_places_the_longest_idle_make_room() {
    let server = ServerBuilder::default().with("max_connections", 8).start();
    let mut crowd = Vec::new();
    for _ in 0..40 {
        crowd.extend(idle(server.address(), 1).await);
    }
    let last = crowd.split_off(36);
    for mut client in crowd.into_iter().take(32) {
        client.is_closed().await;
    }
    for mut client in last {
        client.send(LIVE).await;
        assert_eq!(client.reply().await.status, 200);
    }
}

#[tokio::test]
async fn a_crowd_larger_than_all_places_is_served_all_the_same() {
    let server = ServerBuilder::default().with("max_connections", 8).start();
    let address = server.address();
    let mut crowd = JoinSet::new();
    for _ in 0..100 {
        crowd.spawn(async move {
            // One that was too slow to ask may have had to make room, and comes again.
            for _ in 0..100 {
                let mut client = Raw::connect(address).await;
                if client.try_send(LIVE).await.is_ok() && client.next().await.is_some() {
                    return true;
                }
            }
            false
        });
    }
    assert_eq!(crowd.join_all().await, [true; 100]);
}

#[tokio::test]
async fn when_every_place_is_held_by_a_slow_body_the_next_is_served_when_those_are_timed_out() {
    let server = ServerBuilder::default().with("max_connections", 4).start();
    let admin = server.tokens().admin();
    let mut slow = Vec::new();
    for _ in 0..4 {
        let mut client = Raw::connect(server.address()).await;
        client
            .send(format!(
                "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {admin}\r\n\
                 content-type: application/json\r\ncontent-length: 10\r\n\
                 expect: 100-continue\r\n\r\n"
            ))
            .await;
        // It is being served, and so has its place for good.
        assert_eq!(client.reply().await.status, 100);
        slow.push(client);
    }
    assert_eq!(server.client().get("/v1/events", &admin).await.status, 200);
    for mut client in slow {
        client
            .reply()
            .await
            .is_problem("slow", 408, "REQUEST_TIMEOUT");
    }
}
