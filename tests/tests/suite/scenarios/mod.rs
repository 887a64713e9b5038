//! Whole stories over real HTTP against the built binary.

mod drop;
