//! Withdrawing the unused copies of an exhausted coupon, batch by batch, each from where the one
//! before has stopped.
//!
//! While a coupon is exhausted no copy is added and no use returns, so what a batch has looked at need
//! not be looked at again. Hence the coupon's row says how far that is, instead of an index of unused
//! copies, which every issue would have to pay for. A cap that is raised resets it: copies that come
//! then may have any id.

use std::sync::LazyLock;

use domain::ports::Withdrawn;
use domain::{CouponId, Epoch};
use sqlx::{MySqlConnection, MySqlExecutor};

use crate::coupons;
use crate::rows;
use crate::shapes::Shapes;
use crate::unit::{LedgerTime, Unit};

/// How many copies a batch looks at, at most: the coupon is locked meanwhile, and many may be used.
const LOOKED_AT: u32 = 10_000;

const FROM: &str = "SELECT withdrawn_up_to FROM coupons WHERE id = ?";

const UNUSED: &str = "SELECT id FROM \
       (SELECT id, state, used FROM issued_coupons FORCE INDEX (issued_coupons_by_coupon) \
        WHERE coupon_id = ? AND id > ? ORDER BY id LIMIT ?) AS looked_at \
     WHERE state = 'ACTIVE' AND used = 0 ORDER BY id LIMIT ?";

const LAST_LOOKED_AT: &str = "SELECT COUNT(*), MAX(id) FROM \
     (SELECT id FROM issued_coupons FORCE INDEX (issued_coupons_by_coupon) \
      WHERE coupon_id = ? AND id > ? ORDER BY id LIMIT ?) AS looked_at";

/// By the primary key, so that no other row is locked on the way.
static WITHDRAW: LazyLock<Shapes> = LazyLock::new(|| {
    const HEAD: &str = "UPDATE issued_coupons FORCE INDEX (PRIMARY) SET state = 'WITHDRAWN' \
         WHERE state = 'ACTIVE' AND used = 0 AND id IN (";
    Shapes::new(HEAD, "?", ")")
});

const COUNT: &str = "UPDATE coupons SET withdrawn = withdrawn + ?, withdrawn_up_to = ? \
     WHERE id = ?";

/// Withdraws unused copies, up to a limit, if the coupon is exhausted at this epoch.
pub(crate) struct Withdraw {
    pub(crate) coupon: CouponId,
    pub(crate) epoch: Epoch,
    pub(crate) limit: u32,
}

impl Unit for Withdraw {
    type Answer = Withdrawn;

    async fn run(
        &self,
        connection: &mut MySqlConnection,
        _time: &LedgerTime,
    ) -> Result<Withdrawn, sqlx::Error> {
        const NOTHING: Withdrawn = Withdrawn {
            copies: 0,
            more: false,
        };
        let coupon = coupons::locked(&mut *connection, self.coupon).await?;
        let Some(coupon) = coupon.filter(|coupon| coupon.is_to_be_withdrawn(self.epoch)) else {
            return Ok(NOTHING);
        };
        let from: Vec<u8> = sqlx::query_scalar(FROM)
            .bind(&coupon.id.as_bytes()[..])
            .fetch_one(&mut *connection)
            .await?;
        let unused: Vec<Vec<u8>> = sqlx::query_scalar(UNUSED)
            .bind(&coupon.id.as_bytes()[..])
            .bind(&from)
            .bind(LOOKED_AT)
            .bind(self.limit)
            .fetch_all(&mut *connection)
            .await?;
        let copies = withdraw(&mut *connection, &unused).await?;
        let (up_to, is_end) = if copies == self.limit {
            (unused.into_iter().max().unwrap_or(from), false)
        } else {
            last_looked_at(&mut *connection, coupon.id, from).await?
        };
        sqlx::query(COUNT)
            .bind(copies)
            .bind(up_to)
            .bind(&coupon.id.as_bytes()[..])
            .execute(connection)
            .await?;
        Ok(Withdrawn {
            copies,
            more: !is_end && coupon.unused_copies() > u64::from(copies),
        })
    }
}

/// Withdraws the copies with these ids, and counts them: under the coupon's lock all of them.
async fn withdraw(
    connection: &mut MySqlConnection,
    unused: &[Vec<u8>],
) -> Result<u32, sqlx::Error> {
    let mut withdrawn = 0;
    for (sql, ids) in WITHDRAW.split(unused) {
        let mut query = sqlx::query(sql);
        for id in ids {
            query = query.bind(id);
        }
        withdrawn += query.execute(&mut *connection).await?.rows_affected();
    }
    rows::count(withdrawn)
}

/// The last copy that a batch from here has looked at, and whether there is none behind it.
async fn last_looked_at(
    executor: impl MySqlExecutor<'_>,
    coupon: CouponId,
    from: Vec<u8>,
) -> Result<(Vec<u8>, bool), sqlx::Error> {
    let (number, last): (i64, Option<Vec<u8>>) = sqlx::query_as(LAST_LOOKED_AT)
        .bind(&coupon.as_bytes()[..])
        .bind(&from)
        .bind(LOOKED_AT)
        .fetch_one(executor)
        .await?;
    Ok((last.unwrap_or(from), number < i64::from(LOOKED_AT)))
}
