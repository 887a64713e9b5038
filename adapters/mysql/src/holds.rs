//! Holds, read inside a unit; and those that have lapsed, written down.
//!
//! A hold has no lock of its own: whoever writes one has its coupon's.

use domain::{
    CallerId, CouponId, Hold, HoldId, HoldName, IssuedCouponId, SagaId, Timestamp, Writes, expire,
};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::rows::{self, hold_columns};
use crate::unit::{LedgerTime, Unit};
use crate::{coupons, writes};

const WITH_ID: &str = concat!("SELECT ", hold_columns!(), " FROM holds h WHERE h.id = ?");

const LIVE: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h FORCE INDEX (holds_live) WHERE h.issued_coupon_id = ? AND h.live = 1"
);

const LAPSED_OF_COUPON: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h FORCE INDEX (holds_by_coupons_deadline) \
      WHERE h.coupon_id = ? AND h.open_until <= ? ORDER BY h.open_until LIMIT ?"
);

const LAPSED: &str = "SELECT DISTINCT coupon_id FROM \
     (SELECT coupon_id FROM holds FORCE INDEX (holds_by_deadline) \
      WHERE open_until <= ? ORDER BY open_until LIMIT ?) AS lapsed";

const OF_SAGA: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.saga_id = ?"
);

const OF_CALLER: &str = concat!(
    "SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.caller = ? AND h.name = ?"
);

/// The hold with this id.
pub(crate) async fn with_id(
    executor: impl MySqlExecutor<'_>,
    id: HoldId,
) -> Result<Option<Hold>, sqlx::Error> {
    sqlx::query(WITH_ID)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::hold(&row))
        .fetch_optional(executor)
        .await
}

/// The hold of a single-use copy that is written down as OPEN or CONFIRMED.
pub(crate) async fn live(
    executor: impl MySqlExecutor<'_>,
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
    executor: impl MySqlExecutor<'_>,
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
    executor: impl MySqlExecutor<'_>,
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
    executor: impl MySqlExecutor<'_>,
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

/// The coupons of which the oldest holds have lapsed, among so many holds.
pub(crate) struct CouponsWithLapsed {
    pub(crate) limit: u32,
}

impl Unit for CouponsWithLapsed {
    type Answer = Vec<CouponId>;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<Vec<CouponId>, sqlx::Error> {
        let now = time.now(&mut *connection).await?;
        sqlx::query(LAPSED)
            .bind(now.as_micros())
            .bind(self.limit)
            .try_map(|row| rows::uuid(&row, "coupon_id").map(CouponId::from_uuid))
            .fetch_all(connection)
            .await
    }
}

/// Writes down holds of one coupon that have lapsed, the oldest first, up to a limit; says how many.
/// Of one coupon only, so that nobody who wants another waits for it.
pub(crate) struct ExpireHolds {
    pub(crate) coupon: CouponId,
    pub(crate) limit: u32,
}

impl Unit for ExpireHolds {
    type Answer = u32;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<u32, sqlx::Error> {
        let coupon = coupons::locked(&mut *connection, self.coupon).await?;
        let mut coupon = coupon.ok_or(sqlx::Error::RowNotFound)?;
        let now = time.now(&mut *connection).await?;
        let lapsed = lapsed_of_coupon(&mut *connection, coupon.id, now, self.limit).await?;
        let mut all = Writes::default();
        for hold in lapsed {
            // Each from the coupon as the one before has left it.
            if let Some(lapse) = expire(hold, coupon.clone(), now) {
                coupon = lapse.coupon.unwrap_or(coupon);
                all.holds.extend(lapse.holds);
            }
        }
        let expired = u64::try_from(all.holds.len()).unwrap_or(u64::MAX);
        if expired > 0 {
            all.coupon = Some(coupon);
            writes::write(connection, &all).await?;
        }
        rows::count(expired)
    }
}
