//! What the rehearsal ran on, as far as the system says; for the report.

use std::{fs, thread};

use jiff::Timestamp;

/// Names and values, in the report's order.
pub(super) fn describe() -> Vec<(&'static str, String)> {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let processor = value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned());
    let memory = value("/proc/meminfo", "MemTotal").unwrap_or_else(|| "unknown".to_owned());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    vec![
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("commit", env!("FIRSTCOME_BUILT_FROM").to_owned()),
        (
            "build",
            if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
        ),
        ("processor", format!("{processor}, {cores} usable")),
        ("memory", memory),
        (
            "system",
            format!("{} {}", std::env::consts::OS, kernel.trim()),
        ),
        ("when", Timestamp::now().to_string()),
    ]
}

/// The value of `name : value` in a file.
fn value(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_start_matches([':', ' ', '\t']).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_of_the_machine_is_named_once_and_has_a_value() {
        let facts = describe();
        assert!(
            facts.iter().all(|(_, value)| !value.trim().is_empty()),
            "{facts:?}"
        );
        let names: std::collections::BTreeSet<_> = facts.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), facts.len());
    }
}
