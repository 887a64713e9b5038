//! An admin who sends what should not be sent, and looks at what comes back.

use firstcome_tests::over_http::{Answer, Client, Server, Shop};
use http_body_util::Full;
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue},
};
use serde_json::Value;

use super::Object;

/// A server, and an admin who talks to it.
pub(super) struct Desk {
    pub(super) server: Server,
    pub(super) shop: Shop,
    client: Client,
    admin: String,
    made: u32,
}

/// The end of the event that good coupons belong to.
pub(super) const EVENT_ENDS: &str = "2099-01-01T00:00:00Z";

impl Desk {
    /// A new server with one event and one discount policy.
    pub(super) async fn open() -> Self {
        let server = Server::start();
        Self {
            shop: Shop::open(&server).await,
            client: server.client(),
            admin: server.tokens().admin(),
            server,
            made: 0,
        }
    }

    /// Kills the server and starts it anew. The shop is lost with its connection.
    pub(super) fn restart(&mut self) {
        self.server.restart();
        self.client = self.server.client();
    }

    /// A name that nothing has yet, within every limit.
    pub(super) fn new_name(&mut self) -> String {
        self.made += 1;
        format!("name {}", self.made)
    }

    /// An event as it should be.
    pub(super) fn event(&mut self) -> Object {
        Object::of([
            ("startsAt", "\"2026-01-01T00:00:00Z\""),
            ("endsAt", "\"2098-01-01T00:00:00Z\""),
        ])
        .with_text("name", &self.new_name())
    }

    /// A discount policy of a fixed amount as it should be.
    pub(super) fn fixed_discount(&mut self) -> Object {
        Object::of([
            ("discountType", "\"FIXED_DISCOUNT\""),
            ("discountAmount", "500"),
        ])
        .with_text("name", &self.new_name())
    }

    /// A discount policy of a rate as it should be.
    pub(super) fn rate_discount(&mut self) -> Object {
        Object::of([
            ("discountType", "\"RATE_DISCOUNT\""),
            ("discountRate", "30"),
            ("maximumDiscount", "1000"),
        ])
        .with_text("name", &self.new_name())
    }

    /// An ISSUE_COUPON as it should be.
    pub(super) fn issue_coupon(&mut self) -> Object {
        self.coupon(&[
            ("couponType", "\"ISSUE_COUPON\""),
            ("redundantUsable", "false"),
            ("maximumIssued", "10"),
        ])
    }

    /// A USE_COUPON as it should be.
    pub(super) fn use_coupon(&mut self) -> Object {
        self.coupon(&[
            ("couponType", "\"USE_COUPON\""),
            ("maximumUsage", "10"),
            ("perConsumerLimit", "2"),
        ])
    }

    fn coupon(&mut self, kind: &[(&str, &str)]) -> Object {
        let coupon = Object::default()
            .with_text("name", &self.new_name())
            .with_text("eventId", self.shop.event())
            .with_text("discountPolicyId", self.shop.policy())
            .with_text("expiresAt", EVENT_ENDS);
        kind.iter()
            .fold(coupon, |coupon, (name, value)| coupon.with(name, value))
    }

    /// Sends an admin's request with these headers, and this body to the byte.
    pub(super) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&'static str, &[u8])],
        body: impl Into<Bytes>,
    ) -> Answer {
        let admin = self.admin.clone();
        self.send_as(&admin, method, path, headers, body).await
    }

    /// The same with somebody else's token.
    pub(super) async fn send_as(
        &mut self,
        token: &str,
        method: Method,
        path: &str,
        headers: &[(&'static str, &[u8])],
        body: impl Into<Bytes>,
    ) -> Answer {
        let mut all = HeaderMap::new();
        let bearer = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
        all.insert(AUTHORIZATION, bearer);
        all.insert(HOST, HeaderValue::from_static("test"));
        for (name, value) in headers {
            all.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        let mut request = Request::builder().method(method).uri(path);
        *request.headers_mut().unwrap() = all;
        let request = request.body(Full::new(body.into())).unwrap();
        let answer = self.client.exchange(request).await.unwrap();
        assert!(
            !answer.status.is_server_error() && !answer.header("x-request-id").is_empty(),
            "{path}: {answer:?}"
        );
        answer
    }

    /// Sends JSON, or what passes for it.
    pub(super) async fn send_json(
        &mut self,
        method: Method,
        path: &str,
        body: impl Into<Bytes>,
    ) -> Answer {
        let json: [(&str, &[u8]); 1] = [(CONTENT_TYPE.as_str(), b"application/json")];
        self.send(method, path, &json, body).await
    }

    /// Posts what must be created: it is answered, and can be read, as it was sent. What it is.
    pub(super) async fn creates(&mut self, path: &str, object: &Object) -> Value {
        let answer = self.send_json(Method::POST, path, object.to_string()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{object} {answer:?}");
        let made = answer.json();
        for (name, value) in object.members() {
            let sent: Value = serde_json::from_str(value).unwrap();
            assert_eq!(made[name], sent, "{name} of {object}: {made}");
        }
        let location = answer.header("location").to_owned();
        assert!(location.starts_with(path), "{location}");
        let read = self.client.get(&location, &self.admin).await;
        assert_eq!(read.json(), made, "{object}");
        made
    }

    /// Posts what must be refused as malformed, for this field.
    pub(super) async fn refuses(&mut self, path: &str, object: &Object, field: &str) {
        let answer = self.send_json(Method::POST, path, object.to_string()).await;
        assert_refused(&object.to_string(), &answer, "BIND_ERROR", Some(field));
    }
}

/// Status, media type and members of a refusal agree with each other and with its code. `what` is told
/// when not.
#[track_caller]
pub(super) fn assert_refused(what: &str, answer: &Answer, code: &str, field: Option<&str>) {
    let problem = answer.json();
    assert_eq!(
        (answer.code().as_str(), problem["field"].as_str()),
        (code, field),
        "{what}: {answer:?}"
    );
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(problem["status"], answer.status.as_u16(), "{what}");
    assert_eq!(problem["type"], format!("urn:firstcome:problem:{code}"));
    for text in ["title", "detail"] {
        assert!(problem[text].as_str().is_some_and(|text| !text.is_empty()));
    }
    let status = match code {
        "BIND_ERROR" | "INVALID_COUPON_EXPIRED_TIME" => 400,
        "BODY_TOO_LARGE" => 413,
        "UNSUPPORTED_MEDIA_TYPE" => 415,
        "IDEMPOTENCY_KEY_REUSED" => 422,
        "CAP_NOT_RAISED" => 409,
        _ if code.ends_with("_NOT_FOUND") => 404,
        _ if code.starts_with("ALREADY_") => 409,
        _ => panic!("{code} has no status here"),
    };
    assert_eq!(answer.status.as_u16(), status, "{what}: {answer:?}");
}
