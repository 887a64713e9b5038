//! What a copy costs when many are issued already: three ledgers of three sizes, batch by batch in
//! turn.

use std::time::{Duration, Instant};

use domain::Coupon;

use crate::{
    given::{self, AnyLedger},
    report::{Goal, Row},
};

const ROUNDS: usize = 9;
/// Batches of one round, and requests in each.
const BATCHES: usize = 10;
const BATCH: usize = 500;

/// How many copies a ledger has before it is measured, and what the row is called.
pub const SIZES: [(&str, usize); 3] = [
    ("at 1,000 issued", 1_000),
    ("at 100,000 issued", 100_000),
    ("at 1,000,000 issued", 1_000_000),
];

/// A ledger with so many copies.
pub struct Filled {
    ledger: AnyLedger,
    coupon: Coupon,
}

impl Filled {
    /// Issues as many.
    pub async fn with(ledger: AnyLedger, copies: usize) -> Self {
        let coupon = given::coupon(&*ledger, given::issue_coupon()).await;
        for _ in 0..copies.div_ceil(1_000) {
            given::issue(&*ledger, &coupon, 1_000).await;
        }
        Self { ledger, coupon }
    }

    async fn micros_per_copy(&self) -> f64 {
        let mut taken = Duration::ZERO;
        for _ in 0..BATCHES {
            let requests = given::requests(&self.coupon, BATCH);
            let begun = Instant::now();
            given::issue_to(&*self.ledger, &self.coupon, requests).await;
            taken += begun.elapsed();
        }
        taken.as_secs_f64() * 1e6 / f64::from(u32::try_from(BATCHES * BATCH).unwrap())
    }
}

/// The rows: each size against the smallest, the largest with this goal.
pub async fn rows(store: &'static str, filled: Vec<Filled>, goal: Option<Goal>) -> Vec<Row> {
    let mut figures: [Vec<f64>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (filled, figures) in filled.iter().zip(&mut figures) {
            figures.push(filled.micros_per_copy().await);
        }
    }
    let [few, more, many] = figures;
    [(1, more, None), (2, many, goal)]
        .map(|(size, figures, goal)| {
            let name = format!("a copy, {store}, {}", SIZES[size].0);
            let row = Row::of(name, figures, SIZES[0].0, few.clone());
            row.in_unit("µs").goal(goal)
        })
        .into()
}
