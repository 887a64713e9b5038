//! A server of the built binary, in a process that may be killed.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::Arc,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{Client, Composition, SECRET, Tokens, binary::firstcome};
use crate::servers::Ledger;

/// How a server is to be started.
#[derive(Clone)]
pub struct ServerBuilder {
    folder: Arc<TempDir>,
    settings: Vec<(String, String)>,
    /// What the store needs beside the folder.
    _ledger: Option<Arc<Ledger>>,
}

impl Default for ServerBuilder {
    /// On a new store of this process's composition.
    fn default() -> Self {
        let (settings, _ledger) = Composition::of_this_process().settings();
        Self {
            settings,
            _ledger,
            ..Self::on_file()
        }
    }
}

impl ServerBuilder {
    /// On a file in its folder, for tests that lay hands on that.
    pub fn on_file() -> Self {
        Self {
            folder: Arc::new(tempfile::tempdir().unwrap()),
            settings: Vec::new(),
            _ledger: None,
        }
    }

    /// Sets a setting: `("max_connections", 10)`.
    pub fn with(mut self, setting: &str, value: impl ToString) -> Self {
        self.settings.push((setting.to_owned(), value.to_string()));
        self
    }

    /// The working directory: the data folder is `firstcome-data` in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The embedded store's file.
    pub fn database(&self) -> PathBuf {
        self.folder().join("firstcome-data/firstcome.db")
    }

    /// Starts a server in this folder; several at a time share the store.
    pub fn start(&self) -> Server {
        self.try_start().unwrap_or_else(|why| panic!("{why}"))
    }

    /// The same; what it said when it did not start.
    pub fn try_start(&self) -> Result<Server, String> {
        let log = self
            .folder
            .path()
            .join(format!("{}.log", uuid::Uuid::now_v7()));
        let mut command = self.command();
        command
            .env("FIRSTCOME_LISTEN", "127.0.0.1:0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let address = first
            .trim()
            .strip_prefix("listening on http://")
            .map(str::parse);
        let Some(Ok(address)) = address else {
            let (_gone, _status) = (child.kill(), child.wait());
            let log = std::fs::read_to_string(&log).unwrap();
            return Err(format!("not started: {first:?}\n{log}"));
        };
        // Whoever prints must not be held up by a full pipe.
        let printed = std::thread::spawn(move || {
            let mut rest = String::new();
            let _broken = out.read_to_string(&mut rest);
            first + &rest
        });
        Ok(Server {
            child,
            address,
            log,
            printed: Some(printed),
            builder: self.clone(),
        })
    }

    fn command(&self) -> Command {
        let mut command = firstcome();
        command
            .current_dir(self.folder.path())
            .env("FIRSTCOME_JWT_SECRET", SECRET);
        for (setting, value) in &self.settings {
            command.env(format!("FIRSTCOME_{}", setting.to_uppercase()), value);
        }
        command
    }

    /// Runs another command of the program in this folder, to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.command();
        command
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
    printed: Option<std::thread::JoinHandle<String>>,
    builder: ServerBuilder,
}

impl Server {
    /// A server with nothing but defaults, in a new folder.
    pub fn start() -> Self {
        ServerBuilder::default().start()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A new client of it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// How it was started.
    pub fn builder(&self) -> &ServerBuilder {
        &self.builder
    }

    /// What it has logged so far.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Tells it to stop, without waiting.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ctrl-C, without waiting.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// How it has ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits for its end; then what it had printed.
    pub fn wait(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        let printed = self.printed.take().map(|printed| printed.join().unwrap());
        (status, printed.unwrap_or_default())
    }

    /// `kill -9`, and waits until it is gone.
    pub fn kill(&mut self) {
        // The child's own, which knows when it is gone already.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it anew on what it has left behind. The address is another.
    pub fn restart(&mut self) {
        self.kill();
        *self = self.builder.clone().start();
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Every coupon must be exact, says the program's own audit, and so must be its exit status.
    pub fn assert_audited(&self) {
        let audit = self.builder.run(&["audit"]);
        let printed = String::from_utf8_lossy(&audit.stdout);
        assert!(
            audit.status.success(),
            "{printed}{}",
            String::from_utf8_lossy(&audit.stderr)
        );
        assert!(printed.contains("all exact"), "{printed}");
    }

    /// Tokens that it believes.
    pub fn tokens(&self) -> Tokens {
        Tokens::default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
