//! The port of the ledger of coupons.

use async_trait::async_trait;
use domain::ports::{Changes, CouponLedger, IssuedBatch, StoreError, Withdrawn};
use domain::{
    AuditReading, ConsumerId, Coupon, CouponId, CouponReport, Epoch, EventId, IssueRequest,
    IssueScope, IssuedCoupon, IssuedCouponId, Page,
};
use sqlx::MySqlConnection;

use crate::MysqlStore;
use crate::catalogue::after;
use crate::error::nothing_happened;
use crate::issue::{Issue, copies_of};
use crate::rows::{self, coupon_columns, integer, issued_coupon_columns};
use crate::unit::{LedgerTime, Unit};
use crate::withdraw::Withdraw;

const COPY: &str = concat!(
    "SELECT ",
    issued_coupon_columns!(),
    " FROM issued_coupons i JOIN coupons c ON c.id = i.coupon_id WHERE i.id = ?"
);

/// By the index that has each consumer's copies together: the planner would walk along all copies in
/// the order of their ids, until there are enough of this consumer.
const COPIES: &str = concat!(
    "SELECT ",
    issued_coupon_columns!(),
    " FROM issued_coupons i FORCE INDEX (issued_coupons_of_consumer) \
      STRAIGHT_JOIN coupons c ON c.id = i.coupon_id \
      WHERE i.consumer = ? AND i.id > ? ORDER BY i.id LIMIT ?"
);

const HOLDERS: &str = "SELECT id, consumer FROM issued_coupons \
     FORCE INDEX (issued_coupons_by_coupon) \
     WHERE coupon_id = ? AND id > ? ORDER BY id LIMIT ?";

const NEWEST: &str = "SELECT last FROM epochs WHERE one = 1";

const CHANGED: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    " FROM coupons c FORCE INDEX (coupons_epoch) WHERE c.epoch > ? ORDER BY c.epoch LIMIT ?"
);

const TO_BE_WITHDRAWN: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    " FROM coupons c FORCE INDEX (coupons_to_be_withdrawn) \
      WHERE c.to_be_withdrawn = 1 ORDER BY c.id LIMIT ?"
);

/// An event without coupons is one row without a coupon.
const EVENT_REPORT: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    ", (SELECT CAST(COALESCE(SUM(h.discount), 0) AS CHAR) FROM holds h \
         WHERE h.coupon_id = c.id AND h.state = 'CONFIRMED') AS discount_given, \
       (SELECT CAST(COALESCE(SUM(h.order_amount - h.discount), 0) AS CHAR) FROM holds h \
         WHERE h.coupon_id = c.id AND h.state = 'CONFIRMED') AS revenue \
      FROM events e LEFT JOIN coupons c ON c.event_id = e.id WHERE e.id = ? ORDER BY c.id"
);

/// One statement, hence one snapshot. A consumer's copies are counted in all coupons that share the
/// limit, by the coupons themselves: the rows' own scope is not believed.
const AUDIT: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    ", r.rows_issued, r.rows_active, r.rows_withdrawn, h.rows_held, h.rows_used, \
       l.consumers_above_limit \
      FROM coupons c, \
      (SELECT COUNT(*) AS rows_issued, \
         COUNT(CASE WHEN state = 'ACTIVE' THEN 1 END) AS rows_active, \
         COUNT(CASE WHEN state = 'WITHDRAWN' THEN 1 END) AS rows_withdrawn \
       FROM issued_coupons WHERE coupon_id = ?) r, \
      (SELECT COUNT(CASE WHEN state = 'OPEN' THEN 1 END) AS rows_held, \
         COUNT(CASE WHEN state = 'CONFIRMED' THEN 1 END) AS rows_used \
       FROM holds WHERE coupon_id = ?) h, \
      (SELECT COUNT(*) AS consumers_above_limit FROM \
         (SELECT i.consumer FROM coupons a \
          JOIN coupons o ON o.event_id = a.event_id AND o.kind = a.kind \
            AND (a.kind = 'ISSUE_COUPON' OR o.id = a.id) \
          JOIN issued_coupons i ON i.coupon_id = o.id AND i.state = 'ACTIVE' \
          WHERE a.id = ? GROUP BY i.consumer \
          HAVING COUNT(*) > COALESCE(MAX(a.per_consumer_limit), 1)) above) l \
      WHERE c.id = ?"
);

