//! What may happen, at random.

use proptest::prelude::*;

use crate::{DeliveryStatus, Settled, Settlement};

/// A consumer's order. Consumer and copy are counted round, quantities of the three products may be 0.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) consumer: usize,
    pub(super) quantities: [i64; 3],
    pub(super) points: i64,
    pub(super) copy: Option<usize>,
    pub(super) by_provider: bool,
    pub(super) yields: bool,
}

/// What happens to a saga.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Succeeded,
    Declined,
    /// So many times in a row.
    Unanswered(usize),
    /// An outcome of a worker that has not seen the newest.
    Stale,
    Retry,
    Abandon(Settled),
}

/// One thing that happens. Which order, saga, copy, hold or product is counted round.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Place(Asked),
    Saga(usize, Event),
    TakeOver,
    Refund(usize),
    Deliver(usize, DeliveryStatus),
    Confirm(usize),
    OpenHold(usize, i64),
    Settle(usize, Settlement),
    ExpireHolds,
    Time(i64),
    Restock(usize, i64),
}

fn asked() -> impl Strategy<Value = Asked> {
    (
        0..2_usize,
        [0..3_i64, 0..2, 0..4],
        prop_oneof![2 => Just(0), 2 => 1..60_i64, 1 => 0..2_000_i64],
        proptest::option::weighted(0.7, 0..6_usize),
        any::<bool>(),
        proptest::bool::weighted(0.1),
    )
        .prop_filter("an order has lines", |(_, quantities, ..)| {
            quantities.iter().sum::<i64>() > 0
        })
        .prop_map(
            |(consumer, quantities, points, copy, by_provider, yields)| Asked {
                consumer,
                quantities,
                points,
                copy,
                by_provider,
                yields,
            },
        )
}

fn settled() -> impl Strategy<Value = Settled> {
    prop_oneof![
        Just(Settled::Captured),
        Just(Settled::Voided),
        Just(Settled::Nothing)
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Succeeded),
        2 => Just(Event::Declined),
        2 => (1..4_usize).prop_map(Event::Unanswered),
        3 => (10..14_usize).prop_map(Event::Unanswered),
        1 => Just(Event::Stale),
        1 => Just(Event::Retry),
        5 => settled().prop_map(Event::Abandon),
    ]
}

fn delivery() -> impl Strategy<Value = DeliveryStatus> {
    prop_oneof![
        1 => Just(DeliveryStatus::BeforeDelivery),
        4 => Just(DeliveryStatus::InDelivery),
        4 => Just(DeliveryStatus::CompleteDelivery),
    ]
}

fn settlement() -> impl Strategy<Value = Settlement> {
    prop_oneof![
        Just(Settlement::Confirm),
        Just(Settlement::Cancel),
        Just(Settlement::Return)
    ]
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let which = || 0..30_usize;
    prop_oneof![
        6 => asked().prop_map(Step::Place),
        9 => (which(), event()).prop_map(|(which, event)| Step::Saga(which, event)),
        1 => Just(Step::TakeOver),
        2 => which().prop_map(Step::Refund),
        4 => (which(), delivery()).prop_map(|(which, to)| Step::Deliver(which, to)),
        2 => which().prop_map(Step::Confirm),
        2 => (which(), 1..6_i64).prop_map(|(which, seconds)| Step::OpenHold(which, seconds)),
        3 => (which(), settlement()).prop_map(|(which, end)| Step::Settle(which, end)),
        1 => Just(Step::ExpireHolds),
        2 => prop_oneof![3 => 1..2_000_000_i64, 1 => 2_000_000..15_000_000_i64].prop_map(Step::Time),
        1 => (which(), 0..12_i64).prop_map(|(which, stock)| Step::Restock(which, stock)),
    ]
}
