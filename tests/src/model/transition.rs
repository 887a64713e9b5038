//! What may happen next, loosely: "the n-th coupon" is the n-th modulo how many there are, so every
//! transition makes sense in every state, and stays so while a failure is being shrunk.

use proptest::collection::vec;
use proptest::option::{of, weighted};
use proptest::prelude::*;

/// What may happen. Names, keys and consumers are few, so that they meet.
#[derive(Clone, Debug)]
pub enum Transition {
    /// An event with this name, which starts so many µs from now and lasts so long.
    CreateEvent {
        /// Of 16.
        name: u8,
        /// µs, also negative.
        starts_in: i64,
        /// µs.
        lasts: i64,
        /// Of 6.
        key: Option<u8>,
    },
    /// A discount policy with this name.
    CreatePolicy {
        /// Of 16.
        name: u8,
        /// Of 6.
        key: Option<u8>,
    },
    /// A coupon.
    CreateCoupon(NewCoupon),
    /// A coupon is changed.
    Change {
        /// The n-th coupon.
        coupon: usize,
        /// Its cap, raised by so many, also negative.
        raise: Option<i64>,
        /// The cap is named as the other kind's.
        other_kind: bool,
        /// Paused or resumed.
        paused: Option<bool>,
    },
    /// A batch in the scope of the n-th coupon.
    Issue {
        /// The n-th coupon.
        coupon: usize,
        /// Who asks for what.
        asks: Vec<Ask>,
    },
    /// The changes are read.
    Changes {
        /// So many epochs back from the newest; none: only the newest.
        back: Option<u64>,
        /// The most coupons.
        limit: u32,
    },
    /// The clock moves by µs, also back.
    MoveClock(i64),
    /// The clock moves to so many µs beside the n-th instant at which anything starts or ends.
    MoveClockToEdge(usize, i64),
}

/// A coupon to be created.
#[derive(Clone, Debug)]
pub struct NewCoupon {
    /// Of 16.
    pub name: u8,
    /// The n-th event.
    pub event: usize,
    /// The limit of a USE_COUPON; none: an ISSUE_COUPON.
    pub limit: Option<u8>,
    /// Its cap.
    pub cap: u8,
    /// How many µs before its event's end it expires, modulo how long the event lasts.
    pub expires_early: i64,
    /// Paused from the beginning.
    pub paused: bool,
    /// Of 6.
    pub key: Option<u8>,
}

/// Who asks for what.
#[derive(Clone, Debug)]
pub enum Ask {
    /// A new request.
    New {
        /// The n-th coupon; none: the batch's own.
        coupon: Option<usize>,
        /// Of 4.
        consumer: u8,
        /// Of 2.
        key: Option<u8>,
    },
    /// The n-th of all requests, once more.
    Again(usize),
    /// For a coupon that is not there.
    Unknown,
}

/// Any transition.
pub(super) fn transition() -> BoxedStrategy<Transition> {
    let name = || 0..16_u8;
    let key = || weighted(0.3, 0..6_u8);
    let event =
        (name(), -10..20_i64, 1..40_i64, key()).prop_map(|(name, starts_in, lasts, key)| {
            Transition::CreateEvent {
                name,
                starts_in,
                lasts,
                key,
            }
        });
    let policy = (name(), key()).prop_map(|(name, key)| Transition::CreatePolicy { name, key });
    let coupon = (
        name(),
        any::<usize>(),
        of(1..4_u8),
        1..6_u8,
        prop_oneof![Just(0), 0..40_i64],
        prop::bool::weighted(0.1),
        key(),
    )
        .prop_map(|(name, event, limit, cap, expires_early, paused, key)| {
            Transition::CreateCoupon(NewCoupon {
                name,
                event,
                limit,
                cap,
                expires_early,
                paused,
                key,
            })
        });
    let change = (
        any::<usize>(),
        of(-1..4_i64),
        prop::bool::weighted(0.1),
        of(any::<bool>()),
    )
        .prop_map(|(coupon, raise, other_kind, paused)| Transition::Change {
            coupon,
            raise,
            other_kind,
            paused,
        });
    let issue = (any::<usize>(), vec(ask(), 0..8))
        .prop_map(|(coupon, asks)| Transition::Issue { coupon, asks });
    let changes = (of(0..8_u64), prop_oneof![0..4_u32, Just(u32::MAX)])
        .prop_map(|(back, limit)| Transition::Changes { back, limit });
    let edge = (any::<usize>(), -1..2_i64)
        .prop_map(|(edge, beside)| Transition::MoveClockToEdge(edge, beside));
    prop_oneof![
        1 => event,
        1 => policy,
        3 => coupon,
        3 => change,
        10 => issue,
        1 => changes,
        1 => (-5..15_i64).prop_map(Transition::MoveClock),
        1 => edge,
    ]
    .boxed()
}

fn ask() -> impl Strategy<Value = Ask> {
    let new = (of(any::<usize>()), 0..4_u8, weighted(0.3, 0..2_u8)).prop_map(
        |(coupon, consumer, key)| Ask::New {
            coupon,
            consumer,
            key,
        },
    );
    prop_oneof![
        8 => new,
        2 => any::<usize>().prop_map(Ask::Again),
        1 => Just(Ask::Unknown),
    ]
}