#[async_trait]
impl CouponLedger for MysqlStore {
    async fn issue(
        &self,
        scope: IssueScope,
        requests: Vec<IssueRequest>,
    ) -> Result<IssuedBatch, StoreError> {
        if requests.is_empty() {
            return Ok(IssuedBatch {
                outcomes: Vec::new(),
                coupons: Vec::new(),
            });
        }
        self.write(Issue { scope, requests }).await
    }

    async fn issued_coupon(&self, id: IssuedCouponId) -> Result<Option<IssuedCoupon>, StoreError> {
        sqlx::query(COPY)
            .bind(&id.as_bytes()[..])
            .try_map(|row| rows::issued_coupon(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn issued_coupons(
        &self,
        consumer: ConsumerId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        sqlx::query(COPIES)
            .bind(consumer.as_str())
            .bind(after(page.after.as_ref().map(IssuedCouponId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::issued_coupon(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn copies_among(
        &self,
        scope: IssueScope,
        consumers: Vec<ConsumerId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        let unit = CopiesAmong { scope, consumers };
        self.readers().run(unit).await.map_err(nothing_happened)
    }

    async fn holders(
        &self,
        coupon: CouponId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError> {
        sqlx::query(HOLDERS)
            .bind(&coupon.as_bytes()[..])
            .bind(after(page.after.as_ref().map(IssuedCouponId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::holder(&row))
            .fetch_all(self.poller())
            .await
            .map_err(nothing_happened)
    }

    async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError> {
        let unit = ChangedSince { since, limit };
        self.poller().run(unit).await.map_err(nothing_happened)
    }

    async fn to_be_withdrawn(&self, limit: u32) -> Result<Vec<Coupon>, StoreError> {
        sqlx::query(TO_BE_WITHDRAWN)
            .bind(limit)
            .try_map(|row| rows::coupon(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn withdraw(
        &self,
        coupon: CouponId,
        epoch: Epoch,
        limit: u32,
    ) -> Result<Withdrawn, StoreError> {
        let unit = Withdraw {
            coupon,
            epoch,
            limit,
        };
        self.write_in_background(unit).await
    }

    async fn event_report(&self, event: EventId) -> Result<Option<Vec<CouponReport>>, StoreError> {
        let reports = sqlx::query(EVENT_REPORT)
            .bind(&event.as_bytes()[..])
            .try_map(|row| rows::coupon_report(&row))
            .fetch_all(self.readers())
            .await
            .map_err(nothing_happened)?;
        let is_known = !reports.is_empty();
        Ok(is_known.then(|| reports.into_iter().flatten().collect()))
    }

    async fn audit(&self, coupon: CouponId) -> Result<Option<AuditReading>, StoreError> {
        let id = &coupon.as_bytes()[..];
        sqlx::query(AUDIT)
            .bind(id)
            .bind(id)
            .bind(id)
            .bind(id)
            .try_map(|row| rows::audit_reading(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.check().await
    }
}

struct CopiesAmong {
    scope: IssueScope,
    consumers: Vec<ConsumerId>,
}

impl Unit for CopiesAmong {
    type Answer = Vec<IssuedCoupon>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        _time: &LedgerTime,
    ) -> Result<Vec<IssuedCoupon>, sqlx::Error> {
        let consumers = self.consumers.iter().map(ConsumerId::as_str).collect();
        copies_of(connection, self.scope, &consumers).await
    }
}

struct ChangedSince {
    since: Option<Epoch>,
    limit: u32,
}

impl Unit for ChangedSince {
    type Answer = Changes;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Changes, sqlx::Error> {
        // Before what is read, which is then true at that time or later, never earlier.
        let now = time.now(&mut *connection).await?;
        let Some(since) = self.since else {
            let newest = sqlx::query(NEWEST).try_map(|row| rows::epoch(&row));
            return Ok(Changes {
                now,
                epoch: newest.fetch_one(connection).await?,
                coupons: Vec::new(),
            });
        };
        let coupons = sqlx::query(CHANGED)
            .bind(integer(since.0))
            .bind(self.limit)
            .try_map(|row| rows::coupon(&row))
            .fetch_all(connection)
            .await?;
        Ok(Changes {
            now,
            // Not the newest: where the limit has cut some off, those are asked for next.
            epoch: coupons.last().map_or(since, |last| last.epoch),
            coupons,
        })
    }
}
