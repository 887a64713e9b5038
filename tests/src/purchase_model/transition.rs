//! What may happen next, loosely: "the n-th order" is the n-th modulo how many there are, so every
//! transition makes sense in every state, and stays so while a failure is being shrunk.

use domain::{DeliveryStatus, Settled, Settlement};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;

/// What may happen.
#[derive(Clone, Debug)]
pub enum Transition {
    /// A consumer's wallet is charged.
    Charge {
        /// The n-th consumer.
        consumer: usize,
        /// How much.
        amount: i64,
        /// Of few.
        key: u8,
    },
    /// A consumer orders.
    Place(NewOrder),
    /// A delivery, a confirmation, a refund.
    Change {
        /// The n-th order.
        order: usize,
        /// What is wanted; none: that the delivery goes on.
        what: Option<Change>,
        /// Of few.
        key: Option<u8>,
    },
    /// Something happens to a saga.
    Saga {
        /// The n-th that is alive, if any is; else the n-th.
        saga: usize,
        /// What.
        event: Event,
        /// Said by a worker that has missed so many changes.
        missed: u64,
    },
    /// What is due is taken over.
    TakeOver,
    /// A shop opens a hold.
    OpenHold {
        /// Of few.
        name: u8,
        /// The n-th copy.
        copy: usize,
        /// What the order amounts to.
        amount: i64,
        /// How long it stays open.
        seconds: i64,
    },
    /// A shop ends a hold.
    Settle(u8, Settlement),
    /// A seller changes a product.
    ChangeProduct {
        /// The n-th product.
        product: usize,
        /// By another seller.
        by_other: bool,
        /// Its price from now on.
        price: Option<i64>,
        /// What is left from now on.
        stock: Option<i64>,
    },
    /// An admin pauses or resumes a coupon, or raises a cap.
    ChangeCoupon {
        /// The n-th coupon.
        coupon: usize,
        /// Paused or resumed.
        paused: Option<bool>,
        /// Its cap on uses is one higher.
        raised: bool,
    },
    /// Copies of an exhausted coupon are withdrawn: of the n-th, if its epoch has not risen.
    Withdraw(usize, bool),
    /// What has lapsed is written down.
    ExpireHolds,
    /// Sellers' credits are folded.
    Fold,
    /// The n-th of all that was ever asked is asked again.
    Again(usize),
    /// The n-th of all orders is placed again, with other ids; as another request under its key.
    PlaceAgain(usize, bool),
    /// Time passes, in µs.
    Wait(i64),
}

/// What a consumer orders.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// The n-th consumer.
    pub consumer: usize,
    /// How many of each product; 0: none of it.
    pub quantities: [i64; 3],
    /// Points to use.
    pub points: i64,
    /// The n-th copy; mostly one of the consumer's own.
    pub copy: Option<usize>,
    /// It is paid by the provider.
    pub by_provider: bool,
    /// A product that there is not is ordered too.
    pub unknown: bool,
}

/// What may be wanted of an order.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Its delivery has come so far.
    Deliver(DeliveryStatus),
    /// It is confirmed.
    Confirm,
    /// It is refunded.
    Refund,
}

/// What may happen to a saga.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// Done.
    Succeeded,
    /// Declined.
    Declined,
    /// No answer.
    Unanswered,
    /// An operator retries.
    Retry,
    /// An operator settles.
    Abandon(Settled),
}

