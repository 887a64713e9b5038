//! Issuing one batch: the coupons and the consumers' copies in, [`Issuing`] asked about each
//! request, its winners and the counters out.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use domain::ports::IssuedBatch;
use domain::{Coupon, CouponId, EventId, IssueRequest, IssueScope, IssuedCoupon, Issuing};
use sqlx::MySqlConnection;

use crate::coupons;
use crate::rows::{self, integer, issued_coupon_columns};
use crate::shapes::Shapes;
use crate::unit::{LedgerTime, Unit};

/// By the index that has each consumer's copies together. The planner would rather begin with the
/// coupon, and walk along all of its copies.
static COPIES: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = concat!(
        "SELECT ",
        issued_coupon_columns!(),
        " FROM issued_coupons i FORCE INDEX (issued_coupons_of_consumer) \
          STRAIGHT_JOIN coupons c ON c.id = i.coupon_id WHERE i.scope = ? AND i.consumer IN ("
    );
    Shapes::new(HEAD, "?", ")")
});

static INSERT: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "INSERT INTO issued_coupons \
         (id, coupon_id, consumer, scope, ordinal, state, used, request_key, issued_at) VALUES ";
    Shapes::new(HEAD, "(?, ?, ?, ?, ?, ?, ?, ?, ?)", "")
});

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
        insert(&mut *connection, self.scope, &issued).await?;
        let changed: HashSet<CouponId> = issued.iter().map(|copy| copy.coupon_id).collect();
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
    let consumers: Vec<&str> = consumers.iter().copied().collect();
    let mut copies = Vec::new();
    for (sql, consumers) in COPIES.padded(&consumers) {
        let mut query = sqlx::query(sql).bind(&scope.as_bytes()[..]);
        for consumer in consumers {
            query = query.bind(*consumer);
        }
        let found = query
            .try_map(|row| rows::issued_coupon(&row))
            .fetch_all(&mut *connection)
            .await?;
        copies.extend(found);
    }
    Ok(copies)
}

async fn insert(
    connection: &mut MySqlConnection,
    scope: IssueScope,
    issued: &[IssuedCoupon],
) -> Result<(), sqlx::Error> {
    for (sql, copies) in INSERT.split(issued) {
        let mut query = sqlx::query(sql);
        for copy in copies {
            query = query
                .bind(&copy.id.as_bytes()[..])
                .bind(&copy.coupon_id.as_bytes()[..])
                .bind(copy.consumer_id.as_str())
                .bind(&scope.as_bytes()[..])
                .bind(i64::from(copy.ordinal))
                .bind(rows::state(copy.state))
                .bind(integer(copy.used))
                .bind(copy.request_key.as_ref().map(|key| &key.0[..]))
                .bind(copy.issued_at.as_micros());
        }
        query.execute(&mut *connection).await?;
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
