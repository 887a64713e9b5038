//! A server as a process that may die and be started again.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};

use crate::patience::PATIENCE;

const PAUSE: Duration = Duration::from_millis(5);

/// Asks a server whether it answers.
type Probe = Box<dyn Fn() -> bool + Send + Sync>;

pub(super) struct Process {
    command: Mutex<Command>,
    child: Mutex<Child>,
    answers: Probe,
    log: PathBuf,
}

impl Process {
    /// Starts a server in its folder, and waits until it answers.
    pub(super) fn start(mut command: Command, folder: &Path, answers: Probe) -> Self {
        let log = folder.join("log");
        let lines = OpenOptions::new().create(true).append(true).open(&log);
        let lines = lines.unwrap();
        command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(lines.try_clone().unwrap())
            .stderr(lines)
            // An interrupt from the terminal is for the test process.
            .process_group(0);
        let child = command.spawn().unwrap();
        let process = Self {
            command: Mutex::new(command),
            child: Mutex::new(child),
            answers,
            log,
        };
        process.wait_until_it_answers();
        process
    }

    /// `kill -9`; returns when it is gone.
    pub(super) fn kill(&self) {
        let mut child = self.child.lock();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts it once more, as it was started; returns when it answers.
    ///
    /// # Panics
    /// When it still runs.
    pub(super) fn restart(&self) {
        {
            let mut child = self.child.lock();
            assert!(child.try_wait().unwrap().is_some(), "it still runs");
            *child = self.command.lock().spawn().unwrap();
        }
        self.wait_until_it_answers();
    }

    /// Lets it hang: connections stay open, nothing is answered.
    pub(super) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Ends [`pause`](Self::pause).
    pub(super) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child.lock());
        kill_process(pid, signal).unwrap();
    }

    fn wait_until_it_answers(&self) {
        let begun = Instant::now();
        while !(self.answers)() {
            let ended = self.child.lock().try_wait().unwrap();
            let given_up = begun.elapsed() > PATIENCE;
            if ended.is_some() || given_up {
                let log = std::fs::read_to_string(&self.log).unwrap();
                panic!("a server does not start ({ended:?}):\n{log}");
            }
            sleep(PAUSE);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut();
        let _gone_already = child.kill();
        let _gone = child.wait();
    }
}
