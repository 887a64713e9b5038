//! Request heads that are too slow, too large, or none.

use std::time::Duration;

use firstcome_tests::over_http::{Server, Shop};

use super::{Raw, assert_serves, in_time};

const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";
const DRIP: Duration = Duration::from_millis(50);

#[tokio::test]
async fn a_head_that_comes_too_slowly_is_a_time_out_and_holds_nobody_else_up() {
    let server = Server::start();
    let address = server.address();
    let silent = async {
        let mut client = Raw::connect(address).await;
        client.is_closed().await;
    };
    let stops = |begin: &'static str| async move {
        let mut client = Raw::connect(address).await;
        client.send(begin).await;
        client
            .reply()
            .await
            .is_problem(begin, 408, "REQUEST_TIMEOUT");
        client.is_closed().await;
    };
    let drips = |begin: &'static str, drip: &'static str| async move {
        let mut client = Raw::connect(address).await;
        client.send(begin).await;
        let reply = client.endlessly(drip.as_bytes(), DRIP).await;
        reply.is_problem(begin, 408, "REQUEST_TIMEOUT");
    };
    let later = async {
        let mut client = Raw::connect(address).await;
        client.send(LIVE).await;
        assert_eq!(client.reply().await.status, 200);
        client.send("GET /health/live HTTP/1.1\r\nho").await;
        client
            .reply()
            .await
            .is_problem("a second head", 408, "REQUEST_TIMEOUT");
    };
    let others = async {
        for _ in 0..20 {
            assert_serves(&server).await;
        }
    };
    tokio::join!(
        silent,
        stops("G"),
        stops("GET /v1/events HTTP/1.1\r\nhost: x\r\n"),
        drips("GET /", "x"),
        drips("GET / HTTP/1.1\r\n", "a:b\r\n"),
        // What comes before a request line is nothing.
        drips("\r\n", "\r\n"),
        later,
        others,
    );
}

#[tokio::test]
async fn a_flood_of_headers_is_refused_and_what_is_within_the_limit_is_not() {
    let server = Server::start();
    let request = |target: &str, headers: &str| format!("GET {target} HTTP/1.1\r\n{headers}\r\n");
    let long = |length: usize| format!("x: {}\r\n", "x".repeat(length));
    let many = |count: usize| "x: y\r\n".repeat(count);
    for (what, bytes) in [
        ("one long header", request("/", &long(20_000))),
        ("many headers", request("/", &many(1_000))),
        (
            "a long name",
            request("/", &format!("{}: x\r\n", "x".repeat(20_000))),
        ),
        (
            "a long target",
            request(&format!("/{}", "x".repeat(20_000)), ""),
        ),
        (
            "a longer target",
            request(&format!("/{}", "x".repeat(100_000)), ""),
        ),
        (
            "a long query",
            request(&format!("/?{}", "x".repeat(20_000)), ""),
        ),
        (
            "a long method",
            format!("{} / HTTP/1.1\r\n\r\n", "X".repeat(20_000)),
        ),
    ] {
        let mut client = Raw::connect(server.address()).await;
        let _closed_early = client.try_send(bytes).await;
        client
            .reply()
            .await
            .is_problem(what, 431, "HEADERS_TOO_LARGE");
        client.is_closed().await;
    }
    for flood in ["x: y\r\n".repeat(100), "x".repeat(1_000)] {
        let mut client = Raw::connect(server.address()).await;
        client.send("GET / HTTP/1.1\r\nx:").await;
        let reply = client.endlessly(flood.as_bytes(), Duration::ZERO).await;
        reply.is_problem("endless", 431, "HEADERS_TOO_LARGE");
    }
    let mut client = Raw::connect(server.address()).await;
    for headers in [long(15_000), many(90)] {
        client.send(request("/health/live", &headers)).await;
        assert_eq!(client.reply().await.status, 200);
    }
}

