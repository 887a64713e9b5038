//! An admin's view: events, policies and coupons made over HTTP.

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Client, Server, Tokens};

/// Makes what a test needs. Names are unique by a count.
pub struct Shop {
    client: Client,
    token: String,
    event: String,
    ends_at: String,
    policy: String,
    made: u32,
}

impl Shop {
    /// An event that is on for years, and a policy of 30 per cent off.
    pub async fn open(server: &Server) -> Self {
        Self::through(server.client()).await
    }

    /// The same, through this client.
    pub async fn through(client: Client) -> Self {
        Self::during(client, None, "2099-01-01T00:00:00Z").await
    }

    /// An event in this window, from now unless told otherwise, and a policy of 30 per cent off.
    pub async fn during(client: Client, starts_at: Option<&str>, ends_at: &str) -> Self {
        let mut shop = Self {
            client,
            token: Tokens::default().admin(),
            event: String::new(),
            ends_at: ends_at.to_owned(),
            policy: String::new(),
            made: 0,
        };
        let name = format!(
            "event {}",
            uuid::Uuid::now_v7().simple().to_string().split_off(18)
        );
        let event = json!({"name": name, "startsAt": starts_at, "endsAt": ends_at});
        shop.event = shop.make("/v1/events", &event).await["eventId"]
            .as_str()
            .unwrap()
            .to_owned();
        let policy = json!({
            "name": name.replace("event", ""), "discountType": "RATE_DISCOUNT", "discountRate": 30
        });
        let made = shop.make("/v1/discount-policies", &policy).await;
        shop.policy = made["discountPolicyId"].as_str().unwrap().to_owned();
        shop
    }

    /// Creates something, and answers what it is.
    pub async fn make(&mut self, path: &str, body: &Value) -> Value {
        let answer = self.client.post(path, &self.token, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.json()
    }

    /// An ISSUE_COUPON of the shop's event; its id.
    pub async fn issue_coupon(&mut self, maximum_issued: u32) -> String {
        self.coupon(json!({"couponType": "ISSUE_COUPON", "maximumIssued": maximum_issued}))
            .await
    }

    /// A USE_COUPON of the shop's event; its id.
    pub async fn use_coupon(&mut self, maximum_usage: u32, per_consumer_limit: u32) -> String {
        let kind = json!({
            "couponType": "USE_COUPON",
            "maximumUsage": maximum_usage,
            "perConsumerLimit": per_consumer_limit,
        });
        self.coupon(kind).await
    }

    /// A coupon of the shop's event with these members; its id.
    pub async fn coupon(&mut self, members: Value) -> String {
        self.made += 1;
        let mut body = json!({
            "name": format!("{} {}", self.made, self.event.split_at(30).1),
            "eventId": self.event,
            "discountPolicyId": self.policy,
            "expiresAt": self.ends_at,
        });
        let more = members.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(more);
        self.make("/v1/coupons", &body).await["couponId"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Changes a coupon; it must be allowed.
    pub async fn change(&mut self, coupon: &str, change: Value) -> Value {
        let answer = self.ask_to_change(coupon, &change).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.json()
    }

    /// Asks for a change of a coupon, which may be done twice without harm.
    pub async fn ask_to_change(&mut self, coupon: &str, change: &Value) -> Answer {
        let path = format!("/v1/coupons/{coupon}");
        self.client.patch(&path, &self.token, change).await
    }

    /// The coupon as it is now.
    pub async fn look(&mut self, coupon: &str) -> Value {
        self.client
            .get(&format!("/v1/coupons/{coupon}"), &self.token)
            .await
            .json()
    }

    /// The coupon's audit, which must be exact.
    pub async fn assert_exact(&mut self, coupon: &str) -> Value {
        let audit = self
            .client
            .get(&format!("/v1/coupons/{coupon}/audit"), &self.token)
            .await;
        let audit = audit.json();
        assert_eq!(audit["exact"], true, "{audit}");
        audit
    }

    /// The shop's event.
    pub fn event(&self) -> &str {
        &self.event
    }

    /// The shop's discount policy.
    pub fn policy(&self) -> &str {
        &self.policy
    }
}
