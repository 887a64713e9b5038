//! The oracle: what must hold after every test, whatever was done at once, killed or repeated.
//!
//! It believes neither the counters nor the audit alone: it counts the holders itself.

use std::collections::HashSet;

use domain::ports::CouponLedger;
use domain::{Audit, ConsumerId, CouponId, CouponKind, IssuedCoupon, IssuedCouponId, Page};

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
/// - every copy that was acknowledged is there, of its coupon and its consumer's.
///
/// # Panics
/// If any of it does not hold.
pub async fn assert_exact(
    ledger: &dyn CouponLedger,
    coupons: &[CouponId],
    acknowledged: impl IntoIterator<Item = impl Into<Acknowledged>>,
) {
    let mut served = HashSet::new();
    for id in coupons {
        let reading = ledger.audit(*id).await.unwrap().unwrap();
        let Audit {
            coupon,
            rows,
            violations,
        } = Audit::of(reading);
        let name = &coupon.name;
        assert_eq!(violations, [], "{name}");
        let holders = holders(ledger, *id).await;
        assert_eq!(coupon.counters.issued, rows.issued, "{name}");
        assert_eq!(rows.active + rows.withdrawn, rows.issued, "{name}");
        assert_eq!(u64::try_from(holders.len()), Ok(rows.issued), "{name}");
        if let CouponKind::Issue { maximum_issued, .. } = coupon.kind {
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
    for told in acknowledged {
        let told = told.into();
        let stored = ledger.issued_coupon(told.issued_coupon_id).await.unwrap();
        assert_eq!(stored.as_ref().map(Acknowledged::from), Some(told));
    }
}

async fn holders(ledger: &dyn CouponLedger, coupon: CouponId) -> Vec<(IssuedCouponId, ConsumerId)> {
    let mut holders: Vec<(IssuedCouponId, ConsumerId)> = Vec::new();
    loop {
        let after = holders.last().map(|(id, _)| *id);
        let page = Page { after, limit: PAGE };
        let more = ledger.holders(coupon, page).await.unwrap();
        if more.is_empty() {
            return holders;
        }
        holders.extend(more);
        // Else this would not end.
        let rising = holders.is_sorted_by(|one, two| one.0 < two.0);
        assert!(rising, "holders are not in the order of ids");
    }
}
