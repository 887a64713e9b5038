use super::*;

#[tokio::test]
async fn what_is_being_served_is_answered_and_everything_else_is_closed() {
    let server = Server::start(patient()).await;
    let mut serving = server.connect().await;
    serving.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.gate.somebody_is_inside().await;
    let mut idle = server.connect().await;
    idle.works().await;

    server.stop.send(()).unwrap();
    idle.is_closed_orderly().await;
    assert!(
        TcpStream::connect(server.address).await.is_err(),
        "a new connection was taken"
    );
    assert!(!server.ended.is_finished());

    server.gate.let_one_out();
    let reply = serving.reply().await;
    assert_eq!(reply.body, "slow");
    assert!(
        reply.head.contains("\r\nconnection: close\r\n"),
        "{}",
        reply.head
    );
    serving.is_closed_orderly().await;
    in_time(server.ended).await.unwrap();
}

#[tokio::test]
async fn a_reply_that_is_on_its_way_is_finished() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    client.send("GET /big HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(in_time(client.0.read_u8()).await.is_ok());
    server.stop.send(()).unwrap();
    let mut rest = Vec::new();
    in_time(client.0.read_to_end(&mut rest)).await.unwrap();
    assert!(rest.len() > BIG);
    in_time(server.ended).await.unwrap();
}

#[tokio::test]
async fn what_is_not_finished_in_time_is_cut_off() {
    let server = Server::start(Limits {
        drain: SHORT,
        ..patient()
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.gate.somebody_is_inside().await;
    server.stop.send(()).unwrap();
    in_time(server.ended).await.unwrap();
    client.is_closed().await;
}

#[tokio::test]
async fn a_server_with_nothing_to_do_stops_at_once() {
    let server = Server::start(patient()).await;
    let mut silent = server.connect().await;
    server.stop.send(()).unwrap();
    in_time(server.ended).await.unwrap();
    silent.is_closed().await;
}
