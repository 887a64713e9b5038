//! A Redis server. It keeps nothing on disk: one that dies comes back empty, or with what the test
//! gives it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use redis::{Client, Cmd, Connection, FromRedisValue};

use super::folder::Folder;
use super::process::Process;
use super::{install, port};

/// What a server had at some time.
pub struct Dump(Vec<u8>);

/// A running server.
pub struct Redis {
    address: SocketAddr,
    process: Process,
    /// Last: it goes after the process.
    folder: Folder,
}

impl Redis {
    /// The one that all tests of this process share. Must be neither killed nor flushed.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Redis> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// One of the test's own.
    pub fn start() -> Self {
        let folder = Folder::new();
        let (process, address) = start_in(folder.path(), &[]);
        Self {
            address,
            process,
            folder,
        }
    }

    /// Where it listens, also when it is down.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn url(&self) -> String {
        url(self.address)
    }

    /// `kill -9`; returns when it is gone.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Starts it after [`kill`](Self::kill), empty; returns when it answers.
    ///
    /// # Panics
    /// When it still runs.
    pub fn restart(&self) {
        self.process.restart();
    }

    /// Starts it after [`kill`](Self::kill) with what it had once; returns when it answers.
    ///
    /// # Panics
    /// When it still runs.
    pub fn restart_from(&self, dump: &Dump) {
        let file = self.folder.path().join(DUMP);
        std::fs::write(&file, &dump.0).unwrap();
        self.process.restart();
        std::fs::remove_file(file).unwrap();
    }

    /// What it has.
    pub fn dump(&self) -> Dump {
        let _: String = ask(self.address, redis::cmd("SAVE"));
        let file = self.folder.path().join(DUMP);
        let dump = std::fs::read(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        Dump(dump)
    }

    /// Loses everything at once, while it runs.
    pub fn flushall(&self) {
        let _: String = ask(self.address, redis::cmd("FLUSHALL"));
    }

    /// Lets it hang: connections stay open, nothing is answered.
    pub fn pause(&self) {
        self.process.pause();
    }

    /// Ends [`pause`](Self::pause).
    pub fn resume(&self) {
        self.process.resume();
    }
}

/// The file that is loaded at the start, if it is there.
const DUMP: &str = "dump.rdb";

/// Starts a server in this folder, on a free port.
pub(super) fn start_in(folder: &Path, settings: &[String]) -> (Process, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()));
    let mut command = Command::new(install::program("redis"));
    command
        .arg0("redis-server") // the program may have another name, and goes by this
        .args(["--bind", "127.0.0.1", "--port", &address.port().to_string()])
        .args(["--save", "", "--appendonly", "no"])
        .args(settings);
    let process = Process::start(command, folder, Box::new(move || is_ready(address)));
    (process, address)
}

pub(super) fn url(address: SocketAddr) -> String {
    format!("redis://{address}")
}

/// The answer of the server there.
pub(super) fn ask<T: FromRedisValue>(address: SocketAddr, command: Cmd) -> T {
    let mut connection = connect(address);
    command.query(&mut connection).unwrap()
}

fn connect(address: SocketAddr) -> Connection {
    let client = Client::open(url(address)).unwrap();
    client.get_connection().unwrap()
}

/// Does it answer, and has it loaded what it has to?
fn is_ready(address: SocketAddr) -> bool {
    let asked = TcpStream::connect(address).and_then(|mut stream| {
        let mut answer = [0; 5];
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut answer)?;
        Ok(answer)
    });
    asked.is_ok_and(|answer| answer == *b"+PONG")
}
