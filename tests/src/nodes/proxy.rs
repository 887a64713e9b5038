//! A wire between a node and a server that can be cut, slowed, and made to lose what comes back.
//!
//! It passes bytes on and understands none of them, but for MySQL's COMMIT: to lose exactly the answer
//! to one is the case that every client of a database gets wrong. A connection that has lost
//! anything never works again: neither side could make sense of the rest.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use super::packets::Commands;

const PIECE: usize = 64 * 1024;

/// What befalls a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// All connections break, and new ones as soon as they are made.
    Cut,
    /// Every reply comes so much later.
    LateReplies(Duration),
    /// Whatever is asked arrives so much later, also when whoever asked has gone meanwhile.
    LateRequests(Duration),
    /// What is asked arrives; no reply comes back.
    NoReplies,
    /// COMMITs arrive and are done, but their replies are lost: in turn, the connection breaks, or
    /// nothing comes.
    NoCommits,
}

/// See the module's header. Gone when dropped, with all its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    wire: Wire,
    serving: JoinHandle<()>,
}

/// What all connections share.
#[derive(Clone, Debug)]
struct Wire {
    server: SocketAddr,
    trouble: watch::Sender<Option<Trouble>>,
    commits_lost: Arc<AtomicU64>,
}

impl Proxy {
    /// A wire to this server, on a port of its own, that passes everything. The server need not be
    /// there.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let wire = Wire {
            server,
            trouble: watch::Sender::new(None),
            commits_lost: Arc::default(),
        };
        Self {
            address: listener.local_addr().unwrap(),
            serving: tokio::spawn(wire.clone().serve(listener)),
            wire,
        }
    }

    /// Where it is to be connected to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on this befalls it.
    pub fn suffer(&self, trouble: Trouble) {
        self.wire.trouble.send_replace(Some(trouble));
    }

    /// All is well again.
    pub fn heal(&self) {
        self.wire.trouble.send_replace(None);
    }

    /// How many COMMITs have lost their reply.
    pub fn commits_lost(&self) -> u64 {
        self.wire.commits_lost.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Wire {
    async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    // None when there are too many open files: those who wait are told when there are not.
                    if let Ok((client, _)) = accepted {
                        connections.spawn(self.clone().pass(client));
                    }
                }
                Some(_ended) = connections.join_next() => {}
            }
        }
    }

    async fn pass(self, client: TcpStream) {
        if *self.trouble.borrow() == Some(Trouble::Cut) {
            return;
        }
        let Ok(server) = TcpStream::connect(self.server).await else {
            return;
        };
        if client.set_nodelay(true).is_err() || server.set_nodelay(true).is_err() {
            return;
        }
        let committing = AtomicBool::default();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let mut trouble = self.trouble.subscribe();
        // Whatever ends first ends the connection, both ways.
        tokio::select! {
            _ = trouble.wait_for(|trouble| *trouble == Some(Trouble::Cut)) => {}
            () = self.there(&committing, from_client, to_server) => {}
            () = self.back(&committing, from_server, to_client) => {}
        }
    }

    async fn there(
        &self,
        committing: &AtomicBool,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) {
        let (mut piece, mut commands) = (vec![0; PIECE], Commands::default());
        while let Ok(read @ 1..) = from.read(&mut piece).await {
            if commands.commits_in(&piece[..read]) > 0
                && *self.trouble.borrow() == Some(Trouble::NoCommits)
            {
                committing.store(true, Ordering::Relaxed);
            }
            let trouble = *self.trouble.borrow();
            if let Some(Trouble::LateRequests(late)) = trouble {
                sleep(late).await;
            }
            if to.write_all(&piece[..read]).await.is_err() {
                return;
            }
        }
    }

    async fn back(&self, committing: &AtomicBool, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut piece = vec![0; PIECE];
        while let Ok(read @ 1..) = from.read(&mut piece).await {
            let trouble = *self.trouble.borrow();
            let lost = committing.load(Ordering::Relaxed);
            if lost
                && self
                    .commits_lost
                    .fetch_add(1, Ordering::Relaxed)
                    .is_multiple_of(2)
            {
                return;
            }
            if lost || trouble == Some(Trouble::NoReplies) {
                return self.silence(from).await;
            }
            if let Some(Trouble::LateReplies(late)) = trouble {
                sleep(late).await;
            }
            if to.write_all(&piece[..read]).await.is_err() {
                return;
            }
        }
    }

    /// Returns when the trouble is over, or the server has gone; nothing that it says is passed on.
    async fn silence(&self, mut from: OwnedReadHalf) {
        let (mut piece, mut trouble) = (vec![0; PIECE], self.trouble.subscribe());
        let begun = *trouble.borrow();
        tokio::select! {
            _ = trouble.wait_for(|now| *now != begun) => {}
            () = async { while let Ok(1..) = from.read(&mut piece).await {} } => {}
        }
    }
}
