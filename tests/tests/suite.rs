//! The tests, all in one binary: linking is what costs.

/// Always compiled; the attribute tells the lints that the helpers in here are tests too.
#[cfg(test)]
mod suite {
    mod architecture;
    mod command_line;
    mod conformance;
    mod exit_statuses;
    mod faulty_ledger;
    mod first_serve;
    mod interleavings;
    mod payments;
    mod purchases;
    mod scenarios;
    mod state_machine;
}
