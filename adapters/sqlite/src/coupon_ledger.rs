//! The port of the ledger of coupons.

use async_trait::async_trait;
use domain::ports::{Changes, CouponLedger, IssuedBatch, StoreError, Withdrawn};
use domain::{
    AuditReading, ConsumerId, Coupon, CouponId, CouponReport, Epoch, EventId, IssueRequest,
    IssueScope, IssuedCoupon, IssuedCouponId, Page,
};

use crate::SqliteStore;
use crate::catalogue::after;
use crate::error::nothing_happened;
use crate::issue::{Issue, copies_of};
use crate::rows::{self, coupon_columns, integer, issued_coupon_columns};
use crate::using;
use crate::withdraw::Withdraw;

/// The index has what is asked for and nothing else; the planner would walk along all coupons.
pub(crate) const TO_BE_WITHDRAWN: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    " FROM coupons c INDEXED BY coupons_to_be_withdrawn JOIN events e ON e.id = c.event_id \
      WHERE c.kind = 'USE_COUPON' AND c.used >= c.cap AND c.issued > c.used + c.withdrawn \
      ORDER BY c.id LIMIT ?1"
);

/// An event without coupons is one row without a coupon. Sums, not additions: those would become
/// floats where there is no room.
pub(crate) const EVENT_REPORT: &str = concat!(
    "SELECT ",
    coupon_columns!(),
    ", (SELECT ifnull(sum(h.discount), 0) FROM holds h \
         WHERE h.coupon_id = c.id AND h.state = 'CONFIRMED') AS discount_given, \
       (SELECT ifnull(sum(h.order_amount - h.discount), 0) FROM holds h \
         WHERE h.coupon_id = c.id AND h.state = 'CONFIRMED') AS revenue \
      FROM events e LEFT JOIN coupons c ON c.event_id = e.id WHERE e.id = ?1 ORDER BY c.id"
);

#[async_trait]
impl CouponLedger for SqliteStore {
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
        using::copy_with_id(self.readers(), id)
            .await
            .map_err(nothing_happened)
    }

    async fn issued_coupons(
        &self,
        consumer: ConsumerId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<IssuedCoupon>, StoreError> {
        const SELECT: &str = concat!(
            "SELECT ",
            issued_coupon_columns!(),
            " FROM issued_coupons i JOIN coupons c ON c.id = i.coupon_id \
              WHERE i.consumer = ?1 AND i.id > ?2 ORDER BY i.id LIMIT ?3"
        );
        sqlx::query(SELECT)
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
        let consumers = consumers.iter().map(ConsumerId::as_str).collect();
        copies_of(self.readers(), scope, &consumers)
            .await
            .map_err(nothing_happened)
    }

    async fn holders(
        &self,
        coupon: CouponId,
        page: Page<IssuedCouponId>,
    ) -> Result<Vec<(IssuedCouponId, ConsumerId)>, StoreError> {
        const SELECT: &str = "SELECT id, consumer FROM issued_coupons \
             WHERE coupon_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        sqlx::query(SELECT)
            .bind(&coupon.as_bytes()[..])
            .bind(after(page.after.as_ref().map(IssuedCouponId::as_bytes)))
            .bind(page.limit)
            .try_map(|row| rows::holder(&row))
            .fetch_all(self.poller())
            .await
            .map_err(nothing_happened)
    }

    async fn changes(&self, since: Option<Epoch>, limit: u32) -> Result<Changes, StoreError> {
        const NEWEST: &str = "SELECT last FROM epochs";
        const CHANGED: &str = concat!(
            "SELECT ",
            coupon_columns!(),
            " FROM coupons c JOIN events e ON e.id = c.event_id \
              WHERE c.epoch > ?1 ORDER BY c.epoch LIMIT ?2"
        );
        let (epoch, coupons) = match since {
            None => {
                let newest = sqlx::query(NEWEST)
                    .try_map(|row| rows::epoch(&row))
                    .fetch_one(self.poller())
                    .await
                    .map_err(nothing_happened)?;
                (newest, Vec::new())
            }
            Some(since) => {
                let coupons = sqlx::query(CHANGED)
                    .bind(integer(since.0))
                    .bind(limit)
                    .try_map(|row| rows::coupon(&row))
                    .fetch_all(self.poller())
                    .await
                    .map_err(nothing_happened)?;
                // Not the newest: where the limit has cut some off, those are asked for next.
                (coupons.last().map_or(since, |last| last.epoch), coupons)
            }
        };
        Ok(Changes {
            now: self.clock().now(),
            epoch,
            coupons,
        })
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
        self.write(unit).await
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
        // One statement, hence one snapshot. A consumer's copies are counted in all coupons that
        // share the limit, by the coupons themselves: the rows' own scope is not believed.
        const SELECT: &str = concat!(
            "SELECT ",
            coupon_columns!(),
            ", r.rows_issued, r.rows_active, r.rows_withdrawn, h.rows_held, h.rows_used, \
              (SELECT count(*) FROM (SELECT 1 FROM issued_coupons i \
               WHERE i.coupon_id IN (SELECT o.id FROM coupons o \
                 WHERE o.event_id = c.event_id AND o.kind = c.kind \
                 AND (c.kind = 'ISSUE_COUPON' OR o.id = c.id)) \
               AND i.state = 'ACTIVE' \
               GROUP BY i.consumer HAVING count(*) > ifnull(c.per_consumer_limit, 1)) \
              ) AS consumers_above_limit \
              FROM coupons c JOIN events e ON e.id = c.event_id, \
              (SELECT count(*) AS rows_issued, \
                 count(*) FILTER (WHERE state = 'ACTIVE') AS rows_active, \
                 count(*) FILTER (WHERE state = 'WITHDRAWN') AS rows_withdrawn \
               FROM issued_coupons WHERE coupon_id = ?1) r, \
              (SELECT count(*) FILTER (WHERE state = 'OPEN') AS rows_held, \
                 count(*) FILTER (WHERE state = 'CONFIRMED') AS rows_used \
               FROM holds WHERE coupon_id = ?1) h \
              WHERE c.id = ?1"
        );
        sqlx::query(SELECT)
            .bind(&coupon.as_bytes()[..])
            .try_map(|row| rows::audit_reading(&row))
            .fetch_optional(self.readers())
            .await
            .map_err(nothing_happened)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.check().await
    }
}
