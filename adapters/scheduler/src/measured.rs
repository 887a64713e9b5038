//! What is measured of a job.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use metrics::{Counter, Gauge, Histogram};

/// See the module's header.
pub(crate) struct Measured {
    last_run: Gauge,
    seconds: Histogram,
    done: Counter,
    failures: Counter,
}

impl Measured {
    /// Of the job of this name.
    pub(crate) fn of(job: &'static str) -> Self {
        metrics::describe_gauge!(
            "firstcome_job_last_run_timestamp_seconds",
            "When a step of the job last ended well on this node."
        );
        metrics::describe_histogram!("firstcome_job_seconds", "How long a job's step takes.");
        metrics::describe_counter!("firstcome_job_done_total", "What jobs have done.");
        metrics::describe_counter!(
            "firstcome_job_failures_total",
            "Steps of jobs that have failed."
        );
        Self {
            last_run: metrics::gauge!("firstcome_job_last_run_timestamp_seconds", "job" => job),
            seconds: metrics::histogram!("firstcome_job_seconds", "job" => job),
            done: metrics::counter!("firstcome_job_done_total", "job" => job),
            failures: metrics::counter!("firstcome_job_failures_total", "job" => job),
        }
    }

    /// A step took so long, whatever came of it.
    pub(crate) fn took(&self, time: Duration) {
        self.seconds.record(time);
    }

    /// A step has ended well.
    pub(crate) fn worked(&self, done: u64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = now.map_or(0, |now| now.as_secs());
        self.last_run
            .set(u32::try_from(seconds).unwrap_or(u32::MAX));
        self.done.increment(done);
    }

    /// A step has failed, or could not be begun.
    pub(crate) fn failed(&self) {
        self.failures.increment(1);
    }
}
