//! A server's folder, and who watches over it.
//!
//! A test process may end in any way, `kill -9` included, and then nothing in it runs any more. So a
//! small process of its own waits for that: it ends all that works in the folder, and removes it.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::statvfs;
use tempfile::TempDir;

/// Its input is a pipe whose other end only the test process has.
const WATCH: &str = r#"
    cat >/dev/null
    working() { find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$1*" 2>/dev/null | cut -d/ -f3; }
    while pids=$(working "$1"); [ -n "$pids" ]; do kill -9 $pids; sleep 0.02; done
    rm -rf "$1"
"#;

/// Files in memory are flushed at no cost.
const IN_MEMORY: &str = "/dev/shm";
/// A container's share of memory for files may be as small as 64 MiB.
const ROOM: u64 = 2 << 30;

/// A folder that goes when this is dropped and when the test process ends, with every process whose
/// working directory is in it.
pub(super) struct Folder {
    path: PathBuf,
    watch: Child,
}

impl Folder {
    /// In memory, where there is room.
    pub(super) fn new() -> Self {
        if has_room(IN_MEMORY) {
            Self::watched(named().tempdir_in(IN_MEMORY).unwrap())
        } else {
            Self::on_disk()
        }
    }

    /// Where temporary files are: to flush them costs what it costs.
    pub(super) fn on_disk() -> Self {
        Self::watched(named().tempdir().unwrap())
    }

    fn watched(folder: TempDir) -> Self {
        let path = folder.keep();
        let watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // An interrupt from the terminal is for the test process.
            .process_group(0)
            .spawn()
            .unwrap();
        Self { path, watch }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.watch.stdin.take());
        let _gone = self.watch.wait();
    }
}

fn named() -> tempfile::Builder<'static, 'static> {
    let mut name = tempfile::Builder::new();
    name.prefix("firstcome-");
    name
}

fn has_room(folder: &str) -> bool {
    statvfs(folder).is_ok_and(|there| there.f_bavail * there.f_frsize >= ROOM)
}
