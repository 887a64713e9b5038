//! Creating what has a name: the key first, then the name, then the row and the key's answer, in
//! one unit.

use domain::ports::{Creation, KeyedRequest};
use domain::{Coupon, CouponKind, Discount, DiscountPolicy, Event, Timestamp};
use sqlx::MySqlConnection;
use uuid::Uuid;

use crate::rows::{self, FIXED_DISCOUNT, ISSUE_COUPON, RATE_DISCOUNT, USE_COUPON, integer};
use crate::unit::{LedgerTime, Unit};
use crate::{coupons, keys};

/// Stores `item`, unless its key or its name is taken. Where somebody else takes one of them between
/// the look and the insert, the insert fails, and the unit finds it when it is run again.
pub(crate) struct Create<T> {
    pub(crate) item: T,
    pub(crate) key: Option<KeyedRequest<T>>,
}

impl<T: Named> Unit for Create<T> {
    type Answer = Creation<T>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Creation<T>, sqlx::Error> {
        // The key comes first, but is looked for last: whoever commits both between the two looks is
        // found by its key.
        let owner = self.item.owner(&mut *connection).await?;
        let answered = keys::answered_before(&mut *connection, self.key.as_ref()).await?;
        if let Some(answered) = answered {
            return Ok(Creation::Answered(answered));
        }
        let now = time.now(&mut *connection).await?;
        match owner {
            Some(owner) if owner != *self.item.id() => return Ok(Creation::NameTaken),
            // An earlier try of this unit.
            Some(_) => return Ok(Creation::Created(self.item.stored(connection).await?, now)),
            None => self.item.insert(&mut *connection, now).await?,
        }
        let stored = self.item.stored(&mut *connection).await?;
        if let Some(key) = &self.key {
            keys::keep(connection, key, &stored, now).await?;
        }
        Ok(Creation::Created(stored, now))
    }
}

/// Who has the name, by a statement that finds the id of the one that has it.
async fn owner(
    connection: &mut MySqlConnection,
    select: &'static str,
    name: &str,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query(select)
        .bind(name.as_bytes())
        .try_map(|row| rows::uuid(&row, "id"))
        .fetch_optional(connection)
        .await
}

/// What has a name that is unique among its like.
pub(crate) trait Named: Clone + Send + Sync + 'static {
    /// Its id.
    fn id(&self) -> &Uuid;

    /// The id of the one that has its name.
    fn owner(
        &self,
        connection: &mut MySqlConnection,
    ) -> impl Future<Output = Result<Option<Uuid>, sqlx::Error>> + Send;

    /// Inserts it at `now`.
    fn insert(
        &self,
        connection: &mut MySqlConnection,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// What is stored of it.
    fn stored(
        &self,
        _connection: &mut MySqlConnection,
    ) -> impl Future<Output = Result<Self, sqlx::Error>> + Send {
        async { Ok(self.clone()) }
    }
}

impl Named for Event {
    fn id(&self) -> &Uuid {
        self.id.as_uuid()
    }

    async fn owner(&self, connection: &mut MySqlConnection) -> Result<Option<Uuid>, sqlx::Error> {
        const OWNER: &str = "SELECT id FROM events WHERE name = ?";
        owner(connection, OWNER, self.name.as_str()).await
    }

    async fn insert(
        &self,
        connection: &mut MySqlConnection,
        _now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        const INSERT: &str = "INSERT INTO events (id, name, starts_at, ends_at) \
             VALUES (?, ?, ?, ?)";
        sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.name.as_str().as_bytes())
            .bind(self.window.starts_at().as_micros())
            .bind(self.window.ends_at().as_micros())
            .execute(connection)
            .await?;
        Ok(())
    }
}

impl Named for DiscountPolicy {
    fn id(&self) -> &Uuid {
        self.id.as_uuid()
    }

    async fn owner(&self, connection: &mut MySqlConnection) -> Result<Option<Uuid>, sqlx::Error> {
        const OWNER: &str = "SELECT id FROM discount_policies WHERE name = ?";
        owner(connection, OWNER, self.name.as_str()).await
    }

    async fn insert(
        &self,
        connection: &mut MySqlConnection,
        _now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        const INSERT: &str = "INSERT INTO discount_policies \
             (id, name, kind, amount, rate, maximum, minimum_order_amount) \
             VALUES (?, ?, ?, ?, ?, ?, ?)";
        let (kind, amount, rate, maximum) = match self.discount {
            Discount::Fixed { amount } => (FIXED_DISCOUNT, Some(amount), None, None),
            Discount::Rate { rate, maximum } => (RATE_DISCOUNT, None, Some(rate), maximum),
        };
        sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.name.as_str().as_bytes())
            .bind(kind)
            .bind(amount.map(|amount| amount.amount()))
            .bind(rate.map(|rate| i64::from(rate.percent())))
            .bind(maximum.map(|maximum| maximum.amount()))
            .bind(self.minimum_order_amount.map(|least| least.amount()))
            .execute(connection)
            .await?;
        Ok(())
    }
}

impl Named for Coupon {
    fn id(&self) -> &Uuid {
        self.id.as_uuid()
    }

    async fn owner(&self, connection: &mut MySqlConnection) -> Result<Option<Uuid>, sqlx::Error> {
        const OWNER: &str = "SELECT id FROM coupons WHERE name = ?";
        owner(connection, OWNER, self.name.as_str()).await
    }

    /// Under the next epoch and with all counters at zero.
    async fn insert(
        &self,
        connection: &mut MySqlConnection,
        _now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        const INSERT: &str = "INSERT INTO coupons (id, name, event_id, discount_policy_id, kind, \
             redundant_usable, cap, per_consumer_limit, expires_at, paused, epoch, \
             issued, held, used, withdrawn) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0)";
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
        let epoch = coupons::draw_epoch(&mut *connection).await?;
        sqlx::query(INSERT)
            .bind(&self.id.as_bytes()[..])
            .bind(self.name.as_str().as_bytes())
            .bind(&self.event_id.as_bytes()[..])
            .bind(&self.discount_policy_id.as_bytes()[..])
            .bind(kind)
            .bind(redundant_usable)
            .bind(i64::from(cap.get()))
            .bind(limit.map(|limit| i64::from(limit.get())))
            .bind(self.expires_at.as_micros())
            .bind(self.paused)
            .bind(integer(epoch.0))
            .execute(connection)
            .await?;
        Ok(())
    }

    /// With the window that its event really has.
    async fn stored(&self, connection: &mut MySqlConnection) -> Result<Self, sqlx::Error> {
        let stored = coupons::with_id(connection, self.id).await?;
        stored.ok_or(sqlx::Error::RowNotFound)
    }
}
