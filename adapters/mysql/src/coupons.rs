//! One coupon, read and changed inside a unit.

use domain::ports::CouponChanged;
use domain::{Coupon, CouponChange, CouponId, CouponKind, Epoch};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::rows::{self, coupon_columns, integer};
use crate::unit::{LedgerTime, Unit};

/// The coupon with this id.
pub(crate) async fn with_id(
    executor: impl MySqlExecutor<'_>,
    id: CouponId,
) -> Result<Option<Coupon>, sqlx::Error> {
    const SELECT: &str = concat!(
        "SELECT ",
        coupon_columns!(),
        " FROM coupons c WHERE c.id = ?"
    );
    sqlx::query(SELECT)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::coupon(&row))
        .fetch_optional(executor)
        .await
}

/// The coupon with this id, locked until the unit's end. Its event is not.
pub(crate) async fn locked(
    connection: &mut MySqlConnection,
    id: CouponId,
) -> Result<Option<Coupon>, sqlx::Error> {
    const SELECT: &str = concat!(
        "SELECT ",
        coupon_columns!(),
        " FROM coupons c WHERE c.id = ? FOR UPDATE"
    );
    sqlx::query(SELECT)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::coupon(&row))
        .fetch_optional(connection)
        .await
}

/// The next epoch of the ledger-wide sequence; nobody else gets this one. Its row stays locked until
/// the unit's end, so epochs are committed in their order: who has seen one has seen all below it.
/// Hence this is the last lock of a unit, shortly before it ends.
pub(crate) async fn draw_epoch(connection: &mut MySqlConnection) -> Result<Epoch, sqlx::Error> {
    // Reads the number back from the statement itself, which both servers can.
    const DRAW: &str = "UPDATE epochs SET last = LAST_INSERT_ID(last + 1) WHERE one = 1";
    let drawn = sqlx::query(DRAW).execute(connection).await?;
    if drawn.rows_affected() == 0 {
        return Err(sqlx::Error::RowNotFound);
    }
    Ok(Epoch(drawn.last_insert_id()))
}

/// Changes a coupon by [`Coupon::changed`].
pub(crate) struct ChangeCoupon {
    pub(crate) id: CouponId,
    pub(crate) change: CouponChange,
}

impl Unit for ChangeCoupon {
    type Answer = CouponChanged;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        time: &LedgerTime,
    ) -> Result<CouponChanged, sqlx::Error> {
        let Some(coupon) = locked(&mut *connection, self.id).await? else {
            return Ok(CouponChanged::NotFound);
        };
        let now = time.now(&mut *connection).await?;
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
    connection: &mut MySqlConnection,
    coupon: &Coupon,
) -> Result<(), sqlx::Error> {
    // With the cap raised there will be copies where a withdrawal has been already. That comes first:
    // what follows an assignment reads what was assigned.
    const STORE: &str = "UPDATE coupons SET withdrawn_up_to = IF(cap = ?, withdrawn_up_to, ''), \
         cap = ?, paused = ?, epoch = ? WHERE id = ?";
    let cap = match coupon.kind {
        CouponKind::Issue { maximum_issued, .. } => maximum_issued,
        CouponKind::Use { maximum_usage, .. } => maximum_usage,
    };
    sqlx::query(STORE)
        .bind(i64::from(cap.get()))
        .bind(i64::from(cap.get()))
        .bind(coupon.paused)
        .bind(integer(coupon.epoch.0))
        .bind(&coupon.id.as_bytes()[..])
        .execute(connection)
        .await?;
    Ok(())
}
