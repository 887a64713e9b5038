//! Who has which copies: a consumer's own, and a coupon's holders.

use domain::{ConsumerId, CouponId, IssuedCoupon, IssuedCouponId, Page};

use crate::Fixture;
use crate::given::{all_issued, consumer, everything, issue_kind, use_kind};

/// Every page size, from one to more than there are, gives them all, each once, in order.
async fn in_pages<T: Clone + std::fmt::Debug + PartialEq>(
    expected: &[T],
    id_of: impl Fn(&T) -> IssuedCouponId,
    page: impl AsyncFn(Page<IssuedCouponId>) -> Vec<T>,
) {
    assert_eq!(page(everything()).await, expected);
    assert_eq!(
        page(Page {
            after: None,
            limit: 0
        })
        .await,
        []
    );
    for limit in 1..=expected.len() + 1 {
        let mut after = None;
        for expected in expected.chunks(limit) {
            let limit = limit.try_into().unwrap();
            let page = page(Page { after, limit }).await;
            assert_eq!(page, expected);
            after = page.last().map(&id_of);
        }
        assert_eq!(page(Page { after, limit: 1 }).await, []);
    }
}

pub async fn a_consumers_copies_come_in_pages_in_the_order_of_ids(fixture: Fixture) {
    let mut copies: Vec<IssuedCoupon> = Vec::new();
    for kind in [issue_kind(9), use_kind(9, 3), issue_kind(9)] {
        let coupon = fixture.coupon(kind).await;
        let mut batch: Vec<_> = (0..3).map(|_| fixture.request(&coupon, "a")).collect();
        batch.push(fixture.request(&coupon, "b"));
        // Not written in the order of their ids.
        batch.reverse();
        copies.extend(all_issued(&fixture.issue(&coupon, batch).await));
    }
    copies.sort_by_key(|copy| copy.id);
    let page = async |name, page| {
        fixture
            .store
            .issued_coupons(consumer(name), page)
            .await
            .unwrap()
    };
    for name in ["a", "b", "nobody", "A"] {
        let own = copies
            .iter()
            .filter(|copy| copy.consumer_id.as_str() == name);
        let own: Vec<_> = own.cloned().collect();
        in_pages(&own, |copy| copy.id, async |next| page(name, next).await).await;
    }
}

pub async fn holders_come_in_pages_in_the_order_of_ids(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(9)).await;
    let two = fixture.coupon_of(&event, use_kind(9, 2)).await;
    let empty = fixture.coupon_of(&event, issue_kind(9)).await;
    let mut copies: Vec<IssuedCoupon> = Vec::new();
    for (coupon, names) in [(&one, "abc"), (&two, "aabbc"), (&one, "de")] {
        let names = names.chars().map(String::from);
        let mut batch: Vec<_> = names.map(|name| fixture.request(coupon, &name)).collect();
        batch.reverse();
        copies.extend(all_issued(&fixture.issue(coupon, batch).await));
    }
    assert_eq!(copies.len(), 10);
    copies.sort_by_key(|copy| copy.id);
    let unknown = CouponId::from_uuid(fixture.id());
    for coupon in [one.id, two.id, empty.id, unknown] {
        let holders = copies.iter().filter(|copy| copy.coupon_id == coupon);
        let holders: Vec<(IssuedCouponId, ConsumerId)> = holders
            .map(|copy| (copy.id, copy.consumer_id.clone()))
            .collect();
        let page = async |page| fixture.store.holders(coupon, page).await.unwrap();
        in_pages(&holders, |(id, _)| *id, page).await;
    }
}
