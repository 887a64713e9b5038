//! Whole stories over real HTTP against the built binary.

mod authorization;
mod bad_input;
mod crash;
mod drop;
mod failing_ledger;
mod fuzz;
mod held_up;
mod hostile_clients;
mod idempotency;
mod logs;
mod nodes;
mod openapi;
mod overload;
mod precedence;
mod purchases;
mod raw;
mod seed;
mod stopping;
