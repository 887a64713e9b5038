//! The oracle: what must hold after every test, whatever was done at once, killed or repeated.
//!
//! It believes neither the counters nor the audits alone: it counts the holders itself, and what
//! orders come to.

mod books;

use std::collections::HashSet;

use domain::{
    Audit, ConsumerId, Coupon, CouponId, CouponKind, IssuedCoupon, IssuedCouponId,
    IssuedCouponState, Page, RowCounts,
};

use self::books::assert_books_exact;
use crate::{Fixture, Store};

const PAGE: u32 = 1_000;

/// Somebody was told "issued".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The copy.
    pub issued_coupon_id: IssuedCouponId,
    /// The coupon that it is a copy of.
    pub coupon_id: CouponId,
    /// Who was told.
    pub consumer_id: ConsumerId,
}

impl From<&IssuedCoupon> for Acknowledged {
    fn from(copy: &IssuedCoupon) -> Self {
        Self {
            issued_coupon_id: copy.id,
            coupon_id: copy.coupon_id,
            consumer_id: copy.consumer_id.clone(),
        }
    }
}

/// Holds that the ledger is exact about these coupons, and has what was `acknowledged`:
///
/// - every audit is without violations;
/// - counters = rows = holders;
/// - no ISSUE_COUPON has more copies than its cap, and no consumer has two of one event;
/// - no USE_COUPON has more uses, held and final, than its cap; what its copies say is what it says;
/// - every copy that was acknowledged is there, of its coupon and its consumer's;
/// - the books balance, and say what the orders say.
///
/// Nothing may be under way at the same time.
///
/// # Panics
/// If any of it does not hold.
pub async fn assert_exact(
    store: &dyn Store,
    coupons: &[CouponId],
    acknowledged: impl IntoIterator<Item = impl Into<Acknowledged>>,
) {
    let mut served = HashSet::new();
    for id in coupons {
        let reading = store.audit(*id).await.unwrap().unwrap();
        let Audit {
            coupon,
            rows,
            violations,
        } = Audit::of(reading);
        let name = &coupon.name;
        assert_eq!(violations, [], "{name}");
        let holders = holders(store, *id).await;
        assert_eq!(coupon.counters.issued, rows.issued, "{name}");
        assert_eq!(rows.active + rows.withdrawn, rows.issued, "{name}");
        assert_eq!(u64::try_from(holders.len()), Ok(rows.issued), "{name}");
        assert_copies_exact(store, &coupon, rows, &holders).await;
        match coupon.kind {
            CouponKind::Use { maximum_usage, .. } => {
                let cap = u64::from(maximum_usage.get());
                assert!(rows.held + rows.used <= cap, "{name}");
            }
            CouponKind::Issue { maximum_issued, .. } => {
                assert!(rows.issued <= u64::from(maximum_issued.get()), "{name}");
                for (copy, consumer) in holders {
                    let first = served.insert((coupon.event_id, consumer));
                    assert!(
                        first,
                        "{copy} of {name} is its consumer's second in the event"
                    );
                }
            }
        }
    }
    for told in acknowledged {
        let told = told.into();
        let stored = store.issued_coupon(told.issued_coupon_id).await.unwrap();
        assert_eq!(stored.as_ref().map(Acknowledged::from), Some(told));
    }
    assert_books_exact(store).await;
}

impl Fixture {
    /// [`assert_exact`] for these coupons.
    ///
    /// # Panics
    /// As there.
    pub async fn assert_exact(&self, coupons: &[&Coupon]) {
        let coupons: Vec<_> = coupons.iter().map(|coupon| coupon.id).collect();
        let nobody: [Acknowledged; 0] = [];
        assert_exact(&*self.store, &coupons, nobody).await;
    }
}

/// What the copies say one by one is what the coupon says.
async fn assert_copies_exact(
    store: &dyn Store,
    coupon: &Coupon,
    rows: RowCounts,
    holders: &[(IssuedCouponId, ConsumerId)],
) {
    // Nothing to read where nothing was used: there may be many.
    if rows.used + rows.withdrawn == 0 {
        return;
    }
    let (mut used, mut withdrawn) = (0, 0);
    for (id, _) in holders {
        let copy = store.issued_coupon(*id).await.unwrap().unwrap();
        used += copy.used;
        let is_withdrawn = copy.state == IssuedCouponState::Withdrawn;
        withdrawn += u64::from(is_withdrawn);
        assert!(copy.used <= 1 || !coupon.is_single_use(), "{copy:?}");
        assert!(copy.used == 0 || !is_withdrawn, "{copy:?}");
    }
    assert_eq!((used, withdrawn), (rows.used, rows.withdrawn), "{coupon:?}");
}

async fn holders(store: &dyn Store, coupon: CouponId) -> Vec<(IssuedCouponId, ConsumerId)> {
    let mut holders: Vec<(IssuedCouponId, ConsumerId)> = Vec::new();
    loop {
        let after = holders.last().map(|(id, _)| *id);
        let page = Page { after, limit: PAGE };
        let more = store.holders(coupon, page).await.unwrap();
        if more.is_empty() {
            return holders;
        }
        holders.extend(more);
        // Else this would not end.
        let rising = holders.is_sorted_by(|one, two| one.0 < two.0);
        assert!(rising, "holders are not in the order of ids");
    }
}
