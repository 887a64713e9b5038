//! Which refusal comes first. A request has every fault at once; one after the other is put right.

use firstcome_tests::over_http::{Client, Metrics, Server, Shop};
use http_body_util::Full;
use hyper::{Method, Request, body::Bytes};

use super::assert_refused;

/// A request in the making.
struct Attempt {
    client: Client,
    method: Method,
    target: String,
    token: Option<String>,
    key: &'static str,
    content_type: &'static str,
    body: String,
}

impl Attempt {
    async fn is_answered(&mut self, status: u16, code: &str) -> serde_json::Value {
        let mut request = Request::builder()
            .method(&self.method)
            .uri(&self.target)
            .header("host", "test")
            .header("content-type", self.content_type)
            .header("idempotency-key", self.key);
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(Bytes::from(self.body.clone())));
        let answer = self.client.exchange(request.unwrap()).await.unwrap();
        if code == "METHOD_NOT_ALLOWED" {
            let mut allowed: Vec<&str> = answer.header("allow").split(", ").collect();
            allowed.sort_unstable();
            assert_eq!(allowed, ["GET", "POST"]);
        }
        if status == 201 {
            assert_eq!(answer.status, 201, "{answer:?}");
            return answer.json();
        }
        assert_refused(&self.target, &answer, status, code)
    }
}

#[tokio::test]
async fn creating_a_coupon_is_refused_for_its_first_fault() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let taken = shop.issue_coupon(1).await;
    let taken = shop.look(&taken).await["name"].clone();
    let coupon = |name: &str, event: &str, policy: &str, expires_at: &str| {
        serde_json::json!({
            "name": name, "couponType": "ISSUE_COUPON", "maximumIssued": 1,
            "eventId": event, "discountPolicyId": policy, "expiresAt": expires_at,
        })
        .to_string()
    };
    let (late, good) = ("2100-01-01T00:00:00Z", "2099-01-01T00:00:00Z");
    let (event, policy) = (shop.event(), shop.policy());
    let taken = taken.as_str().unwrap();
    let mut attempt = Attempt {
        client: server.client(),
        method: Method::PUT,
        target: "/v1/coupon".to_owned(),
        token: None,
        key: "no key",
        content_type: "text/plain",
        body: "x".repeat(65_537),
    };
    attempt.is_answered(404, "ROUTE_NOT_FOUND").await;
    attempt.target = "/v1/coupons".to_owned();
    attempt.is_answered(405, "METHOD_NOT_ALLOWED").await;
    attempt.method = Method::POST;
    attempt.is_answered(401, "UNAUTHENTICATED").await;
    attempt.token = Some(server.tokens().consumer("ann"));
    attempt.is_answered(403, "NO_PERMISSION").await;
    attempt.token = Some(server.tokens().admin());
    attempt.is_answered(413, "BODY_TOO_LARGE").await;
    attempt.body = "{".to_owned();
    attempt.is_answered(415, "UNSUPPORTED_MEDIA_TYPE").await;
    attempt.content_type = "application/json";
    let problem = attempt.is_answered(400, "BIND_ERROR").await;
    assert_eq!(problem["field"], "body");
    attempt.body = coupon("", "none", "none", late);
    let problem = attempt.is_answered(400, "BIND_ERROR").await;
    assert_eq!(problem["field"], "Idempotency-Key");
    attempt.key = "key";
    let problem = attempt.is_answered(400, "BIND_ERROR").await;
    assert_eq!(problem["field"], "name");
    attempt.body = coupon(taken, "none", "none", late);
    attempt.is_answered(404, "EVENT_NOT_FOUND").await;
    attempt.body = coupon(taken, event, "none", late);
    attempt.is_answered(404, "DISCOUNT_POLICY_NOT_FOUND").await;
    attempt.body = coupon(taken, event, policy, late);
    attempt
        .is_answered(400, "INVALID_COUPON_EXPIRED_TIME")
        .await;
    attempt.body = coupon(taken, event, policy, good);
    attempt.is_answered(409, "ALREADY_COUPON_EXISTS").await;
    attempt.body = coupon("free", event, policy, good);
    attempt.is_answered(201, "").await;
    // The key, once it is taken, comes before everything that the coupon itself could be refused for.
    attempt.body = coupon(taken, policy, event, late);
    attempt.is_answered(422, "IDEMPOTENCY_KEY_REUSED").await;
}

#[tokio::test]
async fn issuing_is_refused_for_its_first_fault() {
    let server = Server::start();
    let mut shop = Shop::open(&server).await;
    let (paused, only) = (shop.use_coupon(1, 1).await, shop.issue_coupon(1).await);
    shop.change(&paused, serde_json::json!({"paused": true}))
        .await;
    let issue = |coupon: &str| format!("/v1/coupons/{coupon}/issued-coupons");
    let mut attempt = Attempt {
        client: server.client(),
        method: Method::POST,
        target: issue("x/y"),
        token: None,
        key: "no key",
        content_type: "text/plain",
        body: "x".repeat(65_537),
    };
    attempt.is_answered(404, "ROUTE_NOT_FOUND").await;
    attempt.target = issue("x");
    attempt.is_answered(401, "UNAUTHENTICATED").await;
    attempt.token = Some(server.tokens().admin());
    attempt.is_answered(403, "NO_PERMISSION").await;
    attempt.token = Some(server.tokens().consumer("ann"));
    attempt.is_answered(413, "BODY_TOO_LARGE").await;
    attempt.body = "x".to_owned();
    let problem = attempt.is_answered(400, "BIND_ERROR").await;
    assert_eq!(problem["field"], "body");
    attempt.body = String::new();
    let problem = attempt.is_answered(400, "BIND_ERROR").await;
    assert_eq!(problem["field"], "Idempotency-Key");
    attempt.key = "key";
    attempt.is_answered(404, "COUPON_NOT_FOUND").await;
    attempt.target = issue(&paused);
    attempt.is_answered(409, "COUPON_PAUSED").await;
    attempt.target = issue(&only);
    let copy = attempt.is_answered(201, "").await;
    // The caller's own key again, then its own copy, then whatever holds for all.
    let again = attempt.is_answered(201, "").await;
    assert_eq!(again, copy);
    attempt.key = "other-key";
    let problem = attempt
        .is_answered(409, "SINGLE_COUPON_AVAILABLE_PER_EVENT")
        .await;
    assert_eq!(problem["issuedCouponId"], copy["issuedCouponId"]);
    attempt.token = Some(server.tokens().consumer("bob"));
    attempt.is_answered(409, "COUPON_NOT_ISSUABLE").await;
}

#[tokio::test]
async fn what_no_route_takes_is_counted_under_no_name_that_a_stranger_chooses() {
    let server = Server::start();
    let mut client = server.client();
    for (method, path) in [(Method::GET, "/nothing"), (Method::PUT, "/v1/coupons")] {
        client.send(method, path, None, &[], None).await.unwrap();
    }
    let metrics = Metrics::of(&mut client).await;
    for (status, code) in [(404, "ROUTE_NOT_FOUND"), (405, "METHOD_NOT_ALLOWED")] {
        let labels = format!(r#"method="any",route="none",status="{status}",code="{code}""#);
        let series = format!("firstcome_http_requests_total{{{labels}}}");
        assert_eq!(metrics.counter(&series), 1, "{series}");
    }
}
