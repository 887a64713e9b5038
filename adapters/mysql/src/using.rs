//! A copy with all that decides about its use, read inside a unit, under the coupon's lock: nobody
//! changes a copy or a hold without it, so they are read without locks of their own.

use domain::{
    Coupon, CouponId, DiscountPolicy, Hold, IssuedCoupon, IssuedCouponId, SagaId, UseReading,
};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::rows::{self, issued_coupon_columns};
use crate::unit::LedgerTime;
use crate::{coupons, holds};

/// How many lapsed holds of a full coupon are settled at a time.
const LAPSED: u32 = 100;

const COPY: &str = concat!(
    "SELECT ",
    issued_coupon_columns!(),
    " FROM issued_coupons i JOIN coupons c ON c.id = i.coupon_id WHERE i.id = ?"
);

const KNOWN: &str = "SELECT i.coupon_id, p.id, p.name, p.kind, p.amount, p.rate, \
     p.maximum, p.minimum_order_amount FROM issued_coupons i \
     JOIN coupons c ON c.id = i.coupon_id \
     JOIN discount_policies p ON p.id = c.discount_policy_id WHERE i.id = ?";

/// The copy with this id.
async fn copy_with_id(
    executor: impl MySqlExecutor<'_>,
    id: IssuedCouponId,
) -> Result<IssuedCoupon, sqlx::Error> {
    sqlx::query(COPY)
        .bind(&id.as_bytes()[..])
        .try_map(|row| rows::issued_coupon(&row))
        .fetch_one(executor)
        .await
}

/// What never changes of a copy: read before a unit, it says what that is to lock.
pub(crate) struct KnownCopy {
    id: IssuedCouponId,
    pub(crate) coupon: CouponId,
    policy: DiscountPolicy,
}

/// What never changes of the copy with this id, whosever it is.
pub(crate) async fn known(
    executor: impl MySqlExecutor<'_>,
    id: IssuedCouponId,
) -> Result<Option<KnownCopy>, sqlx::Error> {
    sqlx::query(KNOWN)
        .bind(&id.as_bytes()[..])
        .try_map(|row| {
            Ok(KnownCopy {
                id,
                coupon: CouponId::from_uuid(rows::uuid(&row, "coupon_id")?),
                policy: rows::discount_policy(&row)?,
            })
        })
        .fetch_optional(executor)
        .await
}

/// The copy and all that decides about its use. Its coupon is locked until the unit's end.
pub(crate) async fn of_copy(
    connection: &mut MySqlConnection,
    known: &KnownCopy,
    time: &LedgerTime,
) -> Result<UseReading, sqlx::Error> {
    let coupon = locked(&mut *connection, known.coupon).await?;
    let copy = copy_with_id(&mut *connection, known.id).await?;
    let mut holds = Vec::new();
    if coupon.is_single_use() {
        holds = holds::live(&mut *connection, known.id).await?;
    }
    if coupon.free_uses() == Some(0) {
        let now = time.now(&mut *connection).await?;
        let lapsed = holds::lapsed_of_coupon(connection, coupon.id, now, LAPSED).await?;
        holds.retain(|hold| lapsed.iter().all(|other| other.id != hold.id));
        holds.extend(lapsed);
    }
    Ok(UseReading {
        copy,
        coupon,
        policy: known.policy.clone(),
        holds,
    })
}

/// A hold as it is once its coupon is locked, until the unit's end; with its copy and that coupon,
/// which must be there.
pub(crate) async fn of_hold(
    connection: &mut MySqlConnection,
    known: &Hold,
) -> Result<(Hold, IssuedCoupon, Coupon), sqlx::Error> {
    let coupon = locked(&mut *connection, known.coupon_id).await?;
    let copy = copy_with_id(&mut *connection, known.issued_coupon_id).await?;
    let hold = holds::with_id(connection, known.id).await?;
    Ok((hold.ok_or(sqlx::Error::RowNotFound)?, copy, coupon))
}

/// The hold of the saga that placed an order with this copy; as [`of_hold`].
pub(crate) async fn of_saga(
    connection: &mut MySqlConnection,
    saga: SagaId,
    (copy, coupon): (IssuedCouponId, CouponId),
) -> Result<(Hold, IssuedCoupon, Coupon), sqlx::Error> {
    let coupon = locked(&mut *connection, coupon).await?;
    let copy = copy_with_id(&mut *connection, copy).await?;
    let hold = holds::of_saga(connection, saga).await?;
    Ok((hold.ok_or(sqlx::Error::RowNotFound)?, copy, coupon))
}

async fn locked(connection: &mut MySqlConnection, id: CouponId) -> Result<Coupon, sqlx::Error> {
    let coupon = coupons::locked(connection, id).await?;
    coupon.ok_or(sqlx::Error::RowNotFound)
}
