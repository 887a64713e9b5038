//! Which servers the tests can have on this machine. A suite whose server can't be had is ignored,
//! and says so by name. Must install nothing: the first test that needs a server does.

use std::env;
use std::process::Command;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/test-servers");

/// The servers, and what is missing where `CI=true`: a test that fails, or a suite that is ignored.
/// MySQL comes from another suite than the system's, so it may be out of reach.
const SERVERS: [(&str, Missing); 3] = [
    ("mariadb", Missing::Fails),
    ("redis", Missing::Fails),
    ("mysql", Missing::IsIgnored),
];

#[derive(PartialEq)]
enum Missing {
    Fails,
    IsIgnored,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SCRIPT}");
    println!("cargo::rerun-if-env-changed=CI");
    let ci = env::var("CI").is_ok_and(|ci| ci == "true");
    for (server, missing) in SERVERS {
        println!("cargo::rustc-check-cfg=cfg(without_{server})");
        let must_be_there = ci && missing == Missing::Fails;
        if !must_be_there && !can_be_had(server) {
            println!("cargo::rustc-cfg=without_{server}");
            println!(
                "cargo::warning={server} can't be had here, its suites are ignored; \
                 once it can be: touch tests/build.rs"
            );
        }
    }
}

fn can_be_had(server: &str) -> bool {
    let asked = Command::new(SCRIPT).args(["can", server]).status();
    asked.is_ok_and(|status| status.success())
}
