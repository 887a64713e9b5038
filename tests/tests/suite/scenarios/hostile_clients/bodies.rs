//! Bodies that are too large, too slow, or not what they announced.

use std::time::Duration;

use firstcome_tests::over_http::Server;

use super::{Raw, Reply, assert_serves};

const LARGEST: usize = 64 * 1024;
const DRIP: Duration = Duration::from_millis(100);
const NO_PAUSE: Duration = Duration::ZERO;

/// A POST to `/v1/events` by an admin, up to its body.
fn head(server: &Server, headers: &str) -> String {
    let admin = server.tokens().admin();
    format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {admin}\r\n\
         content-type: application/json\r\n{headers}\r\n\r\n"
    )
}

fn event(name: &str) -> String {
    serde_json::json!({"name": name, "endsAt": "2099-01-01T00:00:00Z"}).to_string()
}

#[tokio::test]
async fn an_announced_giant_is_refused_before_its_first_byte() {
    let server = Server::start();
    for more in ["", "\r\nexpect: 100-continue"] {
        for length in [LARGEST + 1, usize::MAX / 2] {
            let mut client = Raw::connect(server.address()).await;
            let head = head(&server, &format!("content-length: {length}{more}"));
            client.send(head).await;
            let reply = client.reply().await;
            reply.is_problem(more, 413, "BODY_TOO_LARGE");
            assert!(reply.has("connection: close"), "{reply:?}");
            client.is_closed().await;
        }
    }
}

#[tokio::test]
async fn the_refusal_of_a_giant_can_be_read_by_a_client_that_first_sends_all_of_it() {
    let server = Server::start();
    let length = 4 * 1024 * 1024;
    let mut client = Raw::connect(server.address()).await;
    client
        .send(head(&server, &format!("content-length: {length}")))
        .await;
    client.send(vec![b' '; length]).await;
    client
        .reply()
        .await
        .is_problem("announced", 413, "BODY_TOO_LARGE");

    let mut client = Raw::connect(server.address()).await;
    client
        .send(head(&server, "transfer-encoding: chunked"))
        .await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..length / 0x10000 {
        client.send(&chunk).await;
    }
    client.send("0\r\n\r\n").await;
    client
        .reply()
        .await
        .is_problem("chunked", 413, "BODY_TOO_LARGE");
    client.is_closed().await;
}

#[tokio::test]
async fn a_body_without_end_is_refused_as_soon_as_it_is_too_large() {
    let server = Server::start();
    for chunk in [
        "1\r\n \r\n".repeat(1_000),
        format!("10000\r\n{}\r\n", " ".repeat(0x10000)),
    ] {
        let mut client = Raw::connect(server.address()).await;
        client
            .send(head(&server, "transfer-encoding: chunked"))
            .await;
        let reply = client.endlessly(chunk.as_bytes(), NO_PAUSE).await;
        reply.is_problem("endless", 413, "BODY_TOO_LARGE");
    }
    assert_serves(&server).await;
}

