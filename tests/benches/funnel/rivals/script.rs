//! Its successor: a script in Redis that checks and counts, then one insert. A node that dies between
//! the two has given away a copy that nobody has.

use std::sync::LazyLock;

use redis::Script;
use sqlx::query;
use uuid::Uuid;

use super::{Outcome, Shop};

static ADMIT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return 1 end \
     if redis.call('SCARD', KEYS[1]) >= tonumber(ARGV[2]) then return 2 end \
     redis.call('SADD', KEYS[1], ARGV[1]) return 0",
    )
});

/// More than a bench has consumers.
const CAP: i64 = 1_000_000_000;

pub(super) async fn issue(shop: &Shop, coupon: Uuid, consumer: &str) -> Outcome {
    let said: i64 = ADMIT
        .key(format!("issued:{coupon}"))
        .arg(consumer)
        .arg(CAP)
        .invoke_async(&mut shop.redis.clone())
        .await
        .unwrap();
    match said {
        1 => return Outcome::HasOne,
        2 => return Outcome::SoldOut,
        _ => {}
    }
    let id = Uuid::now_v7();
    query("INSERT INTO issued_coupons VALUES (?, ?, ?, ?)")
        .bind(id.as_bytes().as_slice())
        .bind(coupon.as_bytes().as_slice())
        .bind(consumer)
        .bind(1_i64)
        .execute(&shop.database)
        .await
        .unwrap();
    Outcome::Issued(id)
}
