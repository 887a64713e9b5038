//! The wire does what it is told to, to what passes it, and to nothing else.

use std::time::{Duration, Instant};

use firstcome_tests::nodes::{Proxy, Trouble};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// Longer than a loopback ever takes, and short enough to wait for.
const SILENCE: Duration = Duration::from_millis(100);

/// A server that says back whatever it hears, behind a wire.
async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = client.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Proxy::to(address).await
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

/// What comes back; none when the connection is gone.
async fn say(stream: &mut TcpStream, what: &[u8]) -> Option<Vec<u8>> {
    stream.write_all(what).await.ok()?;
    let mut heard = vec![0; what.len()];
    stream.read_exact(&mut heard).await.ok()?;
    Some(heard)
}

/// A packet of MySQL's protocol.
fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&length[..3], &[sequence], payload].concat()
}

fn query(text: &str) -> Vec<u8> {
    packet(0, &[&[3], text.as_bytes()].concat())
}

#[tokio::test]
async fn a_wire_passes_everything_until_it_is_cut_and_after_it_is_healed() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    assert_eq!(say(&mut stream, b"hello").await.unwrap(), b"hello");
    proxy.suffer(Trouble::Cut);
    assert_eq!(say(&mut stream, b"hello").await, None);
    assert_eq!(say(&mut connect(&proxy).await, b"hello").await, None);
    proxy.heal();
    let mut stream = connect(&proxy).await;
    assert_eq!(say(&mut stream, b"hello").await.unwrap(), b"hello");
}

#[tokio::test]
async fn a_slow_wire_brings_everything_so_much_later() {
    let proxy = echo().await;
    for trouble in [
        Trouble::LateReplies(SILENCE),
        Trouble::LateRequests(SILENCE),
    ] {
        proxy.suffer(trouble);
        let (mut stream, begun) = (connect(&proxy).await, Instant::now());
        assert_eq!(say(&mut stream, b"hello").await.unwrap(), b"hello");
        assert!(begun.elapsed() >= SILENCE);
    }
}

#[tokio::test]
async fn what_is_late_arrives_though_its_sender_has_gone() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = Proxy::to(listener.local_addr().unwrap()).await;
    proxy.suffer(Trouble::LateRequests(SILENCE));
    let mut stream = connect(&proxy).await;
    stream.write_all(b"hello").await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    drop(stream);
    let mut heard = Vec::new();
    server.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"hello");
}

#[tokio::test]
async fn a_connection_that_lost_a_reply_is_cut_when_the_trouble_ends() {
    let proxy = echo().await;
    proxy.suffer(Trouble::NoReplies);
    let mut stream = connect(&proxy).await;
    let heard = timeout(SILENCE, say(&mut stream, b"hello")).await;
    assert!(heard.is_err(), "{heard:?}");
    proxy.heal();
    assert_eq!(say(&mut stream, b"hello").await, None);
}

#[tokio::test]
async fn the_reply_to_a_commit_is_lost_and_no_other() {
    let proxy = echo().await;
    proxy.suffer(Trouble::NoCommits);
    let mut stream = connect(&proxy).await;
    for passes in [
        packet(1, b"\x03COMMIT"),
        query("SELECT 'COMMIT'"),
        query("COMM"),
        query("COMMITTED"),
        [query("BEGIN"), query("SELECT 1")].concat(),
    ] {
        assert_eq!(say(&mut stream, &passes).await.unwrap(), passes);
    }
    assert_eq!(proxy.commits_lost(), 0);
    // The first breaks the connection.
    assert_eq!(say(&mut stream, &query("commit")).await, None);
    assert_eq!(proxy.commits_lost(), 1);
    // The next hangs.
    let mut stream = connect(&proxy).await;
    let commit = query("COMMIT; SET SESSION wait_timeout = 1800");
    let heard = timeout(SILENCE, say(&mut stream, &commit)).await;
    assert!(heard.is_err(), "{heard:?}");
    assert_eq!(proxy.commits_lost(), 2);
    proxy.heal();
    let mut stream = connect(&proxy).await;
    let commit = query("COMMIT");
    assert_eq!(say(&mut stream, &commit).await.unwrap(), commit);
}

#[tokio::test]
async fn a_commit_in_pieces_is_a_commit() {
    let proxy = echo().await;
    proxy.suffer(Trouble::NoCommits);
    let mut stream = connect(&proxy).await;
    let commit = query("COMMIT");
    for (number, byte) in commit.iter().enumerate() {
        let is_last = number + 1 == commit.len();
        let heard = say(&mut stream, &[*byte]).await;
        assert_eq!(heard.is_none(), is_last, "byte {number}");
    }
}