#[tokio::test]
async fn chunks_of_whatever_size_are_a_body() {
    let server = Server::start();
    let mut client = Raw::connect(server.address()).await;
    for (name, size) in [("a", 1), ("b", 7), ("c", 1_000)] {
        client
            .send(head(&server, "transfer-encoding: chunked"))
            .await;
        for chunk in event(name).as_bytes().chunks(size) {
            let chunk = std::str::from_utf8(chunk).unwrap();
            client
                .send(format!("{:X};note=1\r\n{chunk}\r\n", chunk.len()))
                .await;
        }
        client.send("0\r\ntrailer: x\r\n\r\n").await;
        let reply = client.reply().await;
        assert_eq!(
            (reply.status, reply.json()["name"].as_str()),
            (201, Some(name)),
            "{reply:?}"
        );
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_when_its_head_is_good() {
    let server = Server::start();
    let mut client = Raw::connect(server.address()).await;
    let body = event("asked");
    let length = body.len();
    let asking = format!("content-length: {length}\r\nexpect: 100-continue");
    client.send(head(&server, &asking)).await;
    assert_eq!(client.reply().await.status, 100);
    client.send(body).await;
    assert_eq!(client.reply().await.status, 201);
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_is_a_time_out_and_holds_nobody_else_up() {
    let server = Server::start();
    let slow = |headers: &'static str, drip: Option<&'static str>| {
        let (address, head) = (server.address(), head(&server, headers));
        async move {
            let mut client = Raw::connect(address).await;
            client.send(head).await;
            let reply: Reply = match drip {
                Some(drip) => client.endlessly(drip.as_bytes(), DRIP).await,
                None => client.reply().await,
            };
            reply.is_problem(headers, 408, "REQUEST_TIMEOUT");
            assert!(reply.has("connection: close"), "{reply:?}");
            client.is_closed().await;
        }
    };
    let others = async {
        for _ in 0..20 {
            assert_serves(&server).await;
        }
    };
    tokio::join!(
        slow("content-length: 1000", None),
        slow("content-length: 1000", Some(" ")),
        slow("transfer-encoding: chunked", None),
        slow("transfer-encoding: chunked", Some("1\r\n \r\n")),
        // Not even the first chunk's size is whole.
        slow("transfer-encoding: chunked", Some("0")),
        others,
    );
}

#[tokio::test]
async fn a_body_that_is_not_framed_as_announced_is_malformed() {
    let server = Server::start();
    for chunks in [
        "x\r\n\r\n",
        "-1\r\n\r\n",
        "2\r\n{}}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "FFFFFFFFFFFFFFFFF\r\n{}",
        "\0\0\0\0",
    ] {
        let mut client = Raw::connect(server.address()).await;
        client
            .send(head(&server, "transfer-encoding: chunked"))
            .await;
        client.send(chunks).await;
        let reply = client.reply().await;
        reply.is_problem(chunks, 400, "BIND_ERROR");
        assert_eq!(reply.json()["field"], "body");
        client.is_closed().await;
    }
    for lengths in [
        "content-length: -1",
        "content-length: +2",
        "content-length: 0x2",
        "content-length: 2 2",
        "content-length: 18446744073709551616",
        "content-length: 2\r\ncontent-length: 3",
        "content-length: ",
        "transfer-encoding: gzip",
        "transfer-encoding: chunked, identity",
    ] {
        let mut client = Raw::connect(server.address()).await;
        client.send(head(&server, lengths)).await;
        client.send("{}").await;
        client.reply().await.is_problem(lengths, 400, "BIND_ERROR");
        client.is_closed().await;
    }
    assert_serves(&server).await;
}

#[tokio::test]
async fn a_body_of_two_lengths_never_hides_a_request() {
    let server = Server::start();
    let mut client = Raw::connect(server.address()).await;
    let hidden = "GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n";
    let lengths = format!(
        "content-length: {}\r\ntransfer-encoding: chunked",
        5 + hidden.len()
    );
    client.send(head(&server, &lengths)).await;
    client.send(format!("0\r\n\r\n{hidden}")).await;
    let reply = client.reply().await;
    assert_eq!(reply.status, 400, "{reply:?}");
    // RFC 9112, 6.1: whichever length was believed, the connection ends.
    client.is_closed().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_no_body() {
    let server = Server::start();
    let whole = event("broken off");
    for (headers, sent) in [
        ("content-length: 1000", whole.clone()),
        (
            "transfer-encoding: chunked",
            format!("{:x}\r\n{whole}\r\n", whole.len()),
        ),
        (
            "transfer-encoding: chunked",
            format!("{:x}\r\n{whole}", 1 + whole.len()),
        ),
    ] {
        let mut client = Raw::connect(server.address()).await;
        client.send(head(&server, headers)).await;
        client.send(sent).await;
        client.half_close().await;
        let reply = client.reply().await;
        reply.is_problem(headers, 400, "BIND_ERROR");
        client.is_closed().await;
    }
    let admin = server.tokens().admin();
    let events = server.client().get("/v1/events", &admin).await.json();
    assert_eq!(events["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn a_reply_that_leaves_a_body_unread_says_that_the_connection_ends() {
    let server = Server::start();
    let consumer = server.tokens().consumer("ann");
    for (request, status) in [
        ("POST /v1/events HTTP/1.1".to_owned(), 401),
        (
            format!("POST /v1/events HTTP/1.1\r\nauthorization: Bearer {consumer}"),
            403,
        ),
        (
            format!(
                "POST /v1/coupons/x/issued-coupons HTTP/1.1\r\nauthorization: Bearer {consumer}"
            ),
            404,
        ),
        (
            format!("GET /v1/events HTTP/1.1\r\nauthorization: Bearer {consumer}"),
            200,
        ),
        ("POST /nowhere HTTP/1.1".to_owned(), 404),
        ("DELETE /v1/events HTTP/1.1".to_owned(), 405),
    ] {
        let mut client = Raw::connect(server.address()).await;
        // The body follows only after the reply, as it may.
        client
            .send(format!("{request}\r\nhost: x\r\ncontent-length: 2\r\n\r\n"))
            .await;
        if status == 404 && request.contains("issued-coupons") {
            // This one waits for the body; and having read all of it, goes on.
            client.send("{}").await;
            let reply = client.reply().await;
            assert!(
                reply.status == status && !reply.has("connection: close"),
                "{reply:?}"
            );
            continue;
        }
        let reply = client.reply().await;
        assert!(
            reply.status == status && reply.has("connection: close"),
            "{reply:?}"
        );
        client.send("{}").await;
        client.is_closed().await;
    }
}
