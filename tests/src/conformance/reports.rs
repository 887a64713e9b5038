//! What an event's coupons have brought, and audits of coupons that are used.

use domain::{Audit, CouponReport, EventId, RowCounts, SagaEvent, Settlement};

use crate::Fixture;
use crate::given::{
    START, amount, by_provider, declined, issue_kind, placed, use_kind, with_copy, with_points,
};

async fn report(fixture: &Fixture, event: EventId) -> Option<Vec<CouponReport>> {
    fixture.store.event_report(event).await.unwrap()
}

pub async fn a_report_has_every_coupon_of_the_event_in_the_order_of_ids(fixture: Fixture) {
    let (event, empty) = (fixture.event().await, fixture.event().await);
    let mut expected = Vec::new();
    for kind in [issue_kind(1), use_kind(1, 1), issue_kind(9)] {
        let coupon = fixture.coupon_of(&event, kind).await;
        expected.push(CouponReport {
            coupon,
            discount_given: amount(0),
            revenue: amount(0),
        });
    }
    fixture.coupon(issue_kind(1)).await;
    assert_eq!(report(&fixture, event.id).await, Some(expected));
    assert_eq!(report(&fixture, empty.id).await, Some(Vec::new()));
    let unknown = EventId::from_uuid(fixture.id());
    assert_eq!(report(&fixture, unknown).await, None);
}

pub async fn a_report_counts_final_uses_of_orders_and_holds_alone(fixture: Fixture) {
    let coupon = fixture.coupon(issue_kind(9)).await;
    let product = fixture.product(1_000, 100).await;
    fixture.earn("a", 300).await;
    fixture.charge("a", 9_000).await;
    let brings = async |discount, revenue| {
        let expected = CouponReport {
            coupon: fixture.read(&coupon).await,
            discount_given: amount(discount),
            revenue: amount(revenue),
        };
        assert_eq!(
            report(&fixture, coupon.event_id).await,
            Some(vec![expected])
        );
        fixture.assert_exact(&[&coupon]).await;
    };
    // An order from the wallet; points are revenue too.
    let copy = fixture.copy(&coupon, "a").await;
    let request = with_copy(fixture.purchase("a", &[(&product, 2)]), &copy);
    let (wallet, _) = placed(fixture.place(&with_points(request, 300)).await);
    brings(500, 1_500).await;
    // Two by the provider, once they are paid, if they are.
    let mut sagas = Vec::new();
    for name in ["b", "c"] {
        let copy = fixture.copy(&coupon, name).await;
        let request = with_copy(fixture.purchase(name, &[(&product, 1)]), &copy);
        sagas.push(placed(fixture.place(&by_provider(request)).await).1);
    }
    brings(500, 1_500).await;
    fixture.told(&sagas[0], SagaEvent::Succeeded).await.unwrap();
    fixture.told(&sagas[1], declined()).await.unwrap();
    brings(1_000, 2_000).await;
    // Holds of other shops: confirmed, cancelled, open, lapsed.
    let mut holds = Vec::new();
    for name in ["d", "e", "f", "g"] {
        holds.push(fixture.held(&fixture.copy(&coupon, name).await).await);
    }
    brings(1_000, 2_000).await;
    fixture
        .settle(&holds[0], Settlement::Confirm)
        .await
        .unwrap();
    fixture.settle(&holds[1], Settlement::Cancel).await.unwrap();
    brings(1_500, 2_500).await;
    // What returns brings nothing.
    fixture.settle(&holds[0], Settlement::Return).await.unwrap();
    brings(1_000, 2_000).await;
    fixture.change(&wallet, fixture.refund()).await.unwrap();
    brings(500, 500).await;
    fixture.clock.set(START.plus_micros(60_000_000));
    fixture.store.expire_holds(9).await.unwrap();
    brings(500, 500).await;
}

pub async fn an_audit_counts_holds_as_they_are_written_down(fixture: Fixture) {
    let product = fixture.product(1_000, 100).await;
    fixture.charge("a", 9_000).await;
    for (kind, returned) in [(issue_kind(9), 1), (use_kind(9, 9), 0)] {
        fixture.clock.set(START);
        let coupon = fixture.coupon(kind).await;
        let rows = async |held, used| {
            let reading = fixture.store.audit(coupon.id).await.unwrap().unwrap();
            assert_eq!(reading.coupon, fixture.read(&coupon).await);
            let expected = RowCounts {
                held,
                used,
                ..reading.rows
            };
            assert_eq!(reading.rows, expected);
            assert_eq!(Audit::of(reading).violations, []);
            fixture.assert_exact(&[&coupon]).await;
        };
        rows(0, 0).await;
        let mut holds = Vec::new();
        for name in ["b", "c", "d"] {
            holds.push(fixture.held(&fixture.copy(&coupon, name).await).await);
        }
        rows(3, 0).await;
        fixture
            .settle(&holds[0], Settlement::Confirm)
            .await
            .unwrap();
        fixture.settle(&holds[1], Settlement::Cancel).await.unwrap();
        rows(1, 1).await;
        let copy = fixture.copy(&coupon, "a").await;
        let request = with_copy(fixture.purchase("a", &[(&product, 1)]), &copy);
        let (order, _) = placed(fixture.place(&request).await);
        rows(1, 2).await;
        // Past its deadline, not yet written down: it counts as what is written.
        fixture.clock.set(START.plus_micros(60_000_000));
        rows(1, 2).await;
        fixture.store.expire_holds(9).await.unwrap();
        rows(0, 2).await;
        fixture.change(&order, fixture.refund()).await.unwrap();
        rows(0, 2 - returned).await;
    }
}
