//! A copy with all that decides about its use, read inside a unit.

use domain::{
    Coupon, CouponId, DiscountPolicy, DiscountPolicyId, Hold, IssuedCoupon, IssuedCouponId,
    Timestamp, UseReading,
};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::rows::{self, issued_coupon_columns};
use crate::{coupons, holds};

/// How many lapsed holds of a full coupon are settled at a time.
const LAPSED: u32 = 100;

const COPY: &str = concat!(
    "SELECT ",
    issued_coupon_columns!(),
    " FROM issued_coupons i JOIN coupons c ON c.id = i.coupon_id WHERE i.id = ?1"
);

const POLICY: &str = "SELECT id, name, kind, amount, rate, maximum, minimum_order_amount \
     FROM discount_policies WHERE id = ?1";

/// The copy with this id.
pub(crate) async fn copy_with_id(
    executor: impl SqliteExecutor<'_>,
    id: IssuedCouponId,
) -> Result<Option<IssuedCoupon>, sqlx::Error> {
    sqlx::query(COPY)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::issued_coupon(&row))
        .fetch_optional(executor)
        .await
}

/// The policy with this id.
pub(crate) async fn policy_with_id(
    executor: impl SqliteExecutor<'_>,
    id: DiscountPolicyId,
) -> Result<Option<DiscountPolicy>, sqlx::Error> {
    sqlx::query(POLICY)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::discount_policy(&row))
        .fetch_optional(executor)
        .await
}

/// The copy with this id, whosever it is, and all that decides about its use.
pub(crate) async fn of_copy(
    connection: &mut SqliteConnection,
    id: IssuedCouponId,
    now: Timestamp,
) -> Result<Option<UseReading>, sqlx::Error> {
    let Some(copy) = copy_with_id(&mut *connection, id).await? else {
        return Ok(None);
    };
    let coupon = coupon_of(&mut *connection, copy.coupon_id).await?;
    let policy = policy_with_id(&mut *connection, coupon.discount_policy_id).await?;
    let mut holds = holds::live(&mut *connection, copy.id).await?;
    if coupon.free_uses() == Some(0) {
        let lapsed = holds::lapsed_of_coupon(connection, coupon.id, now, LAPSED).await?;
        holds.retain(|hold| lapsed.iter().all(|other| other.id != hold.id));
        holds.extend(lapsed);
    }
    Ok(Some(UseReading {
        copy,
        coupon,
        policy: policy.ok_or(sqlx::Error::RowNotFound)?,
        holds,
    }))
}

/// A hold's copy and coupon, which must be there.
pub(crate) async fn of_hold(
    connection: &mut SqliteConnection,
    hold: Hold,
) -> Result<(Hold, IssuedCoupon, Coupon), sqlx::Error> {
    let copy = copy_with_id(&mut *connection, hold.issued_coupon_id).await?;
    let coupon = coupon_of(connection, hold.coupon_id).await?;
    Ok((hold, copy.ok_or(sqlx::Error::RowNotFound)?, coupon))
}

async fn coupon_of(connection: &mut SqliteConnection, id: CouponId) -> Result<Coupon, sqlx::Error> {
    let coupon = coupons::with_id(connection, id).await?;
    coupon.ok_or(sqlx::Error::RowNotFound)
}

#[cfg(test)]
mod tests;
