//! What is measured, and how Prometheus gets it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Seconds, from a refusal out of memory to a request that gives up.
const SECONDS: &[f64] = &[
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
    1.0, 2.5, 5.0, 10.0,
];
/// Items that were handled together.
const SIZES: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0,
];
/// How often samples are folded into their buckets when nobody asks for them.
const UPKEEP: Duration = Duration::from_secs(5);

/// The process's metrics.
#[derive(Clone)]
pub struct Measured(PrometheusHandle);

impl Measured {
    /// Begins to measure, once per process; later calls share it. Must be called before anything is
    /// wired, or its metrics are lost.
    ///
    /// # Errors
    /// When another recorder is installed already.
    pub fn start() -> anyhow::Result<Self> {
        static STARTED: Mutex<Option<Measured>> = Mutex::new(None);
        // Held to the end: of two that come at once, the second must find what the first has started.
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(started) = &*started {
            return Ok(started.clone());
        }
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .set_buckets(SIZES)?
            .install_recorder()?;
        Ok(started.insert(Self(handle)).clone())
    }

    /// The metrics as Prometheus text.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }

    /// Keeps the memory of the measurements flat. Runs for ever.
    pub async fn upkeep(&self) {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            self.0.run_upkeep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_start_at_once_share_one_recorder() {
        let starting: Vec<_> = (0..8)
            .map(|_| std::thread::spawn(|| Measured::start().map(drop)))
            .collect();
        for started in starting {
            started.join().unwrap().unwrap();
        }
    }
}
