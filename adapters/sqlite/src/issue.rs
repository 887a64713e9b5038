//! Issuing one batch: the coupons and the consumers' copies in, [`Issuing`] asked about each
//! request, its winners and the counters out.
//!
//! Consumers go in as one JSON array, their copies' ids as one blob, so there is one statement for any
//! batch size.

use std::collections::HashSet;

use domain::ports::IssuedBatch;
use domain::{Coupon, CouponId, IssueRequest, IssueScope, IssuedCoupon, Issuing, Timestamp};
use sql_rows::Copies;
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows::{self, coupon_columns, integer, issued_coupon_columns};
use crate::unit::Unit;

const COUPONS: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    " FROM coupons c JOIN events e ON e.id = c.event_id \
      WHERE c.id IN (SELECT unhex(value, '-') FROM json_each(?1))"
);

const COPIES: &str = concat!(
    "SELECT ",
    issued_coupon_columns!(),
    " FROM issued_coupons i JOIN coupons c ON c.id = i.coupon_id \
      WHERE i.scope = ?1 AND i.consumer IN (SELECT value FROM json_each(?2))"
);

/// Copies that are alike ([`Copies`]): what they differ in is cut from ?7 and ?8 (NULL when they have no keys) at
/// the consumer's place in ?9. A copy that may not be there fails the statement and with it the unit,
/// so what the statement has done needs no journal of its own: OR FAIL.
const INSERT: &str = "INSERT OR FAIL INTO issued_coupons \
     (id, coupon_id, consumer, scope, ordinal, state, used, request_key, issued_at) \
     SELECT substr(?7, 16 * key + 1, 16), ?2, value, ?1, ?3, ?4, ?5, \
     substr(?8, 16 * key + 1, 16), ?6 FROM json_each(?9)";

/// Decides a batch of one scope and stores the winners.
pub(crate) struct Issue {
    pub(crate) scope: IssueScope,
    pub(crate) requests: Vec<IssueRequest>,
}

impl Unit for Issue {
    type Answer = IssuedBatch;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<IssuedBatch, sqlx::Error> {
        let Self { scope, requests } = self;
        let coupons = coupons_of(&mut *connection, &requests).await?;
        let consumers = requests
            .iter()
            .map(|request| request.consumer_id.as_str())
            .collect();
        let copies = copies_of(&mut *connection, scope, &consumers).await?;
        let mut issuing = Issuing::new(scope, now, coupons, copies);
        let outcomes = requests
            .iter()
            .map(|request| issuing.decide(request))
            .collect();
        let (issued, coupons) = issuing.finish();
        // A batch of refusals and replays writes nothing, and costs no trip to the disk.
        if !issued.is_empty() {
            let changed: HashSet<CouponId> = issued.iter().map(|copy| copy.coupon_id).collect();
            insert(&mut *connection, scope, issued).await?;
            for coupon in coupons.iter().filter(|coupon| changed.contains(&coupon.id)) {
                store_count(&mut *connection, coupon).await?;
            }
        }
        Ok(IssuedBatch { outcomes, coupons })
    }
}

/// The coupons that are asked for.
async fn coupons_of(
    connection: &mut SqliteConnection,
    requests: &[IssueRequest],
) -> Result<Vec<Coupon>, sqlx::Error> {
    let ids: HashSet<CouponId> = requests.iter().map(|request| request.coupon_id).collect();
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    sqlx::query(COUPONS)
        .bind(serde_json::json!(ids).to_string())
        .try_map(|row| rows::coupon(&row))
        .fetch_all(connection)
        .await
}

/// The copies that these consumers have in the scope.
pub(crate) async fn copies_of(
    executor: impl SqliteExecutor<'_>,
    scope: IssueScope,
    consumers: &HashSet<&str>,
) -> Result<Vec<IssuedCoupon>, sqlx::Error> {
    sqlx::query(COPIES)
        .bind(&scope.as_bytes()[..])
        .bind(serde_json::json!(consumers).to_string())
        .try_map(|row| rows::issued_coupon(&row))
        .fetch_all(executor)
        .await
}

async fn insert(
    connection: &mut SqliteConnection,
    scope: IssueScope,
    issued: Vec<IssuedCoupon>,
) -> Result<(), sqlx::Error> {
    for copies in Copies::grouped(issued) {
        sqlx::query(INSERT)
            .bind(&scope.as_bytes()[..])
            .bind(&copies.coupon.as_bytes()[..])
            .bind(copies.ordinal)
            .bind(copies.state)
            .bind(copies.used)
            .bind(copies.issued_at.as_micros())
            .bind(copies.ids)
            .bind(copies.keys)
            .bind(copies.consumers)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn store_count(
    connection: &mut SqliteConnection,
    coupon: &Coupon,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE coupons SET issued = ?2 WHERE id = ?1")
        .bind(&coupon.id.as_bytes()[..])
        .bind(integer(coupon.counters.issued))
        .execute(connection)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Prepared, assert_no_scan, folder, issue, on_offer, open, request};
    use domain::ports::CouponLedger;

    #[tokio::test]
    async fn no_statement_of_a_batch_scans_a_table() {
        assert_no_scan(&[COUPONS, COPIES, INSERT]).await;
    }

    #[tokio::test]
    async fn batches_of_any_size_are_the_same_few_statements() {
        let folder = folder();
        let store = open(&folder).await;
        let coupon = on_offer(&store, "sizes", 10_000).await;
        issue(&store, &coupon, "first").await;
        let few = store.write(Prepared).await.unwrap();
        for size in 1..40 {
            let requests = (0..size)
                .map(|consumer| request(&coupon, &format!("{size}-{consumer}")))
                .collect();
            store
                .issue(IssueScope::of(&coupon), requests)
                .await
                .unwrap();
        }
        assert_eq!(store.write(Prepared).await.unwrap(), few);
    }
}
