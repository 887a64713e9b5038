//! The client against sockets whose every byte the test decides. How it takes a provider that
//! misbehaves in other ways is held in `tests/tests/suite/payments/`.

use std::error::Error;
use std::net::SocketAddr;

use super::*;
use crate::testing::{TOKEN, a_call};
use domain::ports::PaymentAction;
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Long: only what must be waited out has another.
const LONG: Duration = Duration::from_secs(30);
/// Short, for what is certainly waited out.
const SHORT: Duration = Duration::from_millis(100);

fn client(address: SocketAddr, connect_within: Duration, answer_within: Duration) -> HttpPayments {
    HttpPayments::new(HttpPaymentsConfig {
        base_url: BaseUrl::new(&format!("http://{address}/base/")).unwrap(),
        connect_within,
        answer_within,
    })
}

async fn listening() -> (TcpListener, HttpPayments) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), LONG, LONG);
    (listener, client)
}

/// The next request on the connection, to the byte; empty at its end.
async fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut missing = 1;
    while missing > 0 {
        let mut more = vec![0; missing];
        match stream.read(&mut more).await {
            Ok(0) | Err(_) => break,
            Ok(read) => request.extend(&more[..read]),
        }
        let text = String::from_utf8_lossy(&request);
        missing = text.split_once("\r\n\r\n").map_or(1, |(head, body)| {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            length - body.len()
        });
    }
    String::from_utf8(request).unwrap()
}

fn reply(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn done(call: &PaymentCall) -> String {
    let body = format!(
        r#"{{"sagaId":"{}","action":"CAPTURE","amount":12900,"state":"DONE"}}"#,
        call.saga_id
    );
    reply("200 OK", &body)
}

/// Accepts once, and answers every request of that connection with `reply`, until it ends.
async fn answering(listener: TcpListener, reply: String) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut requests = String::new();
    loop {
        let request = request(&mut stream).await;
        if request.is_empty() {
            return requests;
        }
        requests += &request;
        stream.write_all(reply.as_bytes()).await.unwrap();
    }
}

