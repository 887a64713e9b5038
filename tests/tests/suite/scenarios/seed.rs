//! Chance that can be had again.

use proptest::test_runner::{RngAlgorithm, TestRng};

/// The seed is printed when a test fails, and taken from FC_SEED to look into it.
pub(super) fn seeded() -> TestRng {
    let seed = std::env::var("FC_SEED").map_or_else(
        |_| uuid::Uuid::now_v7().as_u64_pair().1,
        |seed| seed.parse().unwrap(),
    );
    println!("FC_SEED={seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}
