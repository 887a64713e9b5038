//! Holds, read inside a unit; and those that have lapsed, written down.

use domain::{CallerId, CouponId, Hold, HoldName, IssuedCouponId, SagaId, Timestamp, expire};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows::{self, hold_columns};
use crate::unit::Unit;
use crate::{coupons, writes};

pub(crate) const LIVE: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.issued_coupon_id = ?1 AND h.live = 1"
);

pub(crate) const LAPSED_OF_COUPON: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.coupon_id = ?1 AND h.state = 'OPEN' AND h.deadline <= ?2 \
      ORDER BY h.deadline LIMIT ?3"
);

pub(crate) const LAPSED: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.state = 'OPEN' AND h.deadline <= ?1 ORDER BY h.deadline LIMIT ?2"
);

pub(crate) const OF_SAGA: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.saga_id = ?1"
);

pub(crate) const OF_CALLER: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.caller = ?1 AND h.name = ?2"
);

/// The hold of a single-use copy that is written down as OPEN or CONFIRMED.
pub(crate) async fn live(
    executor: impl SqliteExecutor<'_>,
    copy: IssuedCouponId,
) -> Result<Vec<Hold>, sqlx::Error> {
    sqlx::query(LIVE)
        .bind(&copy.as_bytes()[..])
        .try_map(|row| rows::hold(&row))
        .fetch_all(executor)
        .await
}

/// Holds of the coupon that have lapsed at `now` and are not written down as such, the oldest first.
pub(crate) async fn lapsed_of_coupon(
    executor: impl SqliteExecutor<'_>,
    coupon: CouponId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Hold>, sqlx::Error> {
    sqlx::query(LAPSED_OF_COUPON)
        .bind(&coupon.as_bytes()[..])
        .bind(now.as_micros())
        .bind(limit)
        .try_map(|row| rows::hold(&row))
        .fetch_all(executor)
        .await
}

/// The hold of a saga.
pub(crate) async fn of_saga(
    executor: impl SqliteExecutor<'_>,
    saga: SagaId,
) -> Result<Option<Hold>, sqlx::Error> {
    sqlx::query(OF_SAGA)
        .bind(&saga.as_bytes()[..])
        .try_map(|row| rows::hold(&row))
        .fetch_optional(executor)
        .await
}

/// The caller's hold of this name.
pub(crate) async fn of_caller(
    executor: impl SqliteExecutor<'_>,
    caller: &CallerId,
    name: &HoldName,
) -> Result<Option<Hold>, sqlx::Error> {
    sqlx::query(OF_CALLER)
        .bind(caller.as_str())
        .bind(name.as_str())
        .try_map(|row| rows::hold(&row))
        .fetch_optional(executor)
        .await
}

/// Writes down holds that have lapsed, the oldest first, up to a limit; says how many.
pub(crate) struct ExpireHolds {
    pub(crate) limit: u32,
}

impl Unit for ExpireHolds {
    type Answer = u32;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<u32, sqlx::Error> {
        let lapsed = sqlx::query(LAPSED)
            .bind(now.as_micros())
            .bind(self.limit)
            .try_map(|row| rows::hold(&row))
            .fetch_all(&mut *connection)
            .await?;
        let mut expired = 0;
        for hold in lapsed {
            // Read anew for each: its counters have changed with the one before.
            let coupon = coupons::with_id(&mut *connection, hold.coupon_id).await?;
            let coupon = coupon.ok_or(sqlx::Error::RowNotFound)?;
            if let Some(lapse) = expire(hold, coupon, now) {
                writes::write(&mut *connection, &lapse).await?;
                expired += 1;
            }
        }
        Ok(expired)
    }
}
