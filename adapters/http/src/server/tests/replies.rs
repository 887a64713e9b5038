use std::os::fd::AsFd;

use parking_lot::Mutex;

use super::*;

#[tokio::test]
async fn a_refusal_arrives_though_the_client_still_sends() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    client
        .send("POST /refuse HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let chunk = [b"10000\r\n".as_slice(), &[b'x'; 0x10000], b"\r\n"].concat();
    for _ in 0..100 {
        client.send(&chunk).await;
    }
    let reply = client.reply().await;
    assert!(reply.head.starts_with("HTTP/1.1 413 "), "{}", reply.head);
    assert_eq!(reply.body, "no");
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_client_that_asked_to_close_is_answered_and_closed() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    client
        .send("GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(client.reply().await.body, "hello");
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_reader_that_stops_reading_loses_its_connection() {
    let limits = Limits {
        max_connections: 1,
        stalled_write: SHORT,
        ..patient()
    };
    let server = Server::start(limits).await;
    let mut stalled = server.connect().await;
    stalled.send("GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await;
    // The only place is taken by a request that is being served: it is free when that is dropped.
    assert!(in_time(stalled.0.read_u8()).await.is_ok());
    server.connect().await.works().await;
    let mut rest = Vec::new();
    let _ = in_time(stalled.0.read_to_end(&mut rest)).await;
    assert!(rest.len() < BIG, "{} bytes came", rest.len());
}

#[tokio::test]
async fn a_reader_that_takes_a_little_now_and_then_loses_its_connection_too() {
    let limits = Limits {
        stalled_write: SHORT,
        ..patient()
    };
    let server = Server::start(limits).await;
    let mut slow = server.connect().await;
    slow.send("GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut now_and_then = tokio::time::interval(SHORT / 8);
    let (mut taken, mut piece) = (0, vec![0; BIG / 1024]);
    loop {
        now_and_then.tick().await;
        match in_time(slow.0.read(&mut piece)).await {
            Ok(0) | Err(_) => break,
            Ok(bytes) => taken += bytes,
        }
    }
    assert!(taken < BIG, "{taken} bytes came");
}

#[tokio::test]
async fn a_reader_that_reads_gets_everything() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    assert_eq!(client.get("/big").await.body.len(), BIG);
    client.works().await;
}

#[rstest::rstest]
#[case::one_request(&["slow"])]
#[case::pipelined(&["slow", "hello"])]
#[tokio::test]
async fn a_client_that_closes_its_sending_side_gets_every_answer(#[case] asked: &[&str]) {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    let requests = asked
        .iter()
        .map(|path| format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n"));
    client.send(requests.collect::<String>()).await;
    client.0.shutdown().await.unwrap();
    server.gate.somebody_is_inside().await;
    // By now the server could know.
    server.connect().await.works().await;
    server.gate.let_one_out();
    for body in asked {
        assert_eq!(client.reply().await.body, *body);
    }
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_client_that_is_gone_keeps_its_place_no_longer_than_its_request_takes() {
    let server = Server::start(Limits {
        max_connections: 1,
        ..patient()
    })
    .await;
    let mut gone = server.connect().await;
    gone.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.gate.somebody_is_inside().await;
    drop(gone);
    let mut next = server.connect().await;
    next.send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.gate.let_one_out();
    assert_eq!(next.reply().await.body, "hello");
}

/// Keeps a second descriptor of every connection that it accepts.
struct Watched {
    listener: TcpListener,
    accepted: Arc<Mutex<Vec<std::net::TcpStream>>>,
}

impl Accept for Watched {
    async fn accept(&self) -> std::io::Result<TcpStream> {
        let stream = Accept::accept(&self.listener).await?;
        let second = stream.as_fd().try_clone_to_owned()?;
        self.accepted.lock().push(second.into());
        Ok(stream)
    }
}

#[tokio::test]
async fn a_reply_does_not_wait_for_the_acknowledgement_of_the_one_before() {
    let accepted = Arc::<Mutex<Vec<std::net::TcpStream>>>::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start_with(listener, patient(), |listener| Watched {
        listener,
        accepted: Arc::clone(&accepted),
    });
    for _ in 0..3 {
        server.connect().await.works().await;
    }
    let delayed: Vec<bool> = accepted
        .lock()
        .iter()
        .map(|stream| !stream.nodelay().unwrap())
        .collect();
    assert_eq!(delayed, [false; 3]);
}
