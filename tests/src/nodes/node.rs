//! A node that a supervisor keeps alive: killed, it is started again; never for any other reason.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, RwLock};
use rustix::process::{Pid, Signal, kill_process};
use tokio::{task::spawn_blocking, time::sleep};

use crate::over_http::{Server, ServerBuilder};

/// How long a supervisor waits before it tries again to start what did not start.
const AGAIN: Duration = Duration::from_millis(200);
/// A node that has not started by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// See the module's header.
pub(super) struct Node {
    builder: ServerBuilder,
    /// None while it is dead.
    server: Mutex<Option<Server>>,
    address: RwLock<SocketAddr>,
}

impl Node {
    /// Starts one.
    pub(super) async fn start(builder: ServerBuilder) -> Self {
        let server = kept_alive(builder.clone()).await;
        Self {
            address: RwLock::new(server.address()),
            server: Mutex::new(Some(server)),
            builder,
        }
    }

    /// Where it listens, or listened last.
    pub(super) fn address(&self) -> SocketAddr {
        *self.address.read()
    }

    /// `kill -9`, and the start of another after so long. The moment at which that was begun.
    pub(super) async fn die(&self, down: Duration) -> Instant {
        // Dropped, a server is killed.
        drop(self.server.lock().take());
        sleep(down).await;
        let begun = Instant::now();
        let server = kept_alive(self.builder.clone()).await;
        *self.address.write() = server.address();
        *self.server.lock() = Some(server);
        begun
    }

    /// SIGSTOP, and SIGCONT after so long.
    pub(super) async fn stand_still(&self, stopped: Duration) {
        self.signal(Signal::STOP);
        sleep(stopped).await;
        self.signal(Signal::CONT);
    }

    /// To whoever is alive: one that was killed meanwhile has another behind it, which this does not
    /// harm.
    fn signal(&self, signal: Signal) {
        if let Some(server) = &*self.server.lock() {
            let pid = i32::try_from(server.pid()).ok().and_then(Pid::from_raw);
            kill_process(pid.unwrap(), signal).unwrap();
        }
    }

    /// Nobody but a fault ends a node.
    ///
    /// # Panics
    /// When it has ended.
    pub(super) fn assert_alive(&self) {
        let mut server = self.server.lock();
        let server = server.as_mut().unwrap();
        if let Some(status) = server.ended() {
            panic!("a node has ended by itself, {status}:\n{}", server.logged());
        }
    }

    /// The program's own audit.
    pub(super) fn assert_audited(&self) {
        self.server.lock().as_ref().unwrap().assert_audited();
    }
}

/// Starts until one has started.
async fn kept_alive(builder: ServerBuilder) -> Server {
    let begun = Instant::now();
    loop {
        let builder = builder.clone();
        let started = spawn_blocking(move || builder.try_start()).await.unwrap();
        match started {
            Ok(server) => return server,
            Err(why) => assert!(begun.elapsed() < PATIENCE, "{why}"),
        }
        sleep(AGAIN).await;
    }
}
