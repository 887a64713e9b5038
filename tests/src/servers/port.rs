//! A port that a server can be restarted on.

use std::{
    env,
    fs::File,
    net::{Ipv4Addr, TcpListener},
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
};

use uuid::Uuid;

/// Below the ports that the system gives to clients. Else, while the server is down, one of its own
/// clients could be given its port and connect to itself.
const FIRST: u16 = 10_000;
/// Each process has a block of its own, so that no other takes a port between the look whether it is
/// free and the moment at which a server listens there, which may be seconds later.
const BLOCKS: u16 = 22;
const PORTS: u16 = 1_000;

struct Block {
    first: u16,
    given: AtomicU16,
    /// The block is this process's for as long as the lock is held.
    _lock: File,
}

/// A port of 127.0.0.1 that nobody listens on, and that nobody else is given before a thousand others.
pub(super) fn free() -> u16 {
    static BLOCK: LazyLock<Block> = LazyLock::new(block);
    for _ in 0..PORTS {
        let port = BLOCK.first + BLOCK.given.fetch_add(1, Ordering::Relaxed) % PORTS;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("a thousand ports from {} on are taken", BLOCK.first)
}

/// A block that no other process has, the first one looked at by chance.
fn block() -> Block {
    let chance = Uuid::new_v4().as_u128() % u128::from(BLOCKS);
    let chance = u16::try_from(chance).unwrap();
    let blocks = (0..BLOCKS).map(|block| (block + chance) % BLOCKS);
    let mut own = blocks.filter_map(|block| {
        let name = format!("firstcome-tests-ports-{block}");
        // Another user's file is another user's block.
        let lock = File::create(env::temp_dir().join(name)).ok()?;
        lock.try_lock().ok()?;
        Some(Block {
            first: FIRST + block * PORTS,
            given: AtomicU16::default(),
            _lock: lock,
        })
    });
    own.next()
        .unwrap_or_else(|| panic!("{BLOCKS} test processes have all ports"))
}
