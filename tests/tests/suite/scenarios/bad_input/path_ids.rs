//! Ids in paths: one that can't be an id is that resource's 404, and so is another resource's.

use hyper::Method;

use super::{Desk, assert_refused};

#[tokio::test]
async fn what_can_not_be_the_id_of_a_resource_is_not_found() {
    let mut desk = Desk::open().await;
    let coupon = desk.shop.issue_coupon(10).await;
    let consumer = desk.server.tokens().consumer("ann");
    let mut client = desk.server.client();
    let copy = client.issue(&coupon, &consumer).await.unwrap();
    let copy = copy.text("issuedCouponId");
    let (event, policy) = (desk.shop.event().to_owned(), desk.shop.policy().to_owned());
    let ids = [&event, &policy, &coupon, &copy];
    let routes: &[(Method, &str, &str, &String, &str)] = &[
        (Method::GET, "/v1/events/", "", &event, "EVENT_NOT_FOUND"),
        (
            Method::GET,
            "/v1/discount-policies/",
            "",
            &policy,
            "DISCOUNT_POLICY_NOT_FOUND",
        ),
        (Method::GET, "/v1/coupons/", "", &coupon, "COUPON_NOT_FOUND"),
        (
            Method::PATCH,
            "/v1/coupons/",
            "",
            &coupon,
            "COUPON_NOT_FOUND",
        ),
        (
            Method::GET,
            "/v1/coupons/",
            "/audit",
            &coupon,
            "COUPON_NOT_FOUND",
        ),
        (
            Method::POST,
            "/v1/coupons/",
            "/issued-coupons",
            &coupon,
            "COUPON_NOT_FOUND",
        ),
        (
            Method::GET,
            "/v1/issued-coupons/",
            "",
            &copy,
            "ISSUED_COUPON_NOT_FOUND",
        ),
    ];
    for (method, before, after, own, code) in routes {
        let body = if *method == Method::PATCH { "{}" } else { "" };
        let mut no_ids = vec![
            String::new(),
            "x".to_owned(),
            ".".to_owned(),
            "..".to_owned(),
            "*".to_owned(),
            "%00".to_owned(),
            "%2e%2e%2f".to_owned(),
            "%c0%80".to_owned(),
            "%".to_owned(),
            "-1".to_owned(),
            "'%20OR%201=1%20--".to_owned(),
            "00000000-0000-0000-0000-000000000000".to_owned(),
            "ffffffff-ffff-ffff-ffff-ffffffffffff".to_owned(),
            own.to_uppercase(),
            own.replace('-', ""),
            format!("%20{own}"),
            format!("{own}%00"),
            format!("{own};v=1"),
            format!("{{{own}}}"),
            format!("urn:uuid:{own}"),
            own.replacen(|c: char| c.is_ascii_digit(), "%30", 1),
            "0".repeat(10_000),
        ];
        no_ids.extend(ids.iter().filter(|id| id != &own).map(ToString::to_string));
        let token = match *method {
            Method::POST => consumer.clone(),
            _ => desk.server.tokens().admin(),
        };
        let json: (&str, &[u8]) = ("content-type", b"application/json");
        for no_id in no_ids {
            let path = format!("{before}{no_id}{after}");
            let answer = desk
                .send_as(&token, method.clone(), &path, &[json], body)
                .await;
            assert_refused(&format!("{method} {path}"), &answer, code, None);
        }
        for elsewhere in [
            format!("{before}{own}/{own}{after}"),
            format!("{before}{own}{after}/"),
        ] {
            let answer = desk
                .send_as(&token, method.clone(), &elsewhere, &[json], body)
                .await;
            assert_refused(&elsewhere, &answer, "ROUTE_NOT_FOUND", None);
        }
        let path = format!("{before}{own}{after}");
        let answer = desk
            .send_as(&token, method.clone(), &path, &[json], body)
            .await;
        // The consumer has its copy already.
        assert!(
            answer.status.is_success() || answer.status == 409,
            "{path} {answer:?}"
        );
    }
}
