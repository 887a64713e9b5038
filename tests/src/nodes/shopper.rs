//! A consumer who charges a wallet, takes copies, orders, and then refunds or confirms: each until there
//! is a definite answer, whatever node it takes.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use adapter_http::Role;
use domain::{ConsumerId, OrderId, OrderStatus};
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use proptest::{prelude::RngExt, test_runner::TestRng};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Asking, Request, plan::chance};
use crate::{
    Acknowledged,
    over_http::{Answer, Tokens},
    provider::DECLINED,
};

/// What each consumer has put into its wallet.
pub(super) const BALANCE: i64 = 20_000;
const ORDERS: usize = 3;
/// The longest that a definite answer may take, faults and all.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(50);
/// What an order may be refused, for good.
const REFUSALS: [&str; 8] = [
    "ALREADY_USED_COUPON",
    "COUPON_HELD",
    "COUPON_NOT_USABLE",
    "NOT_ENOUGH_BALANCE",
    "NOT_ENOUGH_POINT",
    "NOT_ENOUGH_PRODUCT_STOCK",
    "PAYMENT_DECLINED",
    "PAYMENT_UNAVAILABLE",
];

/// Said of an order that is there and has failed: whatever comes late finds it.
const FINAL: [&str; 2] = ["PAYMENT_DECLINED", "PAYMENT_UNAVAILABLE"];

/// What is on sale, and what consumers were told.
pub(super) struct Shelf {
    pub(super) products: Vec<String>,
    /// One that everybody gets, one whose uses run out.
    pub(super) coupons: [String; 2],
    /// What was last said of each order.
    pub(super) orders: Mutex<HashMap<OrderId, OrderStatus>>,
    /// Who was refused an order after a try without an answer, once for each: refusals are decided
    /// anew, and such a try may come late and be taken.
    pub(super) doubts: Mutex<Vec<ConsumerId>>,
    pub(super) copies: Mutex<Vec<Acknowledged>>,
    pub(super) consumers: Mutex<Vec<ConsumerId>>,
    tokens: Tokens,
}

impl Shelf {
    pub(super) fn of(products: Vec<String>, coupons: [String; 2]) -> Self {
        Self {
            products,
            coupons,
            orders: Mutex::default(),
            doubts: Mutex::default(),
            copies: Mutex::default(),
            consumers: Mutex::default(),
            tokens: Tokens::default(),
        }
    }
}

/// See the module's header.
pub(super) struct Shopper {
    name: String,
    rng: TestRng,
}

impl Shopper {
    /// The n-th of this seed: its wishes are drawn from both.
    pub(super) fn drawn(seed: u64, number: usize) -> Self {
        Self {
            name: format!("consumer-{number}"),
            rng: chance(seed ^ u64::try_from(number).unwrap()),
        }
    }

    /// Does all of it.
    ///
    /// # Panics
    /// When there is no definite answer, or one that can't be.
    pub(super) async fn shop(mut self, asking: &mut Asking, shelf: &Shelf) {
        self.charge(asking, shelf).await;
        let mut copies = Vec::new();
        for coupon in &shelf.coupons {
            copies.push(self.copy(asking, shelf, coupon).await);
        }
        for nth in 0..ORDERS {
            let body = self.wanted(shelf, &copies);
            let Some(order) = self.order(asking, shelf, nth, &body).await else {
                continue;
            };
            let becomes = match self.rng.random_range(0..3) {
                0 => self.refund(asking, shelf, &order, nth).await,
                1 => self.confirm(asking, shelf, &order).await,
                _ => OrderStatus::Paid,
            };
            let before = shelf.orders.lock().insert(order.parse().unwrap(), becomes);
            assert_eq!(before, None, "{order} was placed twice");
        }
    }

    fn id(&self) -> ConsumerId {
        ConsumerId::new(self.name.as_str()).unwrap()
    }

    async fn charge(&self, asking: &mut Asking, shelf: &Shelf) {
        let request = Request {
            method: Method::POST,
            path: format!("/v1/wallets/{}/charges", self.name),
            token: shelf.tokens.token("till", Role::Service),
            key: Some(format!("charge-{}", self.name)),
            body: Some(json!({"amount": BALANCE})),
        };
        let charged = definite(asking, &request).await;
        assert_eq!(charged.status, StatusCode::CREATED, "{charged:?}");
        shelf.consumers.lock().push(self.id());
    }

