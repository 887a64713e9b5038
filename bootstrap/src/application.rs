//! The application, wired: what the binary runs, and what a test boots on port 0.

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use adapter_http::{TokenVerifier, api_filter};
use application::{FinalAnswers, Lanes, RefreshFinalAnswers};
use domain::ports::StoreError;
use hyper_util::service::TowerToHyperService;
use tokio::{net::TcpListener, task::JoinSet, time::MissedTickBehavior};
use tracing::{error, info, warn};

use crate::{
    Adapters, Measured,
    wiring::{Gated, Limits, Wired, wire},
};

/// How often a node looks for what has changed: a raised cap opens everywhere within a second.
const REFRESH: Duration = Duration::from_millis(500);
/// How long a node waits between two tries to fill gates.
const REFILL: Duration = Duration::from_millis(250);

/// What an application is built with, beside its adapters.
pub struct Options {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who is believed.
    pub tokens: TokenVerifier,
    /// What connections may do.
    pub connections: adapter_http::Limits,
    /// How much it takes on.
    pub limits: Limits,
    /// What is measured.
    pub measured: Measured,
}

/// Why an application does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can't be listened on.
    #[error("`listen`: {address} can't be listened on: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The store does not answer.
    #[error("the store does not answer")]
    Store(#[from] StoreError),
}

/// An application that listens, and answers once it runs.
pub struct Application {
    listener: TcpListener,
    address: SocketAddr,
    wired: Wired,
    connections: adapter_http::Limits,
    adapters: Adapters,
    measured: Measured,
}

impl Application {
    /// Wires the use cases to `adapters`, aligns with the ledger's time, and listens.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn build(adapters: Adapters, options: Options) -> Result<Self, StartError> {
        let Options {
            listen,
            tokens,
            connections,
            limits,
            measured,
        } = options;
        let wired = wire(adapters.clone(), tokens, limits, &measured).await?;
        let failed = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = adapter_http::listen(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self {
            listener,
            address,
            wired,
            connections,
            adapters,
            measured,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` resolves; then takes nothing new, finishes what is in flight within the
    /// drain limit, and closes the store within as long again.
    pub async fn run_until_stopped(self, stop: impl Future<Output = ()> + Send) {
        let Wired {
            api,
            answers,
            refresh: step,
            gate,
            lanes,
            worker,
            jobs,
        } = self.wired;
        let mut background = JoinSet::new();
        background.spawn(refresh(step, answers, Arc::clone(&lanes)));
        if let Some(gated) = gate {
            background.spawn(look_after(gated));
        }
        let measured = self.measured;
        background.spawn(async move { measured.upkeep().await });
        let scheduler = Arc::clone(&self.adapters.scheduler);
        let scheduled = tokio::spawn(async move { scheduler.run(jobs).await });
        let service = TowerToHyperService::new(warp::service(api_filter(Arc::new(api))));
        let drain = self.connections.drain;
        adapter_http::serve(self.listener, service, self.connections, stop).await;
        self.adapters.scheduler.stop();
        background.shutdown().await;
        let ended = async {
            let _ended_or_panicked = scheduled.await;
            worker.drained().await;
            lanes.drained().await;
            self.adapters.close().await;
        };
        if tokio::time::timeout(drain, ended).await.is_err() {
            warn!("the ledger did not end in time; what it has stored is stored");
        }
    }
}

/// Steps twice a second, and at once when a coupon is closed here. Runs for ever, also after a step
/// that has panicked.
async fn refresh(refresh: RefreshFinalAnswers, answers: Arc<FinalAnswers>, lanes: Arc<Lanes>) {
    let refresh = Arc::new(refresh);
    let waiting = metrics::gauge!("firstcome_waiting_requests");
    let mut tick = tokio::time::interval(REFRESH);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = answers.closing() => {}
        }
        waiting.set(u32::try_from(lanes.waiting()).unwrap_or(u32::MAX));
        let step = Arc::clone(&refresh);
        match tokio::spawn(async move { step.step().await }).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(%error, cause, "what has changed could not be read; trying again");
            }
            Err(panicked) => error!(%panicked, "a step has failed; trying again"),
        }
    }
}

/// Reads twice a second which generation of the gate is to be believed, and fills what was found
/// closed here. Runs for ever.
async fn look_after(Gated { gate, fill }: Gated) {
    let believe = async {
        let mut tick = tokio::time::interval(REFRESH);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = gate.learn_generation().await {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(%error, cause, "the gate's generation could not be read; trying again");
            }
        }
    };
    let fill = Arc::new(fill);
    let refill = async {
        loop {
            fill.noted().await;
            let step = Arc::clone(&fill);
            match tokio::spawn(async move { step.step().await }).await {
                Ok(Ok(filled)) if filled > 0 => info!(filled, "gates were filled"),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => warn!(error, "a gate could not be filled; trying again"),
                Err(panicked) => error!(%panicked, "filling a gate has failed; trying again"),
            }
            tokio::time::sleep(REFILL).await;
        }
    };
    tokio::join!(believe, refill);
}
