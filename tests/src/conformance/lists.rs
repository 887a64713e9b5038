//! Lists: in the order of ids, page by page.

use domain::{Coupon, CouponId, EventId, Page};
use uuid::Uuid;

use super::kinds::{Kind, for_each_kind};
use crate::Fixture;
use crate::given::{everything, issue_kind, use_kind};

/// Ids as they rise, across every byte and across the sign bits; written in another order.
const IDS: [u128; 7] = [
    1,
    0xff,
    0x100,
    0x0192_0000_0000_7000_8000_0000_0000_0000,
    u128::MAX >> 1,
    (u128::MAX >> 1) + 1,
    u128::MAX,
];
const WRITTEN: [usize; 7] = [3, 6, 0, 5, 2, 4, 1];

fn ids<K: Kind>() -> Vec<K::Id> {
    let ids = IDS.iter().map(|id| K::id_of(Uuid::from_u128(*id)));
    ids.collect()
}

async fn write<K: Kind>(fixture: &Fixture) {
    for at in WRITTEN {
        let row = K::fresh(fixture).await.with_id(ids::<K>()[at]);
        row.stored(fixture).await;
    }
}

/// What a page lists of the rows that [`write`] has written; those that coupons brought are not
/// looked at.
async fn page<K: Kind>(after: Option<K::Id>, limit: u32, fixture: &Fixture) -> Vec<K::Id> {
    let rows = K::page(Page { after, limit }, fixture).await;
    rows.iter().map(K::id).collect()
}

pub async fn lists_are_in_the_order_of_ids(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        write::<K>(fixture).await;
        assert_eq!(page::<K>(None, u32::MAX, fixture).await, ids::<K>());
    }
    // Coupons last: they bring events and policies.
    for_each_kind!(rule(&fixture));
}

pub async fn pages_follow_one_another_without_gap_or_overlap(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        write::<K>(fixture).await;
        let ids = ids::<K>();
        for limit in 1..=ids.len() + 1 {
            let mut after = None;
            for expected in ids.chunks(limit) {
                let page = page::<K>(after, limit.try_into().unwrap(), fixture).await;
                assert_eq!(page, expected, "limit {limit}");
                after = page.last().copied();
            }
            assert_eq!(page::<K>(after, 1, fixture).await, []);
        }
        assert_eq!(page::<K>(None, 0, fixture).await, []);
    }
    for_each_kind!(rule(&fixture));
}

pub async fn a_page_may_begin_after_an_id_that_is_not_there(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        write::<K>(fixture).await;
        let between = K::id_of(Uuid::from_u128(IDS[3] + 1));
        assert_eq!(
            page::<K>(Some(between), u32::MAX, fixture).await,
            ids::<K>()[4..]
        );
    }
    for_each_kind!(rule(&fixture));
}

pub async fn an_empty_store_has_empty_lists(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        assert_eq!(page::<K>(None, u32::MAX, fixture).await, []);
    }
    for_each_kind!(rule(&fixture));
}

pub async fn coupons_are_listed_by_event(fixture: Fixture) {
    let (one, two) = (fixture.event().await, fixture.event().await);
    let empty = fixture.event().await;
    let mut of_one = Vec::new();
    let mut of_two = Vec::new();
    for _ in 0..3 {
        of_one.push(fixture.coupon_of(&one, issue_kind(1)).await);
        of_two.push(fixture.coupon_of(&two, use_kind(1, 1)).await);
    }
    let list = async |event: EventId, page: Page<CouponId>| -> Vec<Coupon> {
        fixture.store.coupons(Some(event), page).await.unwrap()
    };
    assert_eq!(list(one.id, everything()).await, of_one);
    assert_eq!(list(two.id, everything()).await, of_two);
    assert_eq!(list(empty.id, everything()).await, []);
    let unknown = EventId::from_uuid(fixture.id());
    assert_eq!(list(unknown, everything()).await, []);

    let after = Some(of_one[0].id);
    assert_eq!(list(one.id, Page { after, limit: 1 }).await, of_one[1..2]);
    assert_eq!(list(one.id, Page { after, limit: 9 }).await, of_one[1..]);
    assert_eq!(list(two.id, Page { after, limit: 9 }).await, of_two);
    let after = Some(of_one[2].id);
    assert_eq!(list(one.id, Page { after, limit: 9 }).await, []);
}
