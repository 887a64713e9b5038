use super::*;

fn impatient_with_heads() -> Limits {
    Limits {
        head: SHORT,
        ..patient()
    }
}

#[tokio::test]
async fn a_connection_that_sends_nothing_is_closed_without_a_word() {
    let server = Server::start(impatient_with_heads()).await;
    server.connect().await.is_closed_orderly().await;
}

#[tokio::test]
async fn the_first_head_must_be_complete_in_time() {
    let server = Server::start(impatient_with_heads()).await;
    let mut client = server.connect().await;
    client.send("GET /hello HTTP/1.1\r\nhos").await;
    assert!(client.reply().await.is_problem("REQUEST_TIMEOUT"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_head_that_drips_in_is_as_late_as_one_that_stops() {
    let server = Server::start(impatient_with_heads()).await;
    let client = server.connect().await;
    let (mut reading, mut writing) = client.0.into_split();
    writing
        .write_all(b"GET /hello HTTP/1.1\r\nx: ")
        .await
        .unwrap();
    let dripping = tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let mut reply = vec![0; 12];
    in_time(reading.read_exact(&mut reply)).await.unwrap();
    assert_eq!(reply, b"HTTP/1.1 408");
    drop(reading);
    in_time(dripping).await.unwrap();
}

#[tokio::test]
async fn silence_between_requests_may_last_longer_than_a_head() {
    let server = Server::start(impatient_with_heads()).await;
    let mut client = server.connect().await;
    client.works().await;
    server.head_limit_passes().await;
    server.head_limit_passes().await;
    client.works().await;
}

#[tokio::test]
async fn a_later_head_has_its_limit_from_its_first_byte() {
    let server = Server::start(impatient_with_heads()).await;
    let mut client = server.connect().await;
    client.works().await;
    server.head_limit_passes().await;
    client.send("G").await;
    assert!(client.reply().await.is_problem("REQUEST_TIMEOUT"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word_at_its_limit() {
    let server = Server::start(Limits {
        idle: SHORT,
        ..patient()
    })
    .await;
    let mut client = server.connect().await;
    client.works().await;
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_request_may_be_served_for_longer_than_any_limit_of_waiting() {
    let server = Server::start(Limits {
        idle: SHORT,
        ..impatient_with_heads()
    })
    .await;
    let mut client = server.connect().await;
    client.send("GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    server.gate.somebody_is_inside().await;
    server.head_limit_passes().await;
    server.head_limit_passes().await;
    server.gate.let_one_out();
    assert_eq!(client.reply().await.body, "slow");
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(impatient_with_heads()).await;
    let mut client = server.connect().await;
    client
        .send(
            "GET /hello HTTP/1.1\r\nhost: x\r\n\r\n\
             POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc\
             GET /hello HTTP/1.1\r\nhost: x\r\n\r\n",
        )
        .await;
    for body in ["hello", "abc", "hello"] {
        assert_eq!(client.reply().await.body, body);
    }
    server.head_limit_passes().await;
    client.works().await;
}

#[tokio::test]
async fn a_piece_of_a_head_that_came_with_the_request_before_it_is_answered_at_the_idle_limit() {
    let server = Server::start(Limits {
        idle: SHORT,
        ..patient()
    })
    .await;
    let mut client = server.connect().await;
    client
        .send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\nGET /hel")
        .await;
    assert_eq!(client.reply().await.body, "hello");
    assert!(client.reply().await.is_problem("REQUEST_TIMEOUT"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_body_that_nobody_read_does_not_cost_the_connection() {
    let server = Server::start(impatient_with_heads()).await;
    let mut client = server.connect().await;
    client
        .send("POST /hello HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    assert_eq!(client.reply().await.body, "hello");
    server.head_limit_passes().await;
    server.head_limit_passes().await;
    client.works().await;
}

#[tokio::test]
async fn a_head_over_the_limit_is_refused_and_one_at_the_limit_is_not() {
    let limit = 10_000;
    let server = Server::start(Limits {
        max_head_bytes: limit,
        ..patient()
    })
    .await;
    let head_of = |bytes: usize| {
        let (start, end) = ("GET /hello HTTP/1.1\r\nhost: x\r\nx: ", "\r\n\r\n");
        format!(
            "{start}{}{end}",
            "x".repeat(bytes - start.len() - end.len())
        )
    };
    let mut client = server.connect().await;
    client.send(head_of(limit)).await;
    assert_eq!(client.reply().await.body, "hello");
    client.send(head_of(limit + 1)).await;
    assert!(client.reply().await.is_problem("HEADERS_TOO_LARGE"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    client
        .send(format!(
            "GET /hello HTTP/1.1\r\nx: {}",
            "x".repeat(1_000_000)
        ))
        .await;
    assert!(client.reply().await.is_problem("HEADERS_TOO_LARGE"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_path_too_long_for_the_parser_is_a_head_too_large() {
    let server = Server::start(Limits {
        max_head_bytes: 100_000,
        ..patient()
    })
    .await;
    let mut client = server.connect().await;
    client
        .send(format!(
            "GET /{} HTTP/1.1\r\nhost: x\r\n\r\n",
            "x".repeat(70_000)
        ))
        .await;
    assert!(client.reply().await.is_problem("HEADERS_TOO_LARGE"));
}

#[rstest::rstest]
#[case::not_http("hello there\r\n\r\n")]
#[case::no_such_version("GET / HTTP/9.9\r\n\r\n")]
#[case::tls("\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n")]
#[case::http2("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
#[case::two_lengths("POST /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n")]
#[case::no_length("POST /echo HTTP/1.1\r\ncontent-length: -1\r\n\r\n")]
#[case::header_name("GET / HTTP/1.1\r\nb ad: x\r\n\r\n")]
#[tokio::test]
async fn what_is_not_http_is_refused(#[case] bytes: &str) {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    client.send(bytes).await;
    assert!(client.reply().await.is_problem("BIND_ERROR"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_good_request_before_a_bad_one_has_its_answer_first() {
    let server = Server::start(patient()).await;
    let mut client = server.connect().await;
    client
        .send("GET /hello HTTP/1.1\r\nhost: x\r\n\r\nrubbish\r\n\r\n")
        .await;
    assert_eq!(client.reply().await.body, "hello");
    assert!(client.reply().await.is_problem("BIND_ERROR"));
    client.is_closed_orderly().await;
}

#[tokio::test]
async fn a_target_without_a_path_is_answered_like_any_other() {
    let server = Server::start(patient()).await;
    for line in [
        "CONNECT x:443 HTTP/1.1",
        "GET x:443 HTTP/1.1",
        "OPTIONS * HTTP/1.1",
    ] {
        let mut client = server.connect().await;
        client.send(format!("{line}\r\nhost: x\r\n\r\n")).await;
        let reply = client.reply().await;
        assert!(
            reply.head.starts_with("HTTP/1.1 404 "),
            "{line}: {}",
            reply.head
        );
    }
}
