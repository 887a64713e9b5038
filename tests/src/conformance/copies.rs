//! Who has which copies: a consumer's own, and a coupon's holders.

use domain::{ConsumerId, CouponId, IssuedCoupon, IssuedCouponId, Page};

use crate::Fixture;
use crate::given::{all_issued, consumer, everything, issue_kind, keyed, use_kind};

/// A store may write alike copies together; these differ in all that copies of a batch can differ in.
pub async fn each_copy_of_a_batch_is_stored_as_it_was_answered(fixture: Fixture) {
    let event = fixture.event().await;
    let one = fixture.coupon_of(&event, issue_kind(9)).await;
    let two = fixture.coupon_of(&event, issue_kind(9)).await;
    let several = fixture.coupon(use_kind(9, 3)).await;
    let of_the_event = [
        fixture.request(&two, "a"),
        keyed(fixture.request(&one, "b"), 1),
        fixture.request(&one, "c"),
        keyed(fixture.request(&two, "d"), 2),
        keyed(fixture.request(&one, "e"), 3),
        fixture.request(&two, "f"),
    ];
    let of_the_coupon = [
        keyed(fixture.request(&several, "a"), 1),
        fixture.request(&several, "b"),
        fixture.request(&several, "a"),
        keyed(fixture.request(&several, "c"), 2),
        keyed(fixture.request(&several, "b"), 3),
        fixture.request(&several, "a"),
    ];
    for (coupon, batch) in [(&one, of_the_event), (&several, of_the_coupon)] {
        let copies = all_issued(&fixture.issue(coupon, batch.to_vec()).await);
        assert_eq!(copies.len(), batch.len());
        for (copy, request) in copies.iter().zip(&batch) {
            let stored = fixture.store.issued_coupon(copy.id).await.unwrap();
            assert_eq!(stored.as_ref(), Some(copy));
            assert_eq!(copy.consumer_id, request.consumer_id);
            assert_eq!(copy.coupon_id, request.coupon_id);
            assert_eq!(copy.request_key, request.request_key);
        }
    }
    fixture.assert_exact(&[&one, &two, &several]).await;
}

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
