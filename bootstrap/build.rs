//! Says which commit the binary is built from, for the reports of its rehearsals: the repository's, or
//! what `GIT_COMMIT` names where there is none. Must never fail a build.

use std::{env, path::Path, process::Command};

/// Every commit and checkout adds to it.
const LOG: &str = "../.git/logs/HEAD";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=GIT_COMMIT");
    if Path::new(LOG).exists() {
        println!("cargo::rerun-if-changed={LOG}");
    }
    let commit = env::var("GIT_COMMIT").ok().or_else(head);
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=FIRSTCOME_BUILT_FROM={commit}");
}

fn head() -> Option<String> {
    let git = Command::new("git")
        .args(["rev-parse", "--short=12", "HEAD"])
        .output()
        .ok()?;
    let commit = String::from_utf8(git.stdout).ok()?.trim().to_owned();
    (git.status.success() && !commit.is_empty()).then_some(commit)
}
