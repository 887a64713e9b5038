//! The accept loop: takes connections in, makes room for them, and lets them out when it stops.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use metrics::Gauge;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::TaskTracker;

use super::Limits;
use super::accept_errors::{AcceptErrors, Meaning, SHORTEST_PAUSE};
use super::answering::HttpService;
use super::connection::Connections;
use super::progress::Progress;
use super::roster::Roster;

/// How soon to look again for a connection that can make room: one that becomes idle does not say so.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Where connections come from.
pub(super) trait Accept {
    fn accept(&self) -> impl Future<Output = io::Result<TcpStream>> + Send;
}

impl Accept for TcpListener {
    async fn accept(&self) -> io::Result<TcpStream> {
        TcpListener::accept(self).await.map(|(stream, _)| stream)
    }
}

/// Serves HTTP/1 on `listener` until `stop` resolves, and returns when the last connection has ended.
///
/// What can't be read as a request is answered
/// with a problem document: 400 `BIND_ERROR`, 408 `REQUEST_TIMEOUT`, 431 `HEADERS_TOO_LARGE`.
///
/// When all places are taken, the connection that has been idle longest makes room; one that is
/// serving a request, or has only just come, never does. When `stop` resolves, nothing new is taken, idle connections are
/// closed, and what is being served has [`Limits::drain`] to finish, with `Connection: close`; what is
/// not finished then is cut off. A service future that is dropped that way is dropped wherever it waits.
///
/// A client that has closed its sending side is answered all the same. One that is gone looks no
/// different until its answer is sent, so the service must come to an end by itself.
///
/// Nothing that a client or the network does ends this function or makes it panic.
pub async fn serve<S: HttpService>(
    listener: TcpListener,
    service: S,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    serve_from(listener, service, limits, stop).await;
}

pub(super) async fn serve_from<S: HttpService>(
    listener: impl Accept,
    service: S,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let limits = Arc::new(limits);
    let stopping = Arc::new(AtomicBool::new(false));
    let connections = Connections::new(service, Arc::clone(&limits), Arc::clone(&stopping));
    let places = Arc::new(Semaphore::new(
        limits.max_connections.min(Semaphore::MAX_PERMITS),
    ));
    let open = describe();
    let tasks = TaskTracker::new();
    let mut roster = Roster::new();

    let accepting = async {
        let mut errors = AcceptErrors::new();
        loop {
            let stream = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    match errors.judge(&error) {
                        Meaning::OnlyThatOne => {}
                        Meaning::NoDescriptor if roster.evict_longest_idle() => {
                            sleep(SHORTEST_PAUSE).await;
                        }
                        Meaning::NoDescriptor | Meaning::Ours => sleep(errors.pause()).await,
                    }
                    continue;
                }
            };
            errors.over();
            let Some(permit) = place(&places, &mut roster).await else {
                return;
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection broke before it was served");
                continue;
            }
            let now = Instant::now();
            let progress = Arc::new(Progress::accepted(now));
            let place = Place::new(permit, Arc::clone(&progress), open.clone());
            let serving = connections
                .clone()
                .serve(stream, Arc::clone(&progress), now);
            let task = tasks.spawn(async move {
                // Moved in, so that the place is free only after all else is dropped.
                let place = place;
                place.progress.close(serving.await);
            });
            roster.enter(now, progress, task.abort_handle());
        }
    };
    {
        let accepting = pin!(accepting);
        tokio::select! {
            biased;
            () = stop => {}
            () = accepting => {}
        }
    }
    drop(listener);
    stopping.store(true, Ordering::Relaxed);
    roster.close_waiting();
    tasks.close();
    if timeout(limits.drain, tasks.wait()).await.is_err() {
        tracing::warn!(
            connections = tasks.len(),
            "cutting off what did not finish in time"
        );
        roster.cut();
    }
}

/// Waits for a place, and has one freed if all are taken. `None` can't happen: nobody closes `places`.
async fn place(places: &Arc<Semaphore>, roster: &mut Roster) -> Option<OwnedSemaphorePermit> {
    loop {
        if let Ok(permit) = Arc::clone(places).try_acquire_owned() {
            return Some(permit);
        }
        let freed = Arc::clone(places).acquire_owned();
        if roster.evict_longest_idle() {
            return freed.await.ok();
        }
        if let Ok(permit) = timeout(LOOK_AGAIN, freed).await {
            return permit.ok();
        }
    }
}

/// A connection's place among the others, held for as long as its task lives.
struct Place {
    progress: Arc<Progress>,
    open: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn new(permit: OwnedSemaphorePermit, progress: Arc<Progress>, open: Gauge) -> Self {
        open.increment(1);
        Self {
            progress,
            open,
            _permit: permit,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.decrement(1);
        let reason = self.progress.closed_because();
        metrics::counter!("firstcome_http_connections_closed_total", "reason" => reason.as_str())
            .increment(1);
    }
}

fn describe() -> Gauge {
    metrics::describe_gauge!("firstcome_http_connections", "Connections that are open.");
    metrics::describe_counter!(
        "firstcome_http_connections_closed_total",
        "Connections that have ended, by reason."
    );
    metrics::gauge!("firstcome_http_connections")
}
