//! Every field of every type comes back as it went in, at the ends of its range too.

use domain::ports::{AnswerOf, Answered, KeyScope, KeyedRequest, RequestDigest};
use domain::{
    Counters, Coupon, CouponId, CouponKind, CouponName, Discount, DiscountPolicy, DiscountPolicyId,
    DiscountPolicyName, DiscountRate, Epoch, Event, EventId, EventName, IssueRequest, IssuedCoupon,
    IssuedCouponId, IssuedCouponState, Money, RequestKey, Timestamp, Window,
};

use uuid::Uuid;

use super::kinds::Kind;
use crate::Fixture;
use crate::given::{START, consumer, everything, issue_kind, issued, use_kind, window};

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59.999999Z.
const FIRST_DAY: Timestamp = at(-62_135_596_800_000_000);
const LAST_DAY: Timestamp = at(253_402_300_799_999_999);

fn windows() -> [Window; 6] {
    [
        window(at(1_800_000_000_123_456), at(1_800_000_000_123_457)),
        window(at(-2), at(-1)),
        window(at(-1), at(0)),
        window(at(0), at(1)),
        window(FIRST_DAY, LAST_DAY),
        window(at(i64::MIN), at(i64::MAX)),
    ]
}

/// Characters of four bytes, and some that mean something to a database.
const WIDE: &str = "\u{1f39f}";
const ODD: &str = "'\"`\\%_;--/*\u{202e}";

/// What was created, and what is read and listed, is what was written.
async fn comes_back<K: Kind>(row: K, fixture: &Fixture) {
    assert_eq!(row.clone().stored(fixture).await, row);
    assert_eq!(K::read(row.id(), fixture).await.as_ref(), Some(&row));
    assert!(K::all(fixture).await.contains(&row), "{row:?}");
}

pub async fn an_event_is_read_as_it_was_written(fixture: Fixture) {
    for window in windows() {
        let event = fixture.new_event();
        comes_back(Event { window, ..event }, &fixture).await;
    }
    for name in ["x".to_owned(), WIDE.repeat(30), ODD.to_owned()] {
        let name = EventName::new(name).unwrap();
        let event = fixture.new_event();
        comes_back(Event { name, ..event }, &fixture).await;
    }
}

pub async fn a_discount_policy_is_read_as_it_was_written(fixture: Fixture) {
    let money = |amount| Money::new(amount).unwrap();
    let rate = |percent| DiscountRate::new(percent).unwrap();
    let optional = [
        None,
        Some(Money::ZERO),
        Some(money(1)),
        Some(Money::MAXIMUM),
    ];
    let mut discounts = vec![
        Discount::Fixed { amount: money(1) },
        Discount::Fixed {
            amount: Money::MAXIMUM,
        },
    ];
    for maximum in optional {
        discounts.push(Discount::Rate {
            rate: rate(1),
            maximum,
        });
        discounts.push(Discount::Rate {
            rate: rate(100),
            maximum,
        });
    }
    for discount in discounts {
        for minimum_order_amount in optional {
            let policy = fixture.new_policy();
            let policy = DiscountPolicy {
                discount,
                minimum_order_amount,
                ..policy
            };
            comes_back(policy, &fixture).await;
        }
    }
    for name in ["x".to_owned(), WIDE.repeat(20), ODD.to_owned()] {
        let name = DiscountPolicyName::new(name).unwrap();
        let policy = fixture.new_policy();
        comes_back(DiscountPolicy { name, ..policy }, &fixture).await;
    }
}

pub async fn a_coupon_is_read_as_it_was_written_but_for_epoch_and_counters(fixture: Fixture) {
    let redundant = |kind| match kind {
        CouponKind::Issue { maximum_issued, .. } => CouponKind::Issue {
            maximum_issued,
            redundant_usable: true,
        },
        usage @ CouponKind::Use { .. } => usage,
    };
    let kinds = [
        issue_kind(1),
        redundant(issue_kind(1_000_000_000)),
        use_kind(1, 1),
        use_kind(1_000_000_000, 100),
    ];
    let names = [
        "x".to_owned(),
        WIDE.repeat(20),
        ODD.to_owned(),
        "y".to_owned(),
    ];
    let mut newest = Epoch(0);
    for window in windows() {
        let event = Event {
            window,
            ..fixture.new_event()
        };
        let event = fixture.store_event(event).await;
        for kind in kinds {
            for paused in [false, true] {
                let policy = fixture.policy().await;
                let coupon = fixture.new_coupon(&event, &policy, kind);
                let written = Coupon {
                    paused,
                    expires_at: window.ends_at(),
                    epoch: Epoch(77),
                    counters: Counters {
                        issued: 1,
                        held: 2,
                        used: 3,
                        withdrawn: 4,
                    },
                    ..coupon
                };
                let stored = fixture.store_coupon(written.clone()).await;
                assert!(stored.epoch > newest, "{:?} after {newest:?}", stored.epoch);
                newest = stored.epoch;
                let expected = Coupon {
                    epoch: newest,
                    counters: Counters::default(),
                    ..written
                };
                assert_eq!(stored, expected);
                assert_eq!(fixture.read(&stored).await, expected);
                assert!(Coupon::all(&fixture).await.contains(&expected));
            }
        }
    }
    for name in names {
        let name = CouponName::new(name).unwrap();
        let written = Coupon {
            name,
            ..Coupon::fresh(&fixture).await
        };
        let stored = fixture.store_coupon(written.clone()).await;
        assert_eq!(stored.name, written.name);
        assert_eq!(fixture.read(&stored).await, stored);
    }
}

