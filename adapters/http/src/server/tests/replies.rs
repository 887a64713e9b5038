use super::*;

#[tokio::test]
async fn a_request_says_where_it_came_from() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    let own = client.0.local_addr().unwrap().to_string();
    assert_eq!(client.get("/peer").await.body, own);
}

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
