//! Sellers, wallets and buyers, over HTTP: what a story about purchases is told with.

use std::sync::atomic::{AtomicU32, Ordering};

use adapter_http::Role;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Client, Server, Tokens};

/// A way to the server for every role. Names and keys are unique by a count.
pub struct Market {
    client: Client,
    tokens: Tokens,
    made: AtomicU32,
}

impl Market {
    /// On this server.
    pub fn of(server: &Server) -> Self {
        Self::through(server.client())
    }

    /// Through this client.
    pub fn through(client: Client) -> Self {
        Self {
            client,
            tokens: Tokens::default(),
            made: AtomicU32::new(0),
        }
    }

    /// A number that was not there before.
    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// A product of `seller`'s; its id.
    pub async fn product(&mut self, seller: &str, price: i64, stock: i64) -> String {
        let token = self.tokens.token(seller, Role::Seller);
        let name = format!("product {}", self.number());
        let body = json!({"name": name, "price": price, "stock": stock});
        let made = self.client.post("/v1/products", &token, &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        made.text("productId")
    }

    /// The product as anybody sees it.
    pub async fn look_at(&mut self, product: &str) -> Value {
        let token = self.tokens.admin();
        let path = format!("/v1/products/{product}");
        self.client.get(&path, &token).await.json()
    }

    /// Puts money into a consumer's wallet.
    pub async fn charge(&mut self, consumer: &str, amount: i64) -> Value {
        let token = self.tokens.token("till", Role::Service);
        let key = format!("charge-{consumer}-{}", self.number());
        let path = format!("/v1/wallets/{consumer}/charges");
        let body = json!({"amount": amount});
        let charged = self
            .send(
                Method::POST,
                &path,
                &token,
                &[("idempotency-key", &key)],
                Some(&body),
            )
            .await;
        assert_eq!(charged.status, StatusCode::CREATED, "{charged:?}");
        charged.json()
    }

    /// A consumer's wallet: balance and points.
    pub async fn wallet(&mut self, consumer: &str) -> (i64, i64) {
        let token = self.tokens.consumer(consumer);
        let wallet = self.client.get("/v1/wallet", &token).await;
        assert_eq!(wallet.status, StatusCode::OK, "{wallet:?}");
        let number = |member: &str| wallet.json()[member].as_i64().unwrap();
        (number("balance"), number("points"))
    }

    /// What a seller has.
    pub async fn seller_balance(&mut self, seller: &str) -> i64 {
        let token = self.tokens.token(seller, Role::Seller);
        let balance = self.client.get("/v1/seller/balance", &token).await;
        balance.json()["balance"].as_i64().unwrap()
    }

    /// A copy of the coupon for this consumer; its id.
    pub async fn copy(&mut self, coupon: &str, consumer: &str) -> String {
        let token = self.tokens.consumer(consumer);
        let issued = self.client.issue(coupon, &token).await.unwrap();
        assert_eq!(issued.status, StatusCode::CREATED, "{issued:?}");
        issued.text("issuedCouponId")
    }

    /// The consumer's copy as it is now.
    pub async fn look_at_copy(&mut self, copy: &str, consumer: &str) -> Value {
        let token = self.tokens.consumer(consumer);
        let path = format!("/v1/issued-coupons/{copy}");
        self.client.get(&path, &token).await.json()
    }

    /// Orders under this key.
    pub async fn order(&mut self, consumer: &str, key: &str, body: &Value) -> Answer {
        self.order_waiting(consumer, key, None, body).await
    }

    /// Orders under this key, and says how many seconds it waits.
    pub async fn order_waiting(
        &mut self,
        consumer: &str,
        key: &str,
        wait: Option<u32>,
        body: &Value,
    ) -> Answer {
        let token = self.tokens.consumer(consumer);
        let prefer = wait.map(|seconds| format!("wait={seconds}"));
        let mut headers = vec![("idempotency-key", key)];
        headers.extend(prefer.as_deref().map(|prefer| ("prefer", prefer)));
        self.send(Method::POST, "/v1/orders", &token, &headers, Some(body))
            .await
    }

    /// The consumer's order as it is now.
    pub async fn look_at_order(&mut self, order: &str, consumer: &str) -> Value {
        let token = self.tokens.consumer(consumer);
        let path = format!("/v1/orders/{order}");
        self.client.get(&path, &token).await.json()
    }

    /// Does `what` (`refund`, `confirm`) with the consumer's order.
    pub async fn do_with(&mut self, what: &str, order: &str, consumer: &str) -> Answer {
        let token = self.tokens.consumer(consumer);
        let path = format!("/v1/orders/{order}/{what}");
        self.send(Method::POST, &path, &token, &[], None).await
    }

    /// Says that the order's delivery has come so far.
    pub async fn deliver(&mut self, order: &str, status: &str) -> Answer {
        let token = self.tokens.token("carrier", Role::Service);
        let path = format!("/v1/orders/{order}/delivery");
        self.client
            .post(&path, &token, &json!({"status": status}))
            .await
    }

    /// Opens a hold as the shop `caller`.
    pub async fn hold(
        &mut self,
        caller: &str,
        name: &str,
        copy: &str,
        wait: Option<u32>,
    ) -> Answer {
        let token = self.tokens.token(caller, Role::Service);
        let prefer = wait.map(|seconds| format!("wait={seconds}"));
        let headers: Vec<_> = prefer
            .iter()
            .map(|prefer| ("prefer", prefer.as_str()))
            .collect();
        let body = json!({
            "holdId": name, "issuedCouponId": copy, "orderAmount": 10_000, "ttlSeconds": 60
        });
        self.send(Method::POST, "/v1/holds", &token, &headers, Some(&body))
            .await
    }

    /// Ends a hold: `confirm`, `cancel`, `return`.
    pub async fn settle(&mut self, caller: &str, name: &str, how: &str) -> Answer {
        let token = self.tokens.token(caller, Role::Service);
        let path = format!("/v1/holds/{name}/{how}");
        self.send(Method::POST, &path, &token, &[], None).await
    }

    /// What an admin is answered.
    pub async fn admin(&mut self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let token = self.tokens.admin();
        self.send(method, path, &token, &[], body).await
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.client
            .send(method, path, Some(token), headers, body)
            .await
            .unwrap()
    }
}

/// The body of an order: this many of one product.
pub fn of(product: &str, quantity: u32) -> Value {
    json!({"items": [{"productId": product, "quantity": quantity}]})
}

/// The same order with a copy.
pub fn with_copy(mut order: Value, copy: &str) -> Value {
    order["issuedCouponId"] = json!(copy);
    order
}
