//! Where a server's program is. The script alone knows how one comes onto the machine.

use std::path::PathBuf;
use std::process::{Command, Stdio};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/test-servers");

/// The program of a server by the script's name for it, installed first if it is missing.
pub(super) fn program(server: &str) -> PathBuf {
    let installed = Command::new(SCRIPT)
        .args(["install", server])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(installed.status.success(), "{server} can't be installed");
    String::from_utf8(installed.stdout).unwrap().trim().into()
}
