//! Nodes of this very program, each a process of its own that may be killed and paused. All are gone
//! when this is dropped, and so is their folder.
//!
//! Must take nothing from the settings around it but the store and the gate that it is told of, and hand
//! these on as variables: arguments show in the list of processes.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use super::RehearsalError;
use crate::settings::{GATE, STORE};

/// How much of a node's log an error shows.
const LAST_LINES: usize = 12;

/// How nodes are started.
struct Start {
    program: PathBuf,
    folder: TempDir,
    secret: SecretString,
    /// The variables of the store and the gate, with their values.
    settings: [(String, String); 2],
}

/// See the module's header.
pub(super) struct Nodes {
    start: Start,
    nodes: Vec<Node>,
}

struct Node {
    address: SocketAddr,
    child: Mutex<Child>,
}

impl Nodes {
    /// Starts so many nodes on `store` and `gate`, with `secret` for tokens. Blocks until all listen.
    pub(super) fn start(
        count: usize,
        store: &str,
        gate: &str,
        secret: SecretString,
    ) -> Result<Self, RehearsalError> {
        let start = Start {
            program: std::env::current_exe()?,
            folder: tempfile::Builder::new()
                .prefix("firstcome-rehearsal-")
                .tempdir()?,
            secret,
            settings: [(STORE, store), (GATE, gate)]
                .map(|(setting, text)| (setting.variable(), text.to_owned())),
        };
        if store.contains("://") {
            start.migrate()?;
        }
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        // One after the other: the first brings the store up to date.
        let nodes: Result<_, _> = (0..count).map(|number| start.node(number, free)).collect();
        Ok(Self {
            nodes: nodes?,
            start,
        })
    }

    pub(super) fn addresses(&self) -> Arc<[SocketAddr]> {
        self.nodes.iter().map(|node| node.address).collect()
    }

    /// `kill -9`, and a new process in its place, at the same address.
    pub(super) fn kill(&self, number: usize) -> Result<(), RehearsalError> {
        let Some(node) = self.nodes.get(number) else {
            return Ok(());
        };
        let mut child = node.child.lock();
        child.kill()?;
        child.wait()?;
        *child = self.start.node(number, node.address)?.child.into_inner();
        Ok(())
    }

    /// SIGSTOP.
    pub(super) fn pause(&self, number: usize) -> io::Result<()> {
        self.signal(number, Signal::STOP)
    }

    /// SIGCONT.
    pub(super) fn go_on(&self, number: usize) -> io::Result<()> {
        self.signal(number, Signal::CONT)
    }

    fn signal(&self, number: usize, signal: Signal) -> io::Result<()> {
        let Some(node) = self.nodes.get(number) else {
            return Ok(());
        };
        let pid = i32::try_from(node.child.lock().id()).ok();
        let pid = pid.and_then(Pid::from_raw).ok_or(io::ErrorKind::NotFound)?;
        Ok(kill_process(pid, signal)?)
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        for node in &self.nodes {
            let mut child = node.child.lock();
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Start {
    /// The program, with settings of this rehearsal only.
    fn command(&self, log: &Path) -> io::Result<Command> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let ours = |name: &OsString| name.to_string_lossy().starts_with("FIRSTCOME_");
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| ours(name)) {
            command.env_remove(name);
        }
        command
            .current_dir(self.folder.path())
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("FIRSTCOME_JWT_SECRET", self.secret.expose_secret())
            .env("FIRSTCOME_LOG", "warn")
            .stdin(Stdio::null())
            .stderr(log)
            // Ctrl-C in the terminal is for the rehearsal, which still needs its nodes then.
            .process_group(0);
        Ok(command)
    }

    fn migrate(&self) -> Result<(), RehearsalError> {
        let log = self.folder.path().join("migrate.log");
        let mut command = self.command(&log)?;
        if command
            .arg("migrate")
            .stdout(Stdio::null())
            .status()?
            .success()
        {
            return Ok(());
        }
        Err(RehearsalError::NodeNotStarted(last_lines(&log)))
    }

    fn node(&self, number: usize, listen: SocketAddr) -> Result<Node, RehearsalError> {
        let log = self.folder.path().join(format!("node-{number}.log"));
        let mut child = self
            .command(&log)?
            .arg("serve")
            .env("FIRSTCOME_LISTEN", listen.to_string())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut first = String::new();
        let mut out = child.stdout.take().map(BufReader::new);
        if let Some(out) = &mut out {
            out.read_line(&mut first)?;
        }
        let address = first.trim().strip_prefix("listening on http://");
        if let Some(Ok(address)) = address.map(str::parse) {
            // What it prints after that is two lines: they fit the pipe, and closing it is no harm.
            return Ok(Node {
                address,
                child: Mutex::new(child),
            });
        }
        drop(child.kill());
        drop(child.wait());
        Err(RehearsalError::NodeNotStarted(last_lines(&log)))
    }
}

fn last_lines(log: &Path) -> String {
    let text = File::open(log)
        .and_then(io::read_to_string)
        .unwrap_or_default();
    let lines: Vec<_> = text.lines().collect();
    let last = lines.len().saturating_sub(LAST_LINES);
    lines.get(last..).unwrap_or_default().join("\n")
}

/// 32 random bytes as text: the secret of a rehearsal's own nodes.
pub(super) fn secret() -> Result<SecretString, RehearsalError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(text.into())
}

/// A number that no other rehearsal of the shop has, most likely.
pub(super) fn id() -> Result<u32, RehearsalError> {
    Ok(getrandom::u32()?)
}
