//! The tests, all in one binary: linking is what costs.

/// Always compiled; the attribute tells the lints that the helpers in here are tests too.
#[cfg(test)]
mod suite {
    mod conformance;
    mod faulty_ledger;
    mod scenarios;
    mod state_machine;
}
