//! The application in this process, over a store that a test can stop, break and set the clock of.

use std::net::{Ipv4Addr, SocketAddr};

use adapter_http::{TokenAlgorithm, TokenConfiguration, TokenVerifier};
use application::LaneLimits;
use firstcome::{Adapters, Application, Limits, Measured, Options};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{Client, SECRET};

/// A running application. Stops when dropped, without waiting for it.
pub struct InProcess {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl InProcess {
    /// The application over these adapters.
    pub async fn start(adapters: Adapters, lanes: LaneLimits) -> Self {
        Self::start_within(adapters, lanes, adapter_http::Limits::default()).await
    }

    /// The same, with these limits for its connections and its end.
    pub async fn start_within(
        adapters: Adapters,
        lanes: LaneLimits,
        connections: adapter_http::Limits,
    ) -> Self {
        let tokens = TokenConfiguration {
            algorithm: TokenAlgorithm::Hs256,
            key: SECRET.as_bytes(),
            previous_key: None,
            issuer: "firstcome",
            audience: "firstcome",
        };
        let options = Options {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            tokens: TokenVerifier::new(tokens).unwrap(),
            connections,
            limits: Limits {
                lanes,
                ..Limits::default()
            },
            measured: Measured::start().unwrap(),
        };
        let application = Application::build(adapters, options).await.unwrap();
        let address = application.address();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(application.run_until_stopped(async move {
            let _asked_or_dropped = stopped.await;
        }));
        Self {
            address,
            stop,
            running,
        }
    }

    /// A new client of it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Stops it, and returns when it has.
    pub async fn stop(self) {
        let _stopped_already = self.stop.send(());
        self.running.await.unwrap();
    }
}
