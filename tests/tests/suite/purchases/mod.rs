//! Purchases that may not half-happen, whatever dies, fails or is repeated.

mod crash_matrix;
mod random_faults;
