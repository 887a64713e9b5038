//! A server in a process of its own: this program again, told to be one. It says where it listens, and
//! is killed when its handle is dropped.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child as Process, Command, Stdio},
};

/// See the module's header.
pub struct Child {
    process: Process,
    address: SocketAddr,
}

impl Child {
    /// Starts this program with these arguments; returns once it has said its address.
    pub fn start(arguments: &[&str]) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        Self {
            process,
            address: line.trim().parse().unwrap(),
        }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _status = self.process.wait();
    }
}
