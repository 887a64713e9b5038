//! The program under test.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// A command that runs the `firstcome` of this profile, built now if it is not. Its environment is
/// free of settings.
pub fn firstcome() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let binary = BINARY.get_or_init(|| {
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if cfg!(debug_assertions) {
            // As `cargo test --workspace` builds it, so that next to nothing is built twice.
            build.args(["build", "--quiet", "--workspace", "--tests", "--bins"]);
        } else {
            build.args(["build", "--quiet", "--release", "--package", "firstcome"]);
        }
        // What cargo has said of this package to this test would make it build others anew.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if ["CARGO_MANIFEST_", "CARGO_PKG_", "OUT_DIR"]
                .iter()
                .any(|told| name.starts_with(told))
            {
                build.env_remove(&*name);
            }
        }
        let built = build.stdin(Stdio::null()).status().unwrap();
        assert!(built.success(), "firstcome could not be built");
        // target/PROFILE/deps/suite-… is where this test is.
        let this = std::env::current_exe().unwrap();
        this.parent()
            .and_then(|deps| deps.parent())
            .unwrap()
            .join("firstcome")
    });
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FIRSTCOME_") {
            command.env_remove(name);
        }
    }
    command
}
