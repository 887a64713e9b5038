//! What is wrong with the settings, said so that it can be put right without reading the manual.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::known::Setting;

/// Why the settings are refused: exit status 2. Never holds a secret, or the part of a URL that may.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A name that is no setting's.
    #[error("{given} is not a setting{}", Suggestion(.meant))]
    Unknown {
        /// The name as it was given, and where.
        given: String,
        /// The nearest name there is, in the same spelling, when one is near.
        meant: Option<String>,
    },
    /// A value that the setting can't have.
    #[error("{place}: {problem}")]
    WrongValue {
        /// Which setting, by the name it has where the value came from.
        place: Place,
        /// What is wrong, and what is allowed.
        problem: String,
    },
    /// The settings file can't be read.
    #[error("the settings file {} can't be read: {source}", path.display())]
    UnreadableFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings file is not TOML.
    #[error("the settings file {}, line {line}: {problem}", path.display())]
    MalformedFile {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it, without its text: it may be a secret's line.
        problem: String,
    },
    /// A secret in a settings file that others may read.
    #[error(
        "the settings file {} holds `{name}` and may be read by others (mode {mode:04o}): run \
         `chmod 600` on it",
        path.display()
    )]
    ExposedSecret {
        /// The file.
        path: PathBuf,
        /// The secret's name.
        name: &'static str,
        /// The file's permission bits.
        mode: u32,
    },
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The flag of the setting.
    Flag(String),
    /// The environment variable of the setting.
    Variable(String),
    /// The name of the setting in a settings file.
    File(&'static str, PathBuf),
    /// Nobody gave it.
    Default(&'static str),
}

impl Place {
    pub(super) fn flag(setting: &'static Setting) -> Self {
        Self::Flag(format!("--{}", setting.flag().unwrap_or_default()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File(name, path) => write!(f, "`{name}` in {}", path.display()),
            Self::Default(name) => write!(f, "`{name}` (not set)"),
        }
    }
}

struct Suggestion<'a>(&'a Option<String>);

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(meant) => write!(f, "; did you mean {meant}?"),
            None => f.write_str("; `firstcome serve --help` lists them"),
        }
    }
}
