//! Runs the application's jobs on tokio, each on one node at a time.
//!
//! A job's step runs only while this node holds the lock of its name; whoever loses it drops the step,
//! which every job survives. The lock only saves work: no rule depends on it.

mod config;
mod job_loop;
mod lock;
mod measured;
mod scheduler;
#[cfg(test)]
mod testing;

pub use config::SchedulerConfig;
pub use scheduler::TokioScheduler;
