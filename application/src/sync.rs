//! The primitives of what is shared between threads here. A test compiles `lane_queue.rs` and
//! `final_answers/ranked.rs` a second time against primitives that explore interleavings, which is
//! why those files take theirs from this module only.

pub(crate) use arc_swap::ArcSwap;
pub(crate) use parking_lot::Mutex;
