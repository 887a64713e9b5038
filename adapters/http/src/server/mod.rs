//! From a listening socket to requests that are complete and replies that arrive: the accept loop
//! and what guards each connection.
//!
//! Nobody may keep a place by being slow, silent or numerous, and nobody who behaves may notice those
//! who do. A request that a service has begun is never thrown away to make room. What stands in a
//! request, and how large and slow its body may be, is the routes' business and never decided here.
//!
//! One task per connection drives hyper over a [`guarded`] socket. What the task, the socket, the
//! service and the accept loop must know of one another is one small value: [`progress`].

mod accept;
mod accept_errors;
mod answering;
mod connection;
mod farewell;
mod guarded;
mod limits;
mod progress;
mod roster;
mod stopwatch;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

pub use accept::serve;
pub use answering::HttpService;
pub use limits::Limits;

/// How many connections may wait to be accepted. What comes on top is dropped by the system without a
/// word, and its client tries again after a whole second. The system has a bound of its own, on Linux
/// `net.core.somaxconn`, 4,096 by default.
const BACKLOG: u32 = 4_096;

/// What [`serve`] listens with. Port 0 takes a free one.
///
/// # Errors
/// The system's, when the address is not this machine's, is taken or is not allowed.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Connections of a server that has just ended do not keep the next one from its port.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
