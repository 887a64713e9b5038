//! Nothing appears and nothing vanishes: a small world of coupons, products, wallets and orders, to
//! which whatever the rules want written is applied, whatever comes in whatever order. After every step
//! everything that is stored as a number is counted again from its rows.
//!
//! It stores and counts; it must decide nothing.

mod books;
mod steps;
mod taking;
mod world;

use std::collections::BTreeSet;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use self::{
    steps::{Step, step},
    world::World,
};

fn holds_after(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new();
    books::balance(&world)?;
    for step in steps {
        world.take(step)?;
        books::balance(&world)?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn whatever_happens_the_books_balance(steps in proptest::collection::vec(step(), 1..80)) {
        holds_after(&steps)?;
    }
}

/// A test that tries nothing holds anything: each kind of change must be seen to happen.
#[test]
fn the_random_steps_reach_every_status_and_every_entry() {
    let mut runner = TestRunner::deterministic();
    let steps = proptest::collection::vec(step(), 80);
    let mut seen = BTreeSet::new();
    for _ in 0..200 {
        let mut world = World::new();
        for step in steps.new_tree(&mut runner).unwrap().current() {
            world.take(&step).unwrap();
            seen.extend(world.seen());
        }
    }
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), REACHED);
}

/// Every status, failure, state of a hold, kind of an entry, and every place that a saga can stand at.
const REACHED: [&str; 46] = [
    "failure PaymentDeclined",
    "failure PaymentUnavailable",
    "hold Cancelled",
    "hold Confirmed",
    "hold Expired",
    "hold Open",
    "hold Returned",
    "money Charge",
    "money Discount",
    "money DiscountReturned",
    "money Fee",
    "money Payment",
    "money PaymentReturned",
    "money PointsEarned",
    "money PointsReleased",
    "money PointsReturned",
    "money PointsUsed",
    "money Sale",
    "money StrayPayment",
    "money WrittenOff",
    "order Confirmed",
    "order Failed",
    "order Paid",
    "order Pending",
    "order Refunded",
    "order Refunding",
    "saga (Authorise, Forward, Done)",
    "saga (Authorise, Forward, Running)",
    "saga (Authorise, Undo, Done)",
    "saga (Authorise, Undo, Parked)",
    "saga (Authorise, Undo, Running)",
    "saga (Authorise, Undo, Stuck)",
    "saga (Capture, Forward, Done)",
    "saga (Capture, Forward, Parked)",
    "saga (Capture, Forward, Running)",
    "saga (Capture, Forward, Stuck)",
    "saga (Complete, Forward, Done)",
    "saga (Refund, Forward, Done)",
    "saga (Refund, Forward, Parked)",
    "saga (Refund, Forward, Running)",
    "saga (Refund, Forward, Stuck)",
    "stock Adjusted",
    "stock Initial",
    "stock Released",
    "stock Reserved",
    "stock Returned",
];