fn unavailable(answer: Result<PaymentAnswer, PaymentError>) -> String {
    match answer.unwrap_err() {
        PaymentError::Unavailable(why) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

fn unknown(answer: Result<PaymentAnswer, PaymentError>) -> String {
    match answer.unwrap_err() {
        PaymentError::Unknown(why) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn calls_and_questions_have_the_same_path_and_share_a_connection() {
    let (listener, client) = listening().await;
    let call = a_call(PaymentAction::Capture);
    let server = tokio::spawn(answering(listener, done(&call)));
    let answer = client.call(&call).await.unwrap();
    assert_eq!(answer, PaymentAnswer::Done);
    let known = client.query(&call).await.unwrap();
    assert_eq!(known, Some(PaymentAnswer::Done));
    drop(client);
    let requests = server.await.unwrap();
    let path = format!(
        "/base/v1/payments/{}/capture/{} HTTP/1.1",
        call.payment_id, call.saga_id
    );
    assert!(requests.starts_with(&format!("PUT {path}")), "{requests}");
    assert!(requests.contains(&format!("GET {path}")), "{requests}");
    assert_eq!(
        requests.matches("content-type: application/json").count(),
        1
    );
    assert!(!requests.contains(TOKEN), "{requests}");
}

#[tokio::test]
async fn what_nobody_listens_to_has_not_happened() {
    // Bound, so that nobody else takes the port, but not listening.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let client = client(socket.local_addr().unwrap(), LONG, LONG);
    let call = a_call(PaymentAction::Authorise);
    let why = unavailable(client.call(&call).await);
    assert_eq!(why, "no connection to the payment provider");
    let queried = client.query(&call).await.unwrap_err();
    assert!(matches!(queried, PaymentError::Unavailable(_)));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_does_not_come_about_in_time_has_carried_nothing() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Until the queue before `accept` is full: then Linux answers no more.
    let mut queued = Vec::new();
    while let Ok(stream) = tokio::time::timeout(SHORT, TcpStream::connect(address)).await {
        queued.push(stream.unwrap());
    }
    let client = client(address, SHORT, LONG);
    unavailable(client.call(&a_call(PaymentAction::Authorise)).await);
}

#[tokio::test]
async fn silence_is_waited_out_and_its_connection_never_used_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), LONG, SHORT);
    let call = a_call(PaymentAction::Capture);
    let server = tokio::spawn(async move {
        let (mut silent, _) = listener.accept().await.unwrap();
        let heard = request(&mut silent).await;
        // Ends when the client hangs up, although it lives on.
        let more = request(&mut silent).await;
        (heard, more)
    });
    let why = unknown(client.call(&call).await);
    assert_eq!(why, "no whole reply within 100ms");
    let (heard, more) = server.await.unwrap();
    assert!(heard.starts_with("PUT "), "{heard}");
    assert_eq!(more, "");
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_loses_no_call() {
    let (listener, client) = listening().await;
    let call = a_call(PaymentAction::Capture);
    let reply = done(&call);
    let first = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        stream.write_all(reply.as_bytes()).await.unwrap();
        stream
    };
    let (answer, mut stream) = tokio::join!(client.call(&call), first);
    assert_eq!(answer.unwrap(), PaymentAnswer::Done);
    stream.shutdown().await.unwrap();
    // The client has seen it: it closes too.
    assert_eq!(request(&mut stream).await, "");

    let server = tokio::spawn(answering(listener, done(&call)));
    let answer = client.call(&call).await.unwrap();
    assert_eq!(answer, PaymentAnswer::Done);
    drop(client);
    assert!(server.await.unwrap().starts_with("PUT "));
}

#[rstest]
#[case::unread(false)]
#[case::read(true)]
#[tokio::test]
async fn a_connection_that_breaks_leaves_it_unknown(#[case] reads: bool) {
    let (listener, client) = listening().await;
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        if reads {
            request(&mut stream).await;
        }
    };
    let call = a_call(PaymentAction::Capture);
    let (answer, ()) = tokio::join!(client.call(&call), server);
    assert_eq!(unknown(answer), "the connection ended before the reply");
}

#[rstest]
#[case::as_much_as_it_may_have(REPLY, true)]
#[case::one_more(REPLY + 1, false)]
#[tokio::test]
async fn a_body_has_at_most_64_kib(#[case] bytes: usize, #[case] taken: bool) {
    let (listener, client) = listening().await;
    let call = a_call(PaymentAction::Capture);
    let whole = done(&call);
    let (_, body) = whole.split_once("\r\n\r\n").unwrap();
    let body = body.to_owned() + &" ".repeat(bytes - body.len());
    let server = tokio::spawn(answering(listener, reply("200 OK", &body)));
    let answer = client.call(&call).await;
    if taken {
        assert_eq!(answer.unwrap(), PaymentAnswer::Done);
    } else {
        assert_eq!(unknown(answer), "the reply has more than 65536 bytes");
    }
    drop(client);
    server.await.unwrap();
}

#[rstest]
#[case::body("HTTP/1.1 200 OK\r\n\r\n", "                ")]
#[case::chunks(
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    "8\r\n        \r\n"
)]
#[case::line("HTTP/1.1 200 ", "OK OK OK OK OK O")]
#[case::headers("HTTP/1.1 200 OK\r\n", "x-more: and more\r\n")]
#[case::interim("", "HTTP/1.1 103 Early Hints\r\n\r\n")]
#[tokio::test]
async fn what_never_ends_is_cut_off(#[case] begin: &str, #[case] more: &str) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), LONG, Duration::from_secs(2));
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        let _closed = stream.write_all(begin.as_bytes()).await;
        let more = more.repeat(1_000);
        while stream.write_all(more.as_bytes()).await.is_ok() {}
    };
    let call = a_call(PaymentAction::Capture);
    let (answer, ()) = tokio::join!(client.call(&call), server);
    unknown(answer);
}

