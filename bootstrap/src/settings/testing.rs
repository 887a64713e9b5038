//! Settings from made-up sources, for the tests beside.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{Environment, Flags, Settings, SettingsError};

/// What three sources give: flags, variables, and the text of `firstcome.toml`.
#[derive(Default)]
pub(super) struct Sources<'a> {
    pub flags: &'a [(&'static str, &'a str)],
    pub variables: &'a [(&'a str, &'a str)],
    pub file: Option<&'a str>,
    pub file_mode: Option<u32>,
}

impl Sources<'_> {
    pub fn resolve(self) -> Result<Settings, SettingsError> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(text) = self.file {
            let path = folder.path().join("firstcome.toml");
            fs::write(&path, text).unwrap();
            let mode = fs::Permissions::from_mode(self.file_mode.unwrap_or(0o600));
            fs::set_permissions(&path, mode).unwrap();
        }
        let values = self
            .flags
            .iter()
            .map(|(name, text)| (*name, (*text).to_owned()))
            .collect();
        let flags = Flags {
            config: None,
            values,
        };
        Settings::resolve(flags, &environment(self.variables), folder.path())
    }

    pub fn refusal(self) -> String {
        self.resolve().unwrap_err().to_string()
    }
}

pub(super) fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

pub(super) fn variable(name: &str, value: &str) -> Result<Settings, SettingsError> {
    Sources {
        variables: &[(name, value)],
        ..Sources::default()
    }
    .resolve()
}
