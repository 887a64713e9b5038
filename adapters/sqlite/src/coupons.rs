//! One coupon, read and changed inside a unit.

use domain::ports::CouponChanged;
use domain::{Coupon, CouponChange, CouponId, CouponKind, Epoch, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows::{self, coupon_columns, integer};
use crate::unit::Unit;

/// The coupon with this id.
pub(crate) async fn with_id(
    executor: impl SqliteExecutor<'_>,
    id: CouponId,
) -> Result<Option<Coupon>, sqlx::Error> {
    const SELECT: &str = concat!(
        "SELECT ",
        coupon_columns!(),
        " FROM coupons c JOIN events e ON e.id = c.event_id WHERE c.id = ?1"
    );
    sqlx::query(SELECT)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::coupon(&row))
        .fetch_optional(executor)
        .await
}

/// The next epoch of the ledger-wide sequence; nobody else gets this one. Epochs are drawn under
/// the one write lock, hence in commit order: who has seen one has seen all below it.
pub(crate) async fn draw_epoch(connection: &mut SqliteConnection) -> Result<Epoch, sqlx::Error> {
    sqlx::query("UPDATE epochs SET last = last + 1 RETURNING last")
        .try_map(|row| rows::epoch(&row))
        .fetch_one(connection)
        .await
}

/// Changes a coupon by [`Coupon::changed`].
pub(crate) struct ChangeCoupon {
    pub(crate) id: CouponId,
    pub(crate) change: CouponChange,
}

impl Unit for ChangeCoupon {
    type Answer = CouponChanged;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> Result<CouponChanged, sqlx::Error> {
        let Some(coupon) = with_id(&mut *connection, self.id).await? else {
            return Ok(CouponChanged::NotFound);
        };
        match coupon.changed(&self.change) {
            Err(refusal) => Ok(CouponChanged::Refused(refusal)),
            Ok(None) => Ok(CouponChanged::Changed(coupon, now)),
            Ok(Some(changed)) => {
                let epoch = draw_epoch(&mut *connection).await?;
                let changed = Coupon { epoch, ..changed };
                store_change(connection, &changed).await?;
                Ok(CouponChanged::Changed(changed, now))
            }
        }
    }
}

async fn store_change(
    connection: &mut SqliteConnection,
    coupon: &Coupon,
) -> Result<(), sqlx::Error> {
    // With the cap raised there will be copies where a withdrawal has been already.
    const STORE: &str = "UPDATE coupons SET cap = ?2, paused = ?3, epoch = ?4, \
         withdrawn_up_to = CASE WHEN cap = ?2 THEN withdrawn_up_to ELSE x'' END WHERE id = ?1";
    let cap = match coupon.kind {
        CouponKind::Issue { maximum_issued, .. } => maximum_issued,
        CouponKind::Use { maximum_usage, .. } => maximum_usage,
    };
    sqlx::query(STORE)
        .bind(&coupon.id.as_bytes()[..])
        .bind(i64::from(cap.get()))
        .bind(coupon.paused)
        .bind(integer(coupon.epoch.0))
        .execute(connection)
        .await?;
    Ok(())
}
