//! A port that a server can be restarted on.

use std::net::{Ipv4Addr, TcpListener};

use uuid::Uuid;

/// Below the ports that the system gives to clients. Else, while the server is down, one of its own
/// clients could be given its port and connect to itself.
const FIRST: u16 = 10_000;
const COUNT: u16 = 22_000;

/// A port of 127.0.0.1 that nobody listens on. By chance: other test processes look for one too.
pub(super) fn free() -> u16 {
    loop {
        let chance = Uuid::new_v4().as_u128() % u128::from(COUNT);
        let port = FIRST + u16::try_from(chance).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
