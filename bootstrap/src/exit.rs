//! How the program ends, for other programs.

use std::process::ExitCode;

/// The exit status. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: a check failed; an audit found a violation.
    CheckFailed,
    /// 2: wrong usage or configuration; the message names the setting.
    Usage,
    /// 3: a needed server can't be reached.
    Unreachable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::CheckFailed => 1,
            Exit::Usage => 2,
            Exit::Unreachable => 3,
        })
    }
}