pub async fn a_copy_is_read_as_it_was_issued(fixture: Fixture) {
    let consumers = ["a".to_owned(), "x".repeat(64), "AZaz09._@:-".to_owned()];
    let keys = [
        None,
        Some(RequestKey([0; 16])),
        Some(RequestKey([0xff; 16])),
    ];
    for window in windows() {
        let event = fixture
            .store_event(Event {
                window,
                ..fixture.new_event()
            })
            .await;
        fixture.clock.set(window.starts_at());
        for kind in [issue_kind(9), use_kind(9, 1)] {
            let coupon = fixture.coupon_of(&event, kind).await;
            for (name, request_key) in consumers.iter().zip(keys) {
                let request = IssueRequest {
                    request_key,
                    ..fixture.request(&coupon, name)
                };
                let expected = IssuedCoupon {
                    id: request.issued_coupon_id,
                    coupon_id: coupon.id,
                    event_id: event.id,
                    consumer_id: consumer(name),
                    ordinal: 0,
                    state: IssuedCouponState::Active,
                    used: 0,
                    issued_at: window.starts_at(),
                    expires_at: window.ends_at(),
                    request_key,
                };
                let id = expected.id;
                let outcome = fixture.issue_one(&coupon, request).await;
                assert_eq!(issued(&outcome), expected);
                let read = fixture.store.issued_coupon(id).await.unwrap();
                assert_eq!(read.as_ref(), Some(&expected));
                let page = everything();
                let own = fixture.store.issued_coupons(consumer(name), page).await;
                assert!(own.unwrap().contains(&expected));
            }
        }
    }
    fixture.clock.set(START);
    let several = fixture.coupon(use_kind(1, 100)).await;
    for ordinal in 0..100 {
        let copy = issued(&fixture.ask(&several, "a").await);
        assert_eq!(copy.ordinal, ordinal);
        let read = fixture.store.issued_coupon(copy.id).await.unwrap();
        assert_eq!(read, Some(copy));
    }
}

pub async fn an_answer_is_read_as_it_was_rendered(fixture: Fixture) {
    let renderers: [AnswerOf<Event>; 4] = [
        |_, _| Vec::new(),
        |_, _| (0..=u8::MAX).collect(),
        |_, _| vec![0; 3],
        |event, now| format!("{event:?}{now:?}").repeat(500).into_bytes(),
    ];
    for (number, render) in (0..).zip(renderers) {
        let scope = KeyScope([number; 32]);
        let digest = RequestDigest([0xff - number; 32]);
        let event = fixture.new_event();
        let answer = render(&event, START);
        let key = KeyedRequest {
            scope,
            digest,
            answer: render,
        };
        event.create(&fixture, Some(key)).await;
        let read = fixture.store.answered(scope).await.unwrap();
        assert_eq!(read, Some(Answered { digest, answer }));
    }
}

pub async fn what_was_never_written_is_not_found(fixture: Fixture) {
    let store = &fixture.store;
    let event = EventId::from_uuid(fixture.id());
    assert_eq!(store.event(event).await.unwrap(), None);
    assert_eq!(store.answered(KeyScope([0; 32])).await.unwrap(), None);
    // What is an event's id is not a policy's.
    let id = Uuid::from_bytes(*fixture.event().await.id.as_bytes());
    let policy = DiscountPolicyId::from_uuid(id);
    assert_eq!(store.discount_policy(policy).await.unwrap(), None);
    assert_eq!(store.coupon(CouponId::from_uuid(id)).await.unwrap(), None);
    let copy = IssuedCouponId::from_uuid(id);
    assert_eq!(store.issued_coupon(copy).await.unwrap(), None);
}