#[tokio::test]
async fn what_is_no_request_is_malformed() {
    let server = Server::start();
    let tls = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n";
    let garbage: &[&[u8]] = &[
        b"\0\0\0\0\r\n\r\n",
        tls,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"HELO example\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"{\"name\":\"x\"}\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b" GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET / HTTP/1.1 \r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"G\xcbT / HTTP/1.1\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nnocolon\r\n\r\n",
        b"GET / HTTP/1.1\r\nname : value\r\n\r\n",
        b"GET / HTTP/1.1\r\n: value\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: a\r\n folded\r\n\r\n",
    ];
    for bytes in garbage {
        let mut client = Raw::connect(server.address()).await;
        client.send(bytes).await;
        let what = String::from_utf8_lossy(bytes);
        client.reply().await.is_problem(&what, 400, "BIND_ERROR");
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_target_of_any_form_is_answered() {
    let server = Server::start();
    for (line, status) in [
        ("GET http://elsewhere.example/health/live HTTP/1.1", 200),
        ("GET /health/live HTTP/1.0", 200),
        ("GET /health/live?x=%zz HTTP/1.1", 200),
        ("OPTIONS * HTTP/1.1", 404),
        ("CONNECT elsewhere.example:443 HTTP/1.1", 404),
        ("GET elsewhere.example:443 HTTP/1.1", 404),
        ("GET http://elsewhere.example HTTP/1.1", 404),
        ("GET //health/live HTTP/1.1", 404),
        ("GET /health/./live HTTP/1.1", 404),
        ("GET /v1/../health/live HTTP/1.1", 404),
        ("GET /%68ealth/live HTTP/1.1", 404),
        ("GET /health/live/ HTTP/1.1", 404),
        ("BREW /health/live HTTP/1.1", 405),
    ] {
        let mut client = Raw::connect(server.address()).await;
        client.send(format!("{line}\r\nhost: x\r\n\r\n")).await;
        let reply = client.reply().await;
        assert_eq!(reply.status, status, "{line} {reply:?}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_their_order() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(100).await;
    let mut client = Raw::connect(server.address()).await;
    let mut requests = String::new();
    for n in 0..150 {
        let consumer = server.tokens().consumer(&format!("consumer-{n}"));
        requests += &format!(
            "POST /v1/coupons/{coupon}/issued-coupons HTTP/1.1\r\nhost: x\r\n\
             x-request-id: {n}\r\nauthorization: Bearer {consumer}\r\n\r\n"
        );
    }
    client.send(requests).await;
    for n in 0..150 {
        let reply = client.reply().await;
        assert!(reply.has(&format!("x-request-id: {n}")), "{n}: {reply:?}");
        if n < 100 {
            assert_eq!(reply.status, 201, "{reply:?}");
            assert_eq!(reply.json()["consumerId"], format!("consumer-{n}"));
        } else {
            reply.is_problem("sold out", 409, "COUPON_NOT_ISSUABLE");
        }
    }
    shop.assert_exact(&coupon).await;
}

#[tokio::test]
async fn a_client_that_has_closed_its_side_is_answered() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(1_000).await;
    let mut answered = Vec::new();
    for n in 0..100 {
        let consumer = format!("consumer-{n}");
        let token = server.tokens().consumer(&consumer);
        let mut client = Raw::connect(server.address()).await;
        client
            .send(format!(
                "POST /v1/coupons/{coupon}/issued-coupons HTTP/1.1\r\nhost: x\r\n\
                 authorization: Bearer {token}\r\n\r\n"
            ))
            .await;
        client.half_close().await;
        let reply = client.reply().await;
        assert_eq!(reply.status, 201, "{reply:?}");
        answered.push((consumer, reply.json()["issuedCouponId"].clone()));
        client.is_closed().await;
    }
    // What was answered is there, and asking again says the same.
    let mut client = server.client();
    for (consumer, copy) in answered {
        let token = server.tokens().consumer(&consumer);
        let again = in_time(client.issue(&coupon, &token)).await.unwrap();
        assert_eq!(again.json()["issuedCouponId"], copy, "{again:?}");
    }
    shop.assert_exact(&coupon).await;
}