#[rstest]
#[case::created("201 Created")]
#[case::accepted("202 Accepted")]
#[case::no_content("204 No Content")]
#[case::moved("307 Temporary Redirect")]
#[case::bad_request("400 Bad Request")]
#[case::no_such_route("404 Not Found")]
#[case::conflict("409 Conflict")]
#[case::too_many("429 Too Many Requests")]
#[case::broken("500 Internal Server Error")]
#[case::unavailable("503 Service Unavailable")]
#[tokio::test]
async fn no_other_status_is_an_answer_whatever_the_body_says(#[case] status: &str) {
    let (listener, client) = listening().await;
    let call = a_call(PaymentAction::Capture);
    let reply = done(&call).replace("200 OK", status);
    let server = tokio::spawn(answering(listener, reply));
    let why = unknown(client.call(&call).await);
    assert_eq!(why, format!("the reply's status is {status}"));
    drop(client);
    server.await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (listener, client) = listening().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reply = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n",
        elsewhere.local_addr().unwrap()
    );
    let server = tokio::spawn(answering(listener, reply));
    let call = a_call(PaymentAction::Authorise);
    let answer = tokio::select! {
        answer = client.call(&call) => answer,
        _ = elsewhere.accept() => panic!("it was followed"),
    };
    unknown(answer);
    drop(client);
    server.await.unwrap();
}

#[tokio::test]
async fn no_error_says_the_token_even_when_the_provider_does() {
    let call = a_call(PaymentAction::Authorise);
    let token = call.method.as_ref().unwrap().as_str();
    let bodies = [
        format!("{{\"{token}\":1}}"),
        format!(
            "{{\"sagaId\":\"{}\",\"action\":\"AUTHORISE\",\"amount\":12900,\"state\":\"{token}\"}}",
            call.saga_id
        ),
        format!(
            "{{\"sagaId\":\"{token}\",\"action\":\"{token}\",\"amount\":12900,\"state\":\"DONE\"}}"
        ),
        format!("{{\"amount\":\"{token}\"}}"),
        token.to_owned(),
    ];
    let replies = bodies
        .iter()
        .flat_map(|body| ["200 OK", "404 Not Found", token].map(|status| reply(status, body)))
        .chain([
            format!("{token}\r\n\r\n"),
            format!("HTTP/1.1 200 OK\r\ncontent-length: {token}\r\n\r\n"),
            format!("HTTP/1.1 302 Found\r\nlocation: http://{token}/\r\ncontent-length: 0\r\n\r\n"),
        ]);
    for reply in replies {
        let (listener, client) = listening().await;
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let heard = request(&mut stream).await;
            stream.write_all(reply.as_bytes()).await.unwrap();
            heard
        });
        let error = client.call(&call).await.unwrap_err();
        assert!(server.await.unwrap().contains(token));
        let mut cause: Option<&dyn Error> = Some(&error);
        while let Some(one) = cause {
            let text = format!("{one} {one:?}");
            assert!(!text.contains(token), "{text}");
            cause = one.source();
        }
    }
}

#[tokio::test]
async fn calls_are_counted_by_action_and_outcome() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let (listener, client) = listening().await;
    let call = a_call(PaymentAction::Capture);
    let server = tokio::spawn(answering(listener, done(&call)));
    client.call(&call).await.unwrap();
    unknown(client.call(&a_call(PaymentAction::Void)).await);
    client.query(&call).await.unwrap();
    drop(client);
    server.await.unwrap();
    let metrics = recorder.handle().render();
    for series in [
        r#"firstcome_payment_calls_total{action="capture",outcome="done"} 1"#,
        r#"firstcome_payment_calls_total{action="void",outcome="unknown"} 1"#,
        r#"firstcome_payment_calls_total{action="query",outcome="done"} 1"#,
        r#"firstcome_payment_seconds_count{action="capture"} 1"#,
    ] {
        assert!(metrics.contains(series), "{series} is not in\n{metrics}");
    }
}
