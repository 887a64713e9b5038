//! Stores against the plain models: any interleaving of creations, batches, changes and the clock; of
//! orders, sagas, refunds, holds, charges, stock and time.
//! `PROPTEST_CASES` makes it longer.

use firstcome_tests::model::{LedgerTest, Memory, Sqlite};
use firstcome_tests::purchase_model::PurchaseTest;
use proptest::test_runner::Config;
use proptest_state_machine::prop_state_machine;

/// So many times the usual number of cases. The steps of a failure are printed, and make a better
/// test than the seed that a file would keep.
fn cases(times: u32, one_in: u32) -> Config {
    let usual = Config::default();
    Config {
        cases: usual.cases * times / one_in,
        failure_persistence: None,
        ..usual
    }
}

prop_state_machine! {
    #![proptest_config(cases(2, 1))]

    #[test]
    fn memory_answers_as_the_model(sequential 1..60 => LedgerTest<Memory>);
}

prop_state_machine! {
    #![proptest_config(cases(1, 8))]

    #[test]
    fn sqlite_answers_as_the_model(sequential 1..60 => LedgerTest<Sqlite>);
}

prop_state_machine! {
    #![proptest_config(cases(2, 1))]

    #[test]
    fn memory_answers_as_the_model_of_purchases(sequential 1..100 => PurchaseTest<Memory>);
}

prop_state_machine! {
    #![proptest_config(cases(1, 8))]

    #[test]
    fn sqlite_answers_as_the_model_of_purchases(sequential 1..100 => PurchaseTest<Sqlite>);
}
