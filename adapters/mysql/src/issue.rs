//! Issuing one batch: the coupons and the consumers' copies in, [`Issuing`] asked about each
//! request, its winners and the counters out.
//!
//! Consumers go in as one JSON array, their copies' ids as one blob: so there is one statement, and one
//! trip to the server, for any batch size, and few parameters.

use std::collections::{BTreeSet, HashSet};

use domain::ports::IssuedBatch;
use domain::{Coupon, CouponId, EventId, IssueRequest, IssueScope, IssuedCoupon, Issuing};
use sql_rows::Copies;
use sqlx::MySqlConnection;

use crate::coupons;
use crate::rows::{self, integer, issued_coupon_columns};
use crate::unit::{LedgerTime, Unit};

/// The consumers, numbered from 1.
macro_rules! consumers {
    () => {
        "JSON_TABLE(?, '$[*]' COLUMNS (number FOR ORDINALITY, \
         consumer VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PATH '$')) j"
    };
}

/// By the index that has each consumer's copies together. The planner would rather begin with the
/// coupon, and walk along all of its copies.
const COPIES: &str = concat!(
    "SELECT ",
    issued_coupon_columns!(),
    " FROM ",
    consumers!(),
    " STRAIGHT_JOIN issued_coupons i FORCE INDEX (issued_coupons_of_consumer) \
      ON i.consumer = j.consumer AND i.scope = ? STRAIGHT_JOIN coupons c ON c.id = i.coupon_id"
);

/// Copies that are [`alike`]: what they differ in is cut from two blobs (the second NULL when they have
/// no keys) at the consumer's place.
const INSERT: &str = concat!(
    "INSERT INTO issued_coupons \
     (id, coupon_id, consumer, scope, ordinal, state, used, request_key, issued_at) \
     SELECT SUBSTR(?, 16 * j.number - 15, 16), ?, j.consumer, ?, ?, ?, ?, \
     SUBSTR(?, 16 * j.number - 15, 16), ? FROM ",
    consumers!()
);

/// Decides a batch of one scope and stores the winners.
pub(crate) struct Issue {
    pub(crate) scope: IssueScope,
    pub(crate) requests: Vec<IssueRequest>,
}

impl Unit for Issue {
    type Answer = IssuedBatch;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<IssuedBatch, sqlx::Error> {
        if let IssueScope::Event(event) = self.scope {
            lock_event(&mut *connection, event).await?;
        }
        let coupons = lock_coupons(&mut *connection, &self.requests).await?;
        let now = time.now(&mut *connection).await?;
        let consumers = self
            .requests
            .iter()
            .map(|request| request.consumer_id.as_str())
            .collect();
        let copies = copies_of(&mut *connection, self.scope, &consumers).await?;
        let mut issuing = Issuing::new(self.scope, now, coupons, copies);
        let outcomes = self
            .requests
            .iter()
            .map(|request| issuing.decide(request))
            .collect();
        let (issued, coupons) = issuing.finish();
        let changed: HashSet<CouponId> = issued.iter().map(|copy| copy.coupon_id).collect();
        insert(&mut *connection, self.scope, issued).await?;
        for coupon in coupons.iter().filter(|coupon| changed.contains(&coupon.id)) {
            store_count(&mut *connection, coupon).await?;
        }
        Ok(IssuedBatch { outcomes, coupons })
    }
}

/// One per consumer and event is decided under this lock.
async fn lock_event(connection: &mut MySqlConnection, event: EventId) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT id FROM events WHERE id = ? FOR UPDATE")
        .bind(&event.as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    Ok(())
}

/// The coupons that are asked for, locked one by one in the order of their ids. A batch has few; and in
/// a statement over several the planner may walk along the table, and wait for the locks of strangers.
async fn lock_coupons(
    connection: &mut MySqlConnection,
    requests: &[IssueRequest],
) -> Result<Vec<Coupon>, sqlx::Error> {
    let ids: BTreeSet<CouponId> = requests.iter().map(|request| request.coupon_id).collect();
    let mut coupons = Vec::with_capacity(ids.len());
    for id in ids {
        coupons.extend(coupons::locked(&mut *connection, id).await?);
    }
    Ok(coupons)
}

/// The copies that these consumers have in the scope.
pub(crate) async fn copies_of(
    connection: &mut MySqlConnection,
    scope: IssueScope,
    consumers: &BTreeSet<&str>,
) -> Result<Vec<IssuedCoupon>, sqlx::Error> {
    sqlx::query(COPIES)
        .bind(serde_json::json!(consumers).to_string())
        .bind(&scope.as_bytes()[..])
        .try_map(|row| rows::issued_coupon(&row))
        .fetch_all(connection)
        .await
}

async fn insert(
    connection: &mut MySqlConnection,
    scope: IssueScope,
    issued: Vec<IssuedCoupon>,
) -> Result<(), sqlx::Error> {
    for copies in Copies::grouped(issued) {
        sqlx::query(INSERT)
            .bind(copies.ids)
            .bind(&copies.coupon.as_bytes()[..])
            .bind(&scope.as_bytes()[..])
            .bind(i64::from(copies.ordinal))
            .bind(copies.state)
            .bind(copies.used)
            .bind(copies.keys)
            .bind(copies.issued_at.as_micros())
            .bind(copies.consumers)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn store_count(connection: &mut MySqlConnection, coupon: &Coupon) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE coupons SET issued = ? WHERE id = ?")
        .bind(integer(coupon.counters.issued))
        .bind(&coupon.id.as_bytes()[..])
        .execute(connection)
        .await?;
    Ok(())
}
