//! A database server: MariaDB or MySQL.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::process::geteuid;

use super::database::Database;
use super::folder::Folder;
use super::ledger::{Free, Ledger};
use super::process::Process;
use super::{install, port};

/// Whose server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Debian's MariaDB.
    MariaDb,
    /// Oracle's MySQL.
    MySql,
}

/// How it is set up.
#[derive(Clone, Copy)]
enum Setup {
    /// Quick: a commit may be lost.
    Forgetful,
    /// A commit outlives the server.
    Durable,
    /// As docs/operations.md has it: durable, with room for what is measured.
    Production,
}

/// A running server. Its root has no password, and comes only through the socket.
pub struct SqlServer {
    make: Make,
    port: u16,
    socket: PathBuf,
    /// First of what goes: they say goodbye to the server.
    free_ledgers: Free,
    process: Process,
    /// Last: it goes after the process.
    _folder: Folder,
}

impl SqlServer {
    /// The one that all tests of this process share. What it has committed does not outlive its death.
    pub fn shared(make: Make) -> &'static Self {
        static MARIADB: OnceLock<SqlServer> = OnceLock::new();
        static MYSQL: OnceLock<SqlServer> = OnceLock::new();
        let shared = match make {
            Make::MariaDb => &MARIADB,
            Make::MySql => &MYSQL,
        };
        shared.get_or_init(|| Self::start(make, Setup::Forgetful, Folder::new()))
    }

    /// One that may be killed: what it has committed is there when it is back.
    pub fn durable(make: Make) -> Self {
        Self::start(make, Setup::Durable, Folder::new())
    }

    /// One whose commits cost what they cost in production: its files are on a disk, and it has room.
    pub fn on_disk(make: Make) -> Self {
        Self::start(make, Setup::Production, Folder::on_disk())
    }

    fn start(make: Make, setup: Setup, folder: Folder) -> Self {
        let program = match make {
            Make::MariaDb => install::program("mariadb"),
            Make::MySql => install::program("mysql"),
        };
        let port = port::free();
        let (data, socket) = (folder.path().join("data"), folder.path().join("socket"));
        make.initialise(&program, &data);
        let mut command = Command::new(program);
        command
            .env(TEMPORARY, folder.path())
            .args(make.settings())
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--port={port}"))
            .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(["--skip-log-bin", "--max-connections=1000"])
            .arg("--performance-schema=OFF")
            .args(setup.settings())
            .arg(match make {
                Make::MariaDb => format!("--innodb-log-file-size={}", setup.redo_log()),
                Make::MySql => format!("--innodb-redo-log-capacity={}", setup.redo_log()),
            })
            .args(as_root());
        let process = Process::start(command, folder.path(), {
            let socket = socket.clone();
            Box::new(move || greets(&socket))
        });
        Self {
            make,
            port,
            socket,
            free_ledgers: Free::default(),
            process,
            _folder: folder,
        }
    }

    /// Whose server it is.
    pub fn make(&self) -> Make {
        self.make
    }

    /// Where it listens, also when it is down.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where it listens as well: the only way for root.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// A new database, with nothing in it.
    pub async fn database(&self) -> Database {
        Database::create(self).await
    }

    /// A database with an empty ledger in it.
    pub async fn ledger(&self) -> Ledger {
        Ledger::on(self).await
    }

    pub(super) fn free_ledgers(&self) -> Free {
        Free::clone(&self.free_ledgers)
    }

    /// `kill -9`; returns when it is gone.
    pub fn kill(&self) {
        self.process.kill();
    }

    /// Starts it after [`kill`](Self::kill), with the data that it had; returns when it answers.
    ///
    /// # Panics
    /// When it still runs.
    pub fn restart(&self) {
        self.process.restart();
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

impl Setup {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Forgetful => &[
                "--innodb-buffer-pool-size=128M",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-flush-method=nosync",
                "--innodb-doublewrite=OFF",
            ],
            Self::Durable => &[
                "--innodb-buffer-pool-size=128M",
                "--innodb-flush-log-at-trx-commit=1",
            ],
            Self::Production => &[
                "--innodb-buffer-pool-size=1G",
                "--innodb-flush-log-at-trx-commit=1",
            ],
        }
    }

    fn redo_log(self) -> &'static str {
        match self {
            Self::Forgetful | Self::Durable => "128M",
            Self::Production => "1G",
        }
    }
}

impl Make {
    /// Creates the folder of a server that has nothing but its root.
    fn initialise(self, program: &Path, data: &Path) {
        let mut command = match self {
            Self::MariaDb => {
                let mut command = Command::new("mariadb-install-db");
                command
                    .args(["--no-defaults", "--skip-test-db", "--skip-name-resolve"])
                    .arg("--auth-root-authentication-method=normal");
                command
            }
            Self::MySql => {
                let mut command = Command::new(program);
                command.arg("--initialize-insecure");
                command
            }
        };
        command
            .env(TEMPORARY, data.parent().unwrap())
            .arg(format!("--datadir={}", data.display()))
            .args(as_root());
        let done = command.output().unwrap();
        assert!(done.status.success(), "{done:?}");
    }

    /// What only one of the two knows. `--no-defaults` must come first.
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::MariaDb => &["--no-defaults"],
            // Its default folder for files is there only where it was installed.
            Self::MySql => &["--mysqlx=OFF", "--secure-file-priv=NULL"],
        }
    }
}

/// Where a server has its temporary tables. One that starts removes all that it finds there, those of
/// other servers too.
const TEMPORARY: &str = "TMPDIR";

/// Both refuse to run as root unless they are told that it is meant.
fn as_root() -> Option<&'static str> {
    geteuid().is_root().then_some("--user=root")
}

/// A server speaks first, when it has recovered.
fn greets(socket: &Path) -> bool {
    UnixStream::connect(socket).is_ok_and(|mut stream| {
        let patient = stream.set_read_timeout(Some(Duration::from_secs(1)));
        patient.is_ok() && stream.read_exact(&mut [0]).is_ok()
    })
}
