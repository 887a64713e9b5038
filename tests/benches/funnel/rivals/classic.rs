//! The classic: a lock in Redis, and under it read, check, increment, insert. It waits for the lock for
//! 5 s at most and holds it for 1 s at most; what happens after that second is why it is not exact.

use std::time::{Duration, Instant};

use redis::Script;
use sqlx::{Connection, query, query_scalar};
use uuid::Uuid;

use super::{Outcome, Shop};

const WAIT: Duration = Duration::from_secs(5);
const LEASE_MILLIS: u64 = 1_000;
/// Between two tries. Shorter ones keep Redis busy with nothing else.
const AGAIN: Duration = Duration::from_millis(10);

const UNLOCK: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

pub(super) async fn issue(shop: &Shop, coupon: Uuid, consumer: &str) -> Outcome {
    let (lock, token) = (format!("lock:coupon:{coupon}"), Uuid::new_v4().to_string());
    if !locked(shop, &lock, &token).await {
        return Outcome::TooBusy;
    }
    let outcome = under_lock(shop, coupon, consumer).await;
    let _released: i64 = Script::new(UNLOCK)
        .key(&lock)
        .arg(&token)
        .invoke_async(&mut shop.redis.clone())
        .await
        .unwrap();
    outcome
}

async fn locked(shop: &Shop, lock: &str, token: &str) -> bool {
    let begun = Instant::now();
    loop {
        let set: Option<String> = redis::cmd("SET")
            .arg(&[lock, token])
            .arg("NX")
            .arg("PX")
            .arg(LEASE_MILLIS)
            .query_async(&mut shop.redis.clone())
            .await
            .unwrap();
        if set.is_some() {
            return true;
        }
        if begun.elapsed() > WAIT {
            return false;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn under_lock(shop: &Shop, coupon: Uuid, consumer: &str) -> Outcome {
    let mut connection = shop.database.acquire().await.unwrap();
    let mut unit = connection.begin().await.unwrap();
    let coupon = coupon.as_bytes().as_slice();
    let (cap, issued): (i64, i64) = sqlx::query_as("SELECT cap, issued FROM coupons WHERE id = ?")
        .bind(coupon)
        .fetch_one(&mut *unit)
        .await
        .unwrap();
    let has: Option<i64> =
        query_scalar("SELECT 1 FROM issued_coupons WHERE coupon_id = ? AND consumer = ?")
            .bind(coupon)
            .bind(consumer)
            .fetch_optional(&mut *unit)
            .await
            .unwrap();
    if has.is_some() {
        return Outcome::HasOne;
    }
    if issued >= cap {
        return Outcome::SoldOut;
    }
    query("UPDATE coupons SET issued = ? WHERE id = ?")
        .bind(issued + 1)
        .bind(coupon)
        .execute(&mut *unit)
        .await
        .unwrap();
    let id = Uuid::now_v7();
    query("INSERT INTO issued_coupons VALUES (?, ?, ?, ?)")
        .bind(id.as_bytes().as_slice())
        .bind(coupon)
        .bind(consumer)
        .bind(1_i64)
        .execute(&mut *unit)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    Outcome::Issued(id)
}
