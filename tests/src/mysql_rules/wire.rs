//! The wire to a server: counted, and cut at a COMMIT.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use adapter_mysql::MysqlConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::servers::{Ledger, User};

/// How often the wire is still to be cut, and what was seen on it. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Shears {
    /// Before the server has the COMMIT.
    pub(super) before: Arc<AtomicU32>,
    /// After the server has committed, before it is heard of.
    pub(super) after: Arc<AtomicU32>,
    /// Ways to the server and back: how often it was asked after it had answered.
    pub(super) trips: Arc<AtomicU32>,
}

/// A query that begins with it.
const COMMIT: &[u8] = b"\x03COMMIT";

fn cuts(left: &AtomicU32) -> bool {
    let less = |left: u32| left.checked_sub(1);
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
        .is_ok()
}

/// The way to a ledger through a wire that is cut by `shears`.
pub(super) fn through(ledger: &Ledger, shears: &Shears) -> MysqlConfig {
    let here = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    here.set_nonblocking(true).unwrap();
    let (from, to) = (here.local_addr().unwrap().port(), ledger.port());
    let there = SocketAddr::from((Ipv4Addr::LOCALHOST, to));
    let (here, shears) = (TcpListener::from_std(here).unwrap(), shears.clone());
    tokio::spawn(async move {
        while let Ok((client, _)) = here.accept().await {
            let server = TcpStream::connect(there).await.unwrap();
            tokio::spawn(carry(client, server, shears.clone()));
        }
    });
    let url = ledger.url(User::Application);
    let url = url.replace(&format!(":{to}/"), &format!(":{from}/"));
    // A COMMIT must be seen to be cut.
    MysqlConfig::at(&format!("{url}?ssl-mode=DISABLED")).unwrap()
}

/// Carries all that is said, until an end is gone, or the wire is cut: the ends are dropped.
async fn carry(mut client: TcpStream, mut server: TcpStream, shears: Shears) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut asked, mut answered) = ([0; 1 << 16], [0; 1 << 16]);
    let mut has_answered = true;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(length @ 1..) = read else { return };
                if std::mem::take(&mut has_answered) {
                    shears.trips.fetch_add(1, Ordering::SeqCst);
                }
                let is_commit = asked[..length].windows(7).any(|said| said == COMMIT);
                if is_commit && cuts(&shears.before) {
                    return;
                }
                if server.write_all(&asked[..length]).await.is_err() {
                    return;
                }
                if is_commit && cuts(&shears.after) {
                    let _committed = server.read(&mut answered).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(length @ 1..) = read else { return };
                has_answered = true;
                if client.write_all(&answered[..length]).await.is_err() {
                    return;
                }
            }
        }
    }
}
