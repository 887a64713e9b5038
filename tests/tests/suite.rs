//! The tests, all in one binary: linking is what costs.

/// Always compiled; the attribute tells the lints that the helpers in here are tests too.
#[cfg(test)]
mod suite {
    mod architecture;
    mod command_line;
    mod compositions;
    mod conformance;
    mod deploy;
    mod exit_statuses;
    mod faults;
    mod faulty_ledger;
    mod first_serve;
    mod funnel;
    mod gate_conformance;
    mod interleavings;
    mod mysql;
    mod payments;
    mod purchases;
    mod redis_gate;
    mod redis_locks;
    mod rehearsal;
    mod scenarios;
    mod servers;
    mod several_nodes;
    mod state_machine;
}
