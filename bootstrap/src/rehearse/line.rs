//! A caller's way to the shop: a connection to one of its nodes, and another where that one fails, as a
//! load balancer would have it.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::{sleep, timeout};

use super::wire::{Answer, Connection};

/// Longer than the API lets anybody wait: what has not answered by then will not.
const PATIENCE: Duration = Duration::from_secs(12);

/// How long a node may take to accept a connection.
const CONNECTING: Duration = Duration::from_secs(2);

/// The wait after a node that could not be reached.
const PAUSE: Duration = Duration::from_millis(100);

/// A connection that was idle for longer may be closed by the node just when something is sent.
const IDLE: Duration = Duration::from_secs(15);

/// See the module's header.
pub(super) struct Line {
    nodes: Arc<[SocketAddr]>,
    at: usize,
    /// An open one, and since when it is idle.
    connection: Option<(Connection, Instant)>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum LineError {
    /// Nothing was sent.
    #[error("{0} can't be reached: {1}")]
    NotReached(SocketAddr, io::Error),
    /// It may or may not have happened.
    #[error("no whole answer: {0}")]
    NoAnswer(io::Error),
}

impl Line {
    /// A line whose first node is the one of this number, counted round.
    pub(super) fn new(nodes: Arc<[SocketAddr]>, at: usize) -> Self {
        Self {
            nodes,
            at,
            connection: None,
        }
    }

    /// Sends a request, and gives its answer to `hear`. A node that fails is left for the next; after
    /// one that was not reached, time has passed.
    pub(super) async fn ask<T>(
        &mut self,
        request: &[u8],
        hear: impl FnOnce(Answer<'_>) -> T,
    ) -> Result<T, LineError> {
        let mut connection = match self.connection.take() {
            Some((connection, since)) if since.elapsed() < IDLE => connection,
            _ => self.connect().await?,
        };
        let answered = match timeout(PATIENCE, connection.exchange(request)).await {
            Ok(Ok((answer, stays))) => Ok((hear(answer), stays)),
            Ok(Err(error)) => Err(error),
            Err(elapsed) => Err(elapsed.into()),
        };
        match answered {
            Ok((heard, stays)) => {
                self.connection = stays.then(|| (connection, Instant::now()));
                Ok(heard)
            }
            Err(error) => {
                self.at = self.at.wrapping_add(1);
                Err(LineError::NoAnswer(error))
            }
        }
    }

    async fn connect(&mut self) -> Result<Connection, LineError> {
        let at = self.at.checked_rem(self.nodes.len()).unwrap_or(0);
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = self.nodes.get(at).copied().unwrap_or(nowhere);
        let opened = match timeout(CONNECTING, Connection::open(address)).await {
            Ok(opened) => opened,
            Err(elapsed) => Err(elapsed.into()),
        };
        match opened {
            Ok(connection) => Ok(connection),
            Err(error) => {
                self.at = self.at.wrapping_add(1);
                sleep(PAUSE).await;
                Err(LineError::NotReached(address, error))
            }
        }
    }
}
