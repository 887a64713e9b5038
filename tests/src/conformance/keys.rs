//! Idempotency keys: written with their effect, answered before anything else.

use domain::Timestamp;
use domain::ports::{Answered, Creation, KeyScope, KeyedRequest, RequestDigest};
use domain::{DiscountPolicy, Event};

use super::kinds::{Kind, for_each_kind};
use crate::Fixture;
use crate::given::START;

fn request<K: Kind>(scope: u8, digest: u8) -> KeyedRequest<K> {
    KeyedRequest {
        scope: KeyScope([scope; 32]),
        digest: RequestDigest([digest; 32]),
        answer: rendered,
    }
}

fn rendered<K: Kind>(row: &K, now: Timestamp) -> Vec<u8> {
    format!("{row:?} at {now:?}").into_bytes()
}

async fn answered(scope: u8, fixture: &Fixture) -> Option<Answered> {
    fixture.store.answered(KeyScope([scope; 32])).await.unwrap()
}

pub async fn the_first_request_of_a_key_is_stored_with_its_answer(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let scope = K::KEY;
        let now = START.plus_micros(7);
        fixture.clock.set(now);
        let row = K::fresh(fixture).await;
        let creation = row.clone().create(fixture, Some(request(scope, 1))).await;
        let Creation::Created(stored, at) = creation else {
            panic!("{creation:?}");
        };
        assert_eq!(at, now);
        assert_eq!(K::read(row.id(), fixture).await.as_ref(), Some(&stored));
        let digest = RequestDigest([1; 32]);
        let answer = rendered(&stored, now);
        assert_eq!(
            answered(scope, fixture).await,
            Some(Answered { digest, answer })
        );
    }
    for_each_kind!(rule(&fixture));
}

pub async fn the_same_key_again_answers_the_stored_bytes_and_writes_nothing(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let scope = K::KEY;
        let row = K::fresh(fixture).await;
        row.create(fixture, Some(request(scope, 1))).await;
        let first = answered(scope, fixture).await.unwrap();

        fixture.clock.set(START.plus_micros(7));
        let other = K::fresh(fixture).await;
        // The store compares nothing: that is the caller's business.
        for digest in [1, 2] {
            let again = other.clone().create(fixture, Some(request(scope, digest)));
            assert_eq!(again.await, Creation::Answered(first.clone()));
        }
        assert_eq!(K::read(other.id(), fixture).await, None);
        assert_eq!(answered(scope, fixture).await, Some(first));
        // Neither its id nor its name was taken.
        other.stored(fixture).await;
    }
    for_each_kind!(rule(&fixture));
}

pub async fn a_known_key_comes_before_a_taken_name(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let scope = K::KEY;
        let row = K::fresh(fixture).await.with_name("n");
        row.create(fixture, Some(request(scope, 1))).await;
        let first = answered(scope, fixture).await.unwrap();
        let same = K::fresh(fixture).await.with_name("n");
        let again = same.create(fixture, Some(request(scope, 1))).await;
        assert_eq!(again, Creation::Answered(first));
    }
    for_each_kind!(rule(&fixture));
}

pub async fn a_taken_name_leaves_no_key(fixture: Fixture) {
    async fn rule<K: Kind>(fixture: &Fixture) {
        let scope = K::KEY;
        K::fresh(fixture).await.with_name("n").stored(fixture).await;
        let taken = K::fresh(fixture).await.with_name("n");
        let creation = taken.clone().create(fixture, Some(request(scope, 1))).await;
        assert_eq!(creation, Creation::NameTaken);
        assert_eq!(answered(scope, fixture).await, None);

        let free = taken.with_name("free");
        let creation = free.create(fixture, Some(request(scope, 2))).await;
        assert!(matches!(creation, Creation::Created(..)), "{creation:?}");
        let digest = answered(scope, fixture).await.unwrap().digest;
        assert_eq!(digest, RequestDigest([2; 32]));
    }
    for_each_kind!(rule(&fixture));
}

pub async fn a_key_is_one_across_the_kinds(fixture: Fixture) {
    let event = Event::fresh(&fixture).await;
    event.create(&fixture, Some(request(1, 1))).await;
    let first = answered(1, &fixture).await.unwrap();
    let policy = DiscountPolicy::fresh(&fixture).await;
    let creation = policy.create(&fixture, Some(request(1, 1))).await;
    assert_eq!(creation, Creation::Answered(first));
    assert_eq!(DiscountPolicy::all(&fixture).await, []);
}

pub async fn keys_that_differ_in_one_bit_are_others(fixture: Fixture) {
    let scope = |at: usize, bit: u8| {
        let mut bytes = [0; 32];
        bytes[at] = bit;
        KeyScope(bytes)
    };
    let scopes = [
        scope(0, 0),
        scope(0, 0x80),
        scope(0, 1),
        scope(31, 1),
        scope(31, 0x80),
    ];
    for (number, scope) in (0..).zip(scopes) {
        let key = KeyedRequest {
            scope,
            ..request::<Event>(0, number)
        };
        let creation = fixture.new_event().create(&fixture, Some(key)).await;
        assert!(matches!(creation, Creation::Created(..)), "{creation:?}");
    }
    for (number, scope) in (0..).zip(scopes) {
        let answered = fixture.store.answered(scope).await.unwrap().unwrap();
        assert_eq!(answered.digest, RequestDigest([number; 32]));
    }
}
