//! What the runs of the test command are drawn from.

use std::{sync::Arc, time::Instant};

use firstcome_tests::nodes::{Outcome, Stack};

/// Runs so many new seeds, even and odd ones in turn, or the one in FC_SEED; each on a stack of its own.
/// The last command that is printed has one that failed again.
pub(super) async fn seeds<S: Stack + 'static>(
    test: &str,
    count: u64,
    stack: impl AsyncFn() -> S,
    story: impl AsyncFn(Arc<dyn Stack>, u64) -> Outcome,
) {
    let seeds = match std::env::var("FC_SEED") {
        Ok(seed) => vec![seed.parse().unwrap()],
        Err(_) => {
            let first = uuid::Uuid::new_v4().as_u64_pair().1 >> 1;
            (first..first + count).collect()
        }
    };
    for seed in seeds {
        println!("FC_SEED={seed} cargo test -p firstcome-tests --test suite faults::{test}");
        let begun = Instant::now();
        let outcome = story(Arc::new(stack().await), seed).await;
        println!("{:?}: {outcome:?}", begun.elapsed());
    }
}
