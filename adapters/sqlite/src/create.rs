//! Creating what has a name: the key first, then the name, then the row and the key's answer, in
//! one unit.

use domain::ports::{Creation, KeyedRequest};
use domain::{Coupon, CouponKind, Discount, DiscountPolicy, Event, Timestamp};
use sqlx::SqliteConnection;

use crate::rows::{FIXED_DISCOUNT, ISSUE_COUPON, RATE_DISCOUNT, USE_COUPON};
use crate::unit::Unit;
use crate::{coupons, keys};

/// Stores `item`, unless its key or its name is taken.
pub(crate) struct Create<T> {
    pub(crate) item: T,
    pub(crate) key: Option<KeyedRequest<T>>,
}

impl<T: Named> Unit for Create<T> {
    type Answer = Creation<T>;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<Creation<T>, sqlx::Error> {
        if let Some(key) = &self.key
            && let Some(answered) = keys::answered(&mut *connection, key.scope).await?
        {
            return Ok(Creation::Answered(answered));
        }
        let Some(stored) = self.item.insert(&mut *connection, now).await? else {
            return Ok(Creation::NameTaken);
        };
        if let Some(key) = self.key {
            keys::keep(connection, &key, &stored, now).await?;
        }
        Ok(Creation::Created(stored, now))
    }
}

/// What has a name that is unique among its like.
pub(crate) trait Named: Sized + Send + Sync + 'static {
    /// Inserts it at `now` and returns what is stored then; `None` when another one has its name.
    fn insert(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Self>, sqlx::Error>> + Send;
}

impl Named for Event {
    async fn insert(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<Option<Self>, sqlx::Error> {
        const INSERT: &str = "INSERT INTO events (id, name, starts_at, ends_at) \
             VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO NOTHING";
        let inserted = sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.name.as_str())
            .bind(self.window.starts_at().as_micros())
            .bind(self.window.ends_at().as_micros())
            .execute(connection)
            .await?;
        Ok((inserted.rows_affected() > 0).then_some(self))
    }
}

impl Named for DiscountPolicy {
    async fn insert(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<Option<Self>, sqlx::Error> {
        const INSERT: &str = "INSERT INTO discount_policies \
             (id, name, kind, amount, rate, maximum, minimum_order_amount) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO NOTHING";
        let (kind, amount, rate, maximum) = match self.discount {
            Discount::Fixed { amount } => (FIXED_DISCOUNT, Some(amount), None, None),
            Discount::Rate { rate, maximum } => (RATE_DISCOUNT, None, Some(rate), maximum),
        };
        let inserted = sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.name.as_str())
            .bind(kind)
            .bind(amount.map(|amount| amount.amount()))
            .bind(rate.map(|rate| i64::from(rate.percent())))
            .bind(maximum.map(|maximum| maximum.amount()))
            .bind(self.minimum_order_amount.map(|least| least.amount()))
            .execute(connection)
            .await?;
        Ok((inserted.rows_affected() > 0).then_some(self))
    }
}

impl Named for Coupon {
    /// Under the next epoch and with all counters at zero. Reads back what is stored, with the
    /// window that its event really has.
    async fn insert(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<Option<Self>, sqlx::Error> {
        // The epoch is drawn after the insert, so that a name that is taken draws none.
        const INSERT: &str = "INSERT INTO coupons (id, name, event_id, discount_policy_id, kind, \
             redundant_usable, cap, per_consumer_limit, expires_at, paused, epoch, \
             issued, held, used, withdrawn) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, (SELECT last + 1 FROM epochs), \
             0, 0, 0, 0) ON CONFLICT (name) DO NOTHING";
        let (kind, redundant_usable, cap, limit) = match self.kind {
            CouponKind::Issue {
                maximum_issued,
                redundant_usable,
            } => (ISSUE_COUPON, Some(redundant_usable), maximum_issued, None),
            CouponKind::Use {
                maximum_usage,
                per_consumer_limit,
            } => (USE_COUPON, None, maximum_usage, Some(per_consumer_limit)),
        };
        let inserted = sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.name.as_str())
            .bind(&self.event_id.as_bytes()[..])
            .bind(&self.discount_policy_id.as_bytes()[..])
            .bind(kind)
            .bind(redundant_usable)
            .bind(i64::from(cap.get()))
            .bind(limit.map(|limit| i64::from(limit.get())))
            .bind(self.expires_at.as_micros())
            .bind(self.paused)
            .execute(&mut *connection)
            .await?;
        if inserted.rows_affected() == 0 {
            return Ok(None);
        }
        coupons::draw_epoch(&mut *connection).await?;
        coupons::with_id(connection, self.id).await
    }
}
