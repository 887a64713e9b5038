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

use std::net::SocketAddr;

pub use accept::serve;
pub use answering::HttpService;
pub use limits::Limits;

/// Where a request came from; in the extensions of every request that [`serve`] hands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);