    async fn copy(&self, asking: &mut Asking, shelf: &Shelf, coupon: &str) -> String {
        let path = format!("/v1/coupons/{coupon}/issued-coupons");
        let issued = definite(asking, &self.request(shelf, &path, None, None)).await;
        let has_one = [
            "SINGLE_COUPON_AVAILABLE_PER_EVENT",
            "COUPON_LIMIT_PER_CONSUMER",
        ];
        let is_answer =
            issued.status == StatusCode::CREATED || has_one.contains(&issued.code().as_str());
        // Once its uses have run out, nobody gets one any more.
        if !is_answer {
            assert_eq!(issued.code(), "COUPON_NOT_USABLE", "{issued:?}");
            return String::new();
        }
        let copy = issued.text("issuedCouponId");
        shelf.copies.lock().push(Acknowledged {
            issued_coupon_id: copy.parse().unwrap(),
            coupon_id: coupon.parse().unwrap(),
            consumer_id: self.id(),
        });
        copy
    }

    fn wanted(&mut self, shelf: &Shelf, copies: &[String]) -> Value {
        let rng = &mut self.rng;
        let mut lines =
            vec![json!({"productId": shelf.products[0], "quantity": rng.random_range(1..=3)})];
        if rng.random_bool(0.5) {
            lines
                .push(json!({"productId": shelf.products[1], "quantity": rng.random_range(1..=3)}));
        }
        let mut body = json!({ "items": lines });
        let copy = copies
            .get(rng.random_range(0..3))
            .filter(|copy| !copy.is_empty());
        if let Some(copy) = copy {
            body["issuedCouponId"] = json!(copy);
        }
        if rng.random_bool(0.3) {
            body["points"] = json!(rng.random_range(1..=20));
        }
        if rng.random_bool(0.1) {
            body["paymentMethod"] = json!(DECLINED);
        }
        body
    }

    /// The order, once it is paid; none when it was refused for good.
    async fn order(
        &self,
        asking: &mut Asking,
        shelf: &Shelf,
        nth: usize,
        body: &Value,
    ) -> Option<String> {
        let key = format!("order-{nth}");
        let request = self.request(shelf, "/v1/orders", Some(key), Some(body.clone()));
        let unanswered = asking.unanswered;
        let placed = last_word(asking, &request).await;
        if placed.status == StatusCode::CREATED {
            return Some(placed.text("orderId"));
        }
        let code = placed.code();
        assert!(REFUSALS.contains(&code.as_str()), "{placed:?}");
        if asking.unanswered > unanswered && !FINAL.contains(&code.as_str()) {
            shelf.doubts.lock().push(self.id());
        }
        None
    }

    async fn refund(
        &self,
        asking: &mut Asking,
        shelf: &Shelf,
        order: &str,
        nth: usize,
    ) -> OrderStatus {
        let path = format!("/v1/orders/{order}/refund");
        let request = self.request(shelf, &path, Some(format!("refund-{nth}")), None);
        let refunded = last_word(asking, &request).await;
        assert_eq!(refunded.text("status"), "REFUNDED", "{refunded:?}");
        OrderStatus::Refunded
    }

    async fn confirm(&self, asking: &mut Asking, shelf: &Shelf, order: &str) -> OrderStatus {
        for status in ["IN_DELIVERY", "COMPLETE_DELIVERY"] {
            let request = Request {
                method: Method::POST,
                path: format!("/v1/orders/{order}/delivery"),
                token: shelf.tokens.token("carrier", Role::Service),
                key: None,
                body: Some(json!({"status": status})),
            };
            let delivered = definite(asking, &request).await;
            assert_eq!(delivered.text("deliveryStatus"), status, "{delivered:?}");
        }
        let path = format!("/v1/orders/{order}/confirm");
        let confirmed = definite(asking, &self.request(shelf, &path, None, None)).await;
        assert_eq!(confirmed.text("status"), "CONFIRMED", "{confirmed:?}");
        OrderStatus::Confirmed
    }

    fn request(
        &self,
        shelf: &Shelf,
        path: &str,
        key: Option<String>,
        body: Option<Value>,
    ) -> Request {
        Request {
            method: Method::POST,
            path: path.to_owned(),
            token: shelf.tokens.consumer(&self.name),
            key,
            body,
        }
    }
}

async fn definite(asking: &mut Asking, request: &Request) -> Answer {
    let begun = Instant::now();
    loop {
        if let Some(answer) = asking.ask(request, 1).await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "no answer to {request:?}");
        sleep(PAUSE).await;
    }
}

/// "Under way" is none.
async fn last_word(asking: &mut Asking, request: &Request) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = definite(asking, request).await;
        if answer.status != StatusCode::ACCEPTED {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "no end: {request:?} {answer:?}");
        sleep(PAUSE).await;
    }
}
