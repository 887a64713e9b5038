use super::*;
use crate::KeysInFlight;
use crate::testing::{MockAnswers, MockIds, MockShelf, at, issue_kind};
use domain::{DiscountPolicy, Event, EventName, Window};
use rstest::rstest;
use std::time::Instant;
use uuid::Uuid;

const HOUR: i64 = 3_600_000_000;

fn event() -> Event {
    Event {
        id: EventId::from_uuid(Uuid::from_u128(2)),
        name: EventName::new("e").unwrap(),
        window: Window::new(at(0), at(2 * HOUR)).unwrap(),
    }
}

fn policy() -> DiscountPolicy {
    DiscountPolicy {
        id: DiscountPolicyId::from_uuid(Uuid::from_u128(3)),
        name: domain::DiscountPolicyName::new("p").unwrap(),
        discount: domain::Discount::Fixed {
            amount: domain::Money::new(1).unwrap(),
        },
        minimum_order_amount: None,
    }
}

fn new_coupon(expires_at: i64) -> NewCoupon {
    NewCoupon {
        name: CouponName::new("c").unwrap(),
        event_id: event().id,
        discount_policy_id: policy().id,
        kind: issue_kind(1),
        expires_at: at(expires_at),
    }
}

/// The use case one hour into the event.
fn use_case(mut catalogue: MockShelf, has_event: bool, has_policy: bool) -> CreateCoupon {
    catalogue
        .expect_event()
        .returning(move |_| Ok(has_event.then(event)));
    catalogue
        .expect_discount_policy()
        .returning(move |_| Ok(has_policy.then(policy)));
    let mut ids = MockIds::new();
    ids.expect_next_id().returning(|| Uuid::from_u128(9));
    let keyed = KeyedRequests::new(Arc::new(MockAnswers::new()), Arc::<KeysInFlight>::default());
    let clock = LedgerClock::new(at(HOUR), Instant::now());
    CreateCoupon::new(
        Arc::new(catalogue),
        Arc::new(keyed),
        Arc::new(ids),
        Arc::new(clock),
    )
}

#[tokio::test]
async fn a_new_coupon_takes_its_events_window_and_starts_with_nothing_issued() {
    let mut catalogue = MockShelf::new();
    catalogue
        .expect_create_coupon()
        .once()
        .returning(|coupon, _| {
            Ok(domain::ports::Creation::Created(
                coupon,
                Timestamp::from_micros(1),
            ))
        });
    let created = use_case(catalogue, true, true)
        .execute(new_coupon(2 * HOUR), None)
        .await;
    let Ok(Written::Now(coupon, _)) = created else {
        panic!("not created")
    };
    assert_eq!(coupon.event_window, event().window);
    assert_eq!(coupon.counters, Counters::default());
    assert_eq!(coupon.id, CouponId::from_uuid(Uuid::from_u128(9)));
}

#[rstest]
#[case::no_event(false, true, 2 * HOUR)]
#[case::no_policy(true, false, 2 * HOUR)]
#[case::after_the_event(true, true, 2 * HOUR + 1)]
#[case::in_the_past(true, true, HOUR - 1)]
#[tokio::test]
async fn a_coupon_that_does_not_fit_is_refused_before_anything_is_written(
    #[case] has_event: bool,
    #[case] has_policy: bool,
    #[case] expires_at: i64,
) {
    let use_case = use_case(MockShelf::new(), has_event, has_policy);
    let refused = use_case
        .execute(new_coupon(expires_at), None)
        .await
        .unwrap_err();
    let as_expected = match refused {
        CreateCouponError::EventNotFound => !has_event,
        CreateCouponError::DiscountPolicyNotFound => !has_policy,
        CreateCouponError::Expiry(InvalidExpiry::AfterEvent) => expires_at > 2 * HOUR,
        CreateCouponError::Expiry(InvalidExpiry::Past) => expires_at < HOUR,
        _ => false,
    };
    assert!(as_expected, "{refused:?}");
}
