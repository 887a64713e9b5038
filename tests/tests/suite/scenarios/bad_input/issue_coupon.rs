//! `POST /v1/coupons/{couponId}/issued-coupons`, which has no body.

use hyper::Method;

use super::{Desk, assert_refused};

const LARGEST: usize = 64 * 1024;

#[tokio::test]
async fn where_there_is_no_body_nothing_may_stand_in_it_and_nothing_is_issued_if_it_does() {
    let mut desk = Desk::open().await;
    let coupon = desk.shop.use_coupon(10, 100).await;
    let path = format!("/v1/coupons/{coupon}/issued-coupons");
    let consumer = desk.server.tokens().consumer("ann");
    let refused: &[&[u8]] = &[
        b"null",
        b"[]",
        b"{\"consumerId\":\"bob\"}",
        b"{} {}",
        b"x",
        b"\0",
        b"\xef\xbb\xbf",
        &[b'['; LARGEST],
    ];
    let json: (&str, &[u8]) = ("content-type", b"application/json");
    for body in refused {
        for headers in [&[][..], &[json]] {
            let answer = desk
                .send_as(&consumer, Method::POST, &path, headers, body.to_vec())
                .await;
            let what = String::from_utf8_lossy(body);
            assert_refused(&what, &answer, "BIND_ERROR", Some("body"));
        }
    }
    let answer = desk
        .send_as(&consumer, Method::POST, &path, &[], vec![b' '; LARGEST + 1])
        .await;
    assert_refused("too large", &answer, "BODY_TOO_LARGE", None);
    assert_eq!(desk.shop.look(&coupon).await["issuedCount"], 0);

    let nothing = [
        Vec::new(),
        b"{}".to_vec(),
        b" \r\n".to_vec(),
        vec![b' '; LARGEST],
    ];
    for body in nothing {
        let answer = desk
            .send_as(&consumer, Method::POST, &path, &[json], body)
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert_eq!(answer.text("consumerId"), "ann");
    }
    assert_eq!(desk.shop.look(&coupon).await["issuedCount"], 4);
}
