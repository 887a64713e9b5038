//! What consumers were told of one coupon, and whether it fits together.

use std::collections::{HashMap, HashSet};

use domain::{ConsumerId, CouponId};
use hyper::{Method, StatusCode};
use parking_lot::Mutex;
use proptest::prelude::RngExt;

use super::{
    asking::{Asking, Request},
    plan::chance,
};
use crate::{
    Acknowledged,
    over_http::{Answer, Tokens},
};

/// A consumer who wants a copy.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who.
    pub consumer: String,
    /// Half of them ask under a key.
    pub key: Option<String>,
    /// Whether it has asked before: then it may have one without having been told.
    pub has_asked: bool,
}

/// See the module's header.
pub struct Told {
    coupon: String,
    tokens: Tokens,
    copies: Mutex<HashMap<String, String>>,
    refused: Mutex<HashSet<String>>,
    undecided: Mutex<Vec<Wish>>,
}

impl Told {
    /// Nobody of anything yet.
    pub fn of(coupon: &str) -> Self {
        Self {
            coupon: coupon.to_owned(),
            tokens: Tokens::default(),
            copies: Mutex::default(),
            refused: Mutex::default(),
            undecided: Mutex::default(),
        }
    }

    /// Of which coupon.
    pub fn coupon(&self) -> CouponId {
        self.coupon.parse().unwrap()
    }

    /// The consumers from this one on, with or without a key by this seed.
    pub fn wishes(seed: u64, first: usize, count: usize) -> Vec<Wish> {
        let mut rng = chance(seed ^ u64::try_from(first).unwrap());
        let wish = |number| Wish {
            consumer: format!("consumer-{number}"),
            key: rng.random_bool(0.5).then(|| format!("key-{number}")),
            has_asked: false,
        };
        (first..first + count).map(wish).collect()
    }

    /// What the wish's consumer asks.
    pub fn request(&self, wish: &Wish) -> Request {
        Request {
            method: Method::POST,
            path: format!("/v1/coupons/{}/issued-coupons", self.coupon),
            token: self.tokens.consumer(&wish.consumer),
            key: wish.key.clone(),
            body: None,
        }
    }

    /// A definite answer has come.
    ///
    /// # Panics
    /// When it contradicts what was said before, or can't be an answer to this.
    pub fn hear(&self, wish: Wish, answer: &Answer) {
        match (answer.status, answer.code().as_str()) {
            (StatusCode::CREATED, _) => self.has(wish, answer),
            (StatusCode::CONFLICT, "SINGLE_COUPON_AVAILABLE_PER_EVENT") => {
                // A request under a key is answered 201 again.
                assert!(wish.has_asked && wish.key.is_none(), "{wish:?} {answer:?}");
                self.has(wish, answer);
            }
            (StatusCode::CONFLICT, "COUPON_NOT_ISSUABLE") => {
                let has = self.copies.lock().get(&wish.consumer).cloned();
                assert_eq!(has, None, "{wish:?} has one, and is told that it has none");
                self.refused.lock().insert(wish.consumer);
            }
            _ => panic!("{wish:?} {answer:?}"),
        }
    }

    fn has(&self, wish: Wish, answer: &Answer) {
        let copy = answer.text("issuedCouponId");
        assert!(
            !self.refused.lock().contains(&wish.consumer),
            "{wish:?} {answer:?}"
        );
        let before = self
            .copies
            .lock()
            .insert(wish.consumer.clone(), copy.clone());
        if let Some(before) = before {
            assert_eq!(before, copy, "{wish:?} was told of another copy before");
        }
    }

    /// Lets the consumer ask up to so many times; who then has no definite answer will ask again at
    /// the end.
    pub async fn ask(&self, asking: &mut Asking, mut wish: Wish, tries: usize) {
        let before = asking.unanswered;
        let answer = asking.ask(&self.request(&wish), tries).await;
        wish.has_asked |= asking.unanswered > before;
        match answer {
            Some(answer) => self.hear(wish, &answer),
            None => self.undecided.lock().push(wish),
        }
    }

    /// All who have no answer, to be asked again.
    pub fn take_undecided(&self) -> Vec<Wish> {
        std::mem::take(&mut *self.undecided.lock())
    }

    /// Up to so many of those who have a copy, to be asked again.
    pub fn some_holders(&self, most: usize) -> Vec<Wish> {
        let copies = self.copies.lock();
        let mut holders: Vec<_> = copies.keys().cloned().collect();
        holders.sort_unstable();
        holders.truncate(most);
        let wish = |consumer| Wish {
            consumer,
            key: None,
            has_asked: true,
        };
        holders.into_iter().map(wish).collect()
    }

    /// How many were told of a copy, and how many that there is none.
    pub fn counts(&self) -> (usize, usize) {
        (self.copies.lock().len(), self.refused.lock().len())
    }

    /// What each consumer was told: the copy.
    pub fn copies(&self) -> HashMap<String, String> {
        self.copies.lock().clone()
    }

    /// Who was told that there is none.
    pub fn refused(&self) -> HashSet<String> {
        self.refused.lock().clone()
    }

    /// The copies, as the oracle takes them.
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        let coupon_id = self.coupon();
        let told = |(consumer, copy): (&String, &String)| Acknowledged {
            issued_coupon_id: copy.parse().unwrap(),
            coupon_id,
            consumer_id: ConsumerId::new(consumer.as_str()).unwrap(),
        };
        self.copies.lock().iter().map(told).collect()
    }
}
