//! Clients that are gone before their answer has come: what they asked for has happened or not, and
//! nothing else.

use std::collections::HashMap;

use firstcome_tests::over_http::{Server, Shop};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

use super::{Raw, in_time};

const CLIENTS: usize = 3_000;
const CAP: u32 = 1_000;

/// How a client goes.
#[derive(Clone, Copy)]
enum Going {
    /// With so many bytes of its request sent.
    MidRequest(usize),
    /// Having sent its request, at once.
    Orderly,
    /// The same, by a reset.
    Reset,
    /// With its answer on the way, a moment later.
    Yielding(usize),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_go_at_any_instant_leave_everything_exact() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.issue_coupon(CAP).await;
    let mut leaving = JoinSet::new();
    for n in 0..CLIENTS {
        let token = server.tokens().consumer(&format!("consumer-{n}"));
        let request = format!(
            "POST /v1/coupons/{coupon}/issued-coupons HTTP/1.1\r\nhost: x\r\n\
             authorization: Bearer {token}\r\n\r\n"
        );
        let going = match n % 4 {
            0 => Going::MidRequest(n % request.len()),
            1 => Going::Orderly,
            2 => Going::Reset,
            _ => Going::Yielding(n % 100),
        };
        let address = server.address();
        leaving.spawn(async move {
            let mut stream = in_time(TcpStream::connect(address)).await.unwrap();
            let sent = match going {
                Going::MidRequest(bytes) => &request.as_bytes()[..bytes],
                _ => request.as_bytes(),
            };
            in_time(stream.write_all(sent)).await.unwrap();
            match going {
                Going::Reset => stream.set_zero_linger().unwrap(),
                Going::Yielding(times) => {
                    for _ in 0..times {
                        tokio::task::yield_now().await;
                    }
                }
                Going::MidRequest(_) | Going::Orderly => {}
            }
        });
        // Two hundred at a time: a client that is gone still has its port.
        if leaving.len() >= 200 {
            leaving.join_next().await.unwrap().unwrap();
        }
    }
    leaving.join_all().await;

    // The server is well, and sells on to exactly its cap; whoever has one gets the same again.
    let mut copies = HashMap::new();
    let mut client = server.client();
    for n in 0..CLIENTS {
        let consumer = format!("consumer-{n}");
        let token = server.tokens().consumer(&consumer);
        let answer = client.issue(&coupon, &token).await.unwrap();
        match (answer.status.as_u16(), answer.code().as_str()) {
            (201, _) | (409, "SINGLE_COUPON_AVAILABLE_PER_EVENT") => {
                copies.insert(consumer, answer.text("issuedCouponId"));
            }
            (409, "COUPON_NOT_ISSUABLE") => {}
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(copies.len(), usize::try_from(CAP).unwrap());
    for (consumer, copy) in copies {
        let token = server.tokens().consumer(&consumer);
        let own = client.get("/v1/issued-coupons", &token).await.json();
        assert_eq!(own["items"][0]["issuedCouponId"], copy, "{consumer}");
        assert_eq!(own["items"].as_array().unwrap().len(), 1, "{consumer}");
    }
    let audit = shop.assert_exact(&coupon).await;
    assert_eq!(audit["rows"]["issued"], CAP);
    assert_eq!(shop.look(&coupon).await["issuedCount"], CAP);
    server.assert_audited();
}

#[tokio::test]
async fn a_client_that_goes_with_pipelined_requests_outstanding_harms_nobody() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let coupon = shop.use_coupon(1_000, 100).await;
    let token = server.tokens().consumer("ann");
    let request = format!(
        "POST /v1/coupons/{coupon}/issued-coupons HTTP/1.1\r\nhost: x\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    for _ in 0..20 {
        let mut client = Raw::connect(server.address()).await;
        client.send(request.repeat(10)).await;
        client.reply().await;
    }
    let audit = shop.assert_exact(&coupon).await;
    let issued = audit["rows"]["issued"].as_u64().unwrap();
    // A reply was read from each.
    assert!((20..=100).contains(&issued), "{audit}");
}
