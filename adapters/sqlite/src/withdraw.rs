//! Withdrawing the unused copies of an exhausted coupon, batch by batch, each from where the one
//! before has stopped.
//!
//! While a coupon is exhausted no copy is added and no use returns, so what a batch has looked at need
//! not be looked at again. Hence the coupon's row says how far that is, instead of an index of unused
//! copies, which every issue would have to pay for. A cap that is raised resets it: copies that come
//! then may have any id.

use domain::ports::Withdrawn;
use domain::{CouponId, Epoch, Timestamp};
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::coupons;
use crate::rows;
use crate::unit::Unit;

/// How many copies a batch looks at, at most: many may be used, and other writes wait meanwhile.
const LOOKED_AT: u32 = 10_000;

const FROM: &str = "SELECT withdrawn_up_to FROM coupons WHERE id = ?1";

pub(crate) const WITHDRAW: &str = "UPDATE issued_coupons SET state = 'WITHDRAWN' WHERE id IN \
     (SELECT id FROM \
       (SELECT id, state, used FROM issued_coupons \
        WHERE coupon_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3) \
      WHERE state = 'ACTIVE' AND used = 0 ORDER BY id LIMIT ?4) \
     RETURNING id";

pub(crate) const LAST_LOOKED_AT: &str = "SELECT count(*), max(id) FROM \
     (SELECT id FROM issued_coupons WHERE coupon_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3)";

pub(crate) const COUNT: &str = "UPDATE coupons SET withdrawn = withdrawn + ?2, \
     withdrawn_up_to = ?3 WHERE id = ?1";

/// Withdraws unused copies, up to a limit, if the coupon is exhausted at this epoch.
pub(crate) struct Withdraw {
    pub(crate) coupon: CouponId,
    pub(crate) epoch: Epoch,
    pub(crate) limit: u32,
}

impl Unit for Withdraw {
    type Answer = Withdrawn;

    async fn run(
        self,
        connection: &mut SqliteConnection,
        _now: Timestamp,
    ) -> Result<Withdrawn, sqlx::Error> {
        const NOTHING: Withdrawn = Withdrawn {
            copies: 0,
            more: false,
        };
        let coupon = coupons::with_id(&mut *connection, self.coupon).await?;
        let Some(coupon) = coupon.filter(|coupon| coupon.is_to_be_withdrawn(self.epoch)) else {
            return Ok(NOTHING);
        };
        let from: Vec<u8> = sqlx::query_scalar(FROM)
            .bind(&coupon.id.as_bytes()[..])
            .fetch_one(&mut *connection)
            .await?;
        let ids: Vec<Vec<u8>> = sqlx::query_scalar(WITHDRAW)
            .bind(&coupon.id.as_bytes()[..])
            .bind(&from)
            .bind(LOOKED_AT)
            .bind(self.limit)
            .fetch_all(&mut *connection)
            .await?;
        let copies = rows::valid(u32::try_from(ids.len()))?;
        let (up_to, is_end) = if copies == self.limit {
            (ids.into_iter().max().unwrap_or(from), false)
        } else {
            last_looked_at(&mut *connection, coupon.id, from).await?
        };
        sqlx::query(COUNT)
            .bind(&coupon.id.as_bytes()[..])
            .bind(copies)
            .bind(up_to)
            .execute(connection)
            .await?;
        Ok(Withdrawn {
            copies,
            more: !is_end && coupon.unused_copies() > u64::from(copies),
        })
    }
}

/// The last copy that a batch from here has looked at, and whether there is none behind it.
async fn last_looked_at(
    executor: impl SqliteExecutor<'_>,
    coupon: CouponId,
    from: Vec<u8>,
) -> Result<(Vec<u8>, bool), sqlx::Error> {
    let (number, last): (u32, Option<Vec<u8>>) = sqlx::query_as(LAST_LOOKED_AT)
        .bind(&coupon.as_bytes()[..])
        .bind(&from)
        .bind(LOOKED_AT)
        .fetch_one(executor)
        .await?;
    Ok((last.unwrap_or(from), number < LOOKED_AT))
}

#[cfg(test)]
mod tests {
    use crate::SqliteStore;
    use crate::testing::*;
    use domain::ports::{Catalogue, CouponChanged, CouponLedger};
    use domain::{Cap, Coupon, CouponChange};