/// Any transition.
pub(super) fn transition() -> BoxedStrategy<Transition> {
    let charge = (any::<usize>(), 1..30_000_i64, 0..30_u8).prop_map(|(consumer, amount, key)| {
        Transition::Charge {
            consumer,
            amount,
            key,
        }
    });
    let change = (any::<usize>(), of(change()), weighted(0.3, 100..106_u8))
        .prop_map(|(order, what, key)| Transition::Change { order, what, key });
    let missed = prop_oneof![9 => Just(0), 1 => 1..3_u64];
    let saga =
        (any::<usize>(), event(), missed).prop_map(|(saga, event, missed)| Transition::Saga {
            saga,
            event,
            missed,
        });
    let hold = (
        0..8_u8,
        any::<usize>(),
        select(vec![999, 1_000, 4_000]),
        select(vec![2, 600]),
    )
        .prop_map(|(name, copy, amount, seconds)| Transition::OpenHold {
            name,
            copy,
            amount,
            seconds,
        });
    let settlement = select(vec![
        Settlement::Confirm,
        Settlement::Confirm,
        Settlement::Cancel,
        Settlement::Return,
    ]);
    let settle = (0..8_u8, settlement).prop_map(|(name, how)| Transition::Settle(name, how));
    let product = (
        any::<usize>(),
        prop::bool::weighted(0.1),
        of(0..2_000_i64),
        of(0..6_i64),
    )
        .prop_map(
            |(product, by_other, price, stock)| Transition::ChangeProduct {
                product,
                by_other,
                price,
                stock,
            },
        );
    let coupon = (any::<usize>(), of(any::<bool>()), prop::bool::weighted(0.3)).prop_map(
        |(coupon, paused, raised)| Transition::ChangeCoupon {
            coupon,
            paused,
            raised,
        },
    );
    let withdraw = (any::<usize>(), prop::bool::weighted(0.8))
        .prop_map(|(coupon, is_newest)| Transition::Withdraw(coupon, is_newest));
    let again = (any::<usize>(), prop::bool::weighted(0.2))
        .prop_map(|(order, other)| Transition::PlaceAgain(order, other));
    // Short of a deadline, and beyond it; now and then until coupons expire.
    let wait = prop_oneof![
        6 => 0..9_000_000_i64,
        2 => Just(5_000_000_i64),
        1 => 0..900_000_000_i64,
    ];
    prop_oneof![
        4 => charge,
        14 => new_order().prop_map(Transition::Place),
        10 => change,
        14 => saga,
        2 => Just(Transition::TakeOver),
        5 => hold,
        5 => settle,
        2 => product,
        2 => coupon,
        2 => withdraw,
        1 => Just(Transition::ExpireHolds),
        1 => Just(Transition::Fold),
        4 => any::<usize>().prop_map(Transition::Again),
        2 => again,
        4 => wait.prop_map(Transition::Wait),
    ]
    .boxed()
}

fn new_order() -> impl Strategy<Value = NewOrder> {
    let quantities = [0..3_i64, 0..3_i64, 0..2_i64];
    let points = prop_oneof![3 => Just(0), 1 => 1..100_i64, 1 => 0..4_000_i64];
    (
        any::<usize>(),
        quantities,
        points,
        weighted(0.6, any::<usize>()),
        any::<bool>(),
        prop::bool::weighted(0.03),
    )
        .prop_map(
            |(consumer, quantities, points, copy, by_provider, unknown)| NewOrder {
                consumer,
                quantities,
                points,
                copy,
                by_provider,
                unknown,
            },
        )
}

fn change() -> impl Strategy<Value = Change> {
    use DeliveryStatus::{BeforeDelivery, CompleteDelivery, InDelivery};
    let delivery = select(vec![BeforeDelivery, InDelivery, CompleteDelivery]);
    prop_oneof![
        1 => delivery.prop_map(Change::Deliver),
        2 => Just(Change::Confirm),
        2 => Just(Change::Refund),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    let settled = select(vec![Settled::Captured, Settled::Voided, Settled::Nothing]);
    prop_oneof![
        5 => Just(Event::Succeeded),
        2 => Just(Event::Declined),
        8 => Just(Event::Unanswered),
        1 => Just(Event::Retry),
        3 => settled.prop_map(Event::Abandon),
    ]
}

/// So that there are points to use: an order of the first consumer's, paid, delivered and confirmed.
pub(super) fn given() -> Vec<Transition> {
    let change = |what| Transition::Change {
        order: 0,
        what,
        key: None,
    };
    let charge = |consumer| Transition::Charge {
        consumer,
        amount: 90_000,
        key: 200 + u8::try_from(consumer).unwrap(),
    };
    vec![
        charge(0),
        charge(1),
        Transition::Place(NewOrder {
            consumer: 0,
            quantities: [0, 50, 0],
            points: 0,
            copy: None,
            by_provider: false,
            unknown: false,
        }),
        change(None),
        change(None),
        change(Some(Change::Confirm)),
    ]
}

/// Quantities of one order, all of them.
pub(super) fn lines(quantities: [i64; 3]) -> Vec<(usize, i64)> {
    let lines = quantities.into_iter().enumerate();
    lines.filter(|(_, quantity)| *quantity > 0).collect()
}
