//! The tests, all in one binary: linking is what costs.

mod suite {
    mod conformance;
    mod faulty_ledger;
    mod state_machine;
}