    /// A USE_COUPON with one use, which is final, and this many copies that are unused.
    async fn exhausted(store: &SqliteStore, unused: usize) -> Coupon {
        let coupon = on_offer_to_use(store, "exhausted", 1).await;
        for consumer in 0..unused {
            copy_of(store, &coupon, &consumer.to_string()).await;
        }
        let copy = copy_of(store, &coupon, "user").await;
        used(store, copy).await;
        coupon
    }

    async fn raise(store: &SqliteStore, coupon: &Coupon, cap: i64) -> Coupon {
        let change = CouponChange {
            maximum_usage: Some(Cap::new(cap).unwrap()),
            ..CouponChange::default()
        };
        match store.change_coupon(coupon.id, change).await.unwrap() {
            CouponChanged::Changed(coupon, _) => coupon,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_withdrawal_goes_on_where_it_has_stopped_until_only_what_is_used_is_left() {
        let folder = folder();
        let store = open(&folder).await;
        let coupon = exhausted(&store, 5).await;
        let listed = store.to_be_withdrawn(9).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(withdrawn(&store, &coupon, 0).await, (0, true));
        assert_eq!(withdrawn(&store, &coupon, 2).await, (2, true));
        assert_eq!(withdrawn(&store, &coupon, 2).await, (2, true));
        assert_eq!(withdrawn(&store, &coupon, 2).await, (1, false));
        assert_eq!(withdrawn(&store, &coupon, 2).await, (0, false));
        assert_eq!(store.to_be_withdrawn(9).await.unwrap(), []);
        let audit = audit(&store, &coupon).await;
        assert!(audit.is_exact(), "{audit:?}");
        assert_eq!((audit.rows.active, audit.rows.withdrawn), (1, 5));
        // The next one begins behind all of them.
        let behind =
            "SELECT count(*) FROM issued_coupons i, coupons c WHERE i.id > withdrawn_up_to";
        assert_eq!(store.write(Number(behind)).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn after_a_raised_cap_a_copy_that_has_a_low_id_is_found_too() {
        let folder = folder();
        let store = open(&folder).await;
        let early = request(&on_offer_to_use(&store, "any", 1).await, "late");
        let coupon = exhausted(&store, 2).await;
        assert_eq!(withdrawn(&store, &coupon, 9).await, (2, false));
        let coupon = raise(&store, &coupon, 2).await;
        assert_eq!(withdrawn(&store, &coupon, 9).await, (0, false));
        let mut late = request(&coupon, "late");
        late.issued_coupon_id = early.issued_coupon_id;
        let scope = domain::IssueScope::of(&coupon);
        let batch = store.issue(scope, vec![late]).await.unwrap();
        assert!(is_issued(&batch.outcomes[0]));
        used(&store, copy_of(&store, &coupon, "second").await).await;
        assert_eq!(withdrawn(&store, &coupon, 9).await, (1, false));
        assert!(audit(&store, &coupon).await.is_exact());
    }

    #[tokio::test]
    async fn a_pause_does_not_send_a_withdrawal_back_to_where_it_began() {
        let folder = folder();
        let store = open(&folder).await;
        let coupon = exhausted(&store, 2).await;
        assert_eq!(withdrawn(&store, &coupon, 1).await, (1, true));
        let pause = CouponChange {
            paused: Some(true),
            ..CouponChange::default()
        };
        store.change_coupon(coupon.id, pause).await.unwrap();
        let length = "SELECT length(withdrawn_up_to) FROM coupons";
        assert_eq!(store.write(Number(length)).await.unwrap(), 16);
    }

    #[tokio::test]
    async fn a_batch_looks_at_so_many_copies_and_the_next_one_goes_on_behind_them() {
        let folder = folder();
        let store = open(&folder).await;
        let coupon = exhausted(&store, 1).await;
        // Before the one that is unused there are very many that are used.
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000) \
             INSERT INTO issued_coupons SELECT unhex(printf('%032x', i)), coupon_id, 'm' || i, scope, \
             0, 'ACTIVE', 1, NULL, 150 FROM n, (SELECT coupon_id, scope FROM issued_coupons LIMIT 1); \
             UPDATE coupons SET issued = 25002";
        store.write(Statements(many)).await.unwrap();
        assert_eq!(withdrawn(&store, &coupon, 5).await, (0, true));
        assert_eq!(withdrawn(&store, &coupon, 5).await, (0, true));
        assert_eq!(withdrawn(&store, &coupon, 5).await, (1, false));
    }
}
