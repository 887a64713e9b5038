use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::try_join_all;

use super::*;
use crate::listen;

#[tokio::test]
async fn the_connection_that_is_idle_longest_makes_room() {
    let server = Server::start(Limits {
        max_connections: 3,
        ..patient()
    })
    .await;
    let mut first = server.connect().await;
    first.works().await;
    let mut silent = server.connect().await;
    let mut third = server.connect().await;
    third.works().await;
    // Now the silent one has waited longest, since the first was served again.
    first.works().await;
    server.connect().await.works().await;
    silent.is_closed_orderly().await;
    first.works().await;
    third.works().await;
}

#[tokio::test]
async fn a_piece_of_a_head_keeps_no_place() {
    let server = Server::start(Limits {
        max_connections: 1,
        ..patient()
    })
    .await;
    let mut partial = server.connect().await;
    partial.send("GET /hello HTTP/1.1\r\n").await;
    server.connect().await.works().await;
    partial.is_closed().await;
}

#[tokio::test]
async fn a_connection_that_is_serving_never_makes_room() {
    let server = Server::start(Limits {
        max_connections: 1,
        ..patient()
    })
    .await;
    let mut serving = server.connect().await;
    serving.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.gate.somebody_is_inside().await;
    let mut waiting = server.connect().await;
    waiting.send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let early = timeout(SHORT, waiting.0.readable()).await;
    assert!(early.is_err(), "served beyond the limit");
    server.gate.let_one_out();
    assert_eq!(serving.reply().await.body, "slow");
    // Served, it is idle, and makes room.
    assert_eq!(waiting.reply().await.body, "hello");
    serving.is_closed_orderly().await;
}

#[tokio::test]
async fn many_silent_connections_lock_nobody_out() {
    let server = Server::start(Limits {
        max_connections: 50,
        ..patient()
    })
    .await;
    let mut silent = Vec::new();
    for round in 0..400 {
        silent.push(server.connect().await);
        if round % 20 == 0 {
            server.connect().await.works().await;
        }
    }
    server.connect().await.works().await;
}

#[tokio::test]
async fn connections_that_have_ended_give_their_places_back() {
    let server = Server::start(Limits {
        max_connections: 2,
        ..patient()
    })
    .await;
    for _ in 0..300 {
        server.connect().await.works().await;
    }
}

/// Fails with each of `failures` in turn before each connection.
struct Failing {
    listener: TcpListener,
    failures: &'static [fn() -> io::Error],
    accepts: AtomicUsize,
}

impl Failing {
    async fn server(limits: Limits, failures: &'static [fn() -> io::Error]) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::start_with(listener, limits, |listener| Self {
            listener,
            failures,
            accepts: AtomicUsize::new(0),
        })
    }
}

impl Accept for Failing {
    async fn accept(&self) -> io::Result<TcpStream> {
        let turn = self.accepts.load(Ordering::Relaxed) % (self.failures.len() + 1);
        if let Some(failure) = self.failures.get(turn) {
            self.accepts.fetch_add(1, Ordering::Relaxed);
            return Err(failure());
        }
        let accepted = Accept::accept(&self.listener).await;
        self.accepts.fetch_add(1, Ordering::Relaxed);
        accepted
    }
}

#[tokio::test]
async fn failures_to_accept_end_neither_the_server_nor_other_connections() {
    let failures: &[fn() -> io::Error] = &[
        || io::ErrorKind::ConnectionAborted.into(),
        || io::ErrorKind::OutOfMemory.into(),
        || io::ErrorKind::Interrupted.into(),
    ];
    let server = Failing::server(patient(), failures).await;
    let mut first = server.connect().await;
    first.works().await;
    server.connect().await.works().await;
    first.works().await;
}

#[tokio::test]
async fn a_lack_of_descriptors_is_met_by_the_connection_that_is_idle_longest() {
    // As often as it takes until the one that has only just come may have to give way.
    let no_descriptor: fn() -> io::Error = || io::Error::from_raw_os_error(24);
    let failures: &'static [fn() -> io::Error] = vec![no_descriptor; 5].leak();
    let server = Failing::server(patient(), failures).await;
    let mut idle = server.connect().await;
    // Accepted, its successor's accept fails, and it is the only one that can give way.
    idle.is_closed_orderly().await;
}

/// The system drops what comes on top of its bound, and the client asks again a second later.
#[tokio::test]
async fn a_crowd_that_comes_at_once_waits_to_be_accepted() {
    const CROWD: usize = 1_000;
    let bound = std::fs::read_to_string("/proc/sys/net/core/somaxconn");
    let bound = bound.map_or(CROWD, |bound| bound.trim().parse().unwrap());
    let listener = listen((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let crowd = (0..CROWD.min(bound)).map(|_| TcpStream::connect(address));
    // Nobody is accepted, so a connection that is made waits.
    in_time(try_join_all(crowd)).await.unwrap();
}
