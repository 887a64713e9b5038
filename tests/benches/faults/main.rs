//! What nodes come to while everything under them dies, stops, forgets and lies, at full size:
//! `cargo bench -p firstcome-tests --bench faults`. Needs MariaDB and Redis, as the tests do.
//!
//! Each seed is a run of a drop and one of a sale. `FC_SEEDS=` says how many, 20 when left out, from
//! `FC_FIRST=` on, 1 when left out; `FC_SEED=` runs one, `FC_STORY=drop` or `sale` only that;
//! `FC_MAKE=mysql` runs on MySQL; `FC_SHARE=10` lets a tenth of all consumers come, for a copy of a
//! tenth. A run that does not hold ends with what did not and the command that has it again, and the
//! next begins; the bench fails in the end. Tables first, then one line of JSON.

#![expect(clippy::unwrap_used, reason = "a bench ends where something is wrong")]

mod report;

use std::{env::var, process::ExitCode, sync::Arc, time::Instant};

use firstcome_tests::{
    nodes::{NODES, Outcome, Production, Size, drop, sale},
    servers::Make,
};
use report::{Report, Run};
use tokio::runtime::Runtime;

const DROP: Size = Size {
    consumers: 200_000,
    copies: 20_000,
    singles: 15,
    mixes: 5,
};
const SALE: Size = Size {
    consumers: 2_000,
    copies: 2_000,
    singles: 15,
    mixes: 5,
};

fn main() -> ExitCode {
    let only = var("FC_STORY").ok();
    let mut report = Report::default();
    for seed in seeds() {
        for story in ["drop", "sale"] {
            if only.as_deref().is_none_or(|only| only == story) {
                report.add(run(story, seed));
            }
        }
    }
    report.print();
    ExitCode::from(u8::from(!report.has_held()))
}

/// In a runtime of its own: nothing that a run has left behind is in the next one's way.
fn run(story: &'static str, seed: u64) -> Run {
    let begun = Instant::now();
    let runtime = Runtime::new().unwrap();
    let outcome = runtime.block_on(async { tokio::spawn(outcome(story, seed)).await });
    if outcome.is_err() {
        let told = ["FC_MAKE", "FC_SHARE"].map(|name| match var(name) {
            Ok(value) => format!("{name}={value} "),
            Err(_) => String::new(),
        });
        eprintln!(
            "does not hold: {}FC_SEED={seed} FC_STORY={story} \
             cargo bench -p firstcome-tests --bench faults",
            told.concat()
        );
    }
    Run {
        story,
        seed,
        lasted: begun.elapsed(),
        outcome: outcome.ok(),
    }
}

async fn outcome(story: &str, seed: u64) -> Outcome {
    let make = match var("FC_MAKE").as_deref() {
        Ok("mysql") => Make::MySql,
        _ => Make::MariaDb,
    };
    let stack = Arc::new(Production::start(make, NODES).await);
    let share = usize::try_from(number("FC_SHARE").unwrap_or(1)).unwrap();
    let of = |size: Size| Size {
        consumers: size.consumers / share,
        copies: size.copies / share,
        ..size
    };
    match story {
        "sale" => sale::run(stack, seed, of(SALE)).await,
        _ => drop::run(stack, seed, of(DROP)).await,
    }
}

fn seeds() -> Vec<u64> {
    match number("FC_SEED") {
        Some(seed) => vec![seed],
        None => {
            let first = number("FC_FIRST").unwrap_or(1);
            (first..first + number("FC_SEEDS").unwrap_or(20)).collect()
        }
    }
}

fn number(name: &str) -> Option<u64> {
    Some(var(name).ok()?.parse().unwrap())
}
