//! The sources of settings: file, environment, flags. Texts only; what they mean is `resolve`'s.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::error::{Place, SettingsError};
use super::known::{ALL, CONFIG_VARIABLE, DEFAULT_FILE, Setting, VARIABLE_PREFIX};

/// How alike two names must be for one to be suggested for the other (Jaro, 0 to 1; as clap's).
const NEAR: f64 = 0.7;

type Texts = BTreeMap<&'static str, String>;

/// The process's environment, or in a test any other.
pub type Environment = Vec<(OsString, OsString)>;

/// The settings that the command line gave.
#[derive(Default)]
pub struct Flags {
    /// The settings file that `--config` names.
    pub config: Option<PathBuf>,
    /// The values, by the settings' names.
    pub values: BTreeMap<&'static str, String>,
}

/// Everything that was given, from every source, by the settings' names.
pub(super) struct Given {
    flags: Texts,
    environment: Texts,
    file: Texts,
    file_path: PathBuf,
    /// The settings file that somebody named.
    pub named: Option<PathBuf>,
}

impl Given {
    /// Reads every source; `folder` is where `firstcome.toml` is looked for.
    pub fn read(
        flags: Flags,
        environment: &[(OsString, OsString)],
        folder: &Path,
    ) -> Result<Self, SettingsError> {
        let (environment, named_by_variable) = from_environment(environment)?;
        let named = flags.config.or(named_by_variable);
        let file_path = named.clone().unwrap_or_else(|| folder.join(DEFAULT_FILE));
        let file = match fs::read_to_string(&file_path) {
            Ok(text) => from_file(&text, &file_path)?,
            Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => Texts::new(),
            Err(source) => {
                return Err(SettingsError::UnreadableFile {
                    path: file_path,
                    source,
                });
            }
        };
        Ok(Self {
            flags: flags.values,
            environment,
            file,
            file_path,
            named,
        })
    }

    /// The value that wins, if anybody gave one, and where it came from.
    pub fn winner(&self, setting: &'static Setting) -> (Option<&str>, Place) {
        if let Some(text) = self.flags.get(setting.name) {
            (Some(text), Place::flag(setting))
        } else if let Some(text) = self.environment.get(setting.name) {
            (Some(text), Place::Variable(setting.variable()))
        } else if let Some(text) = self.file.get(setting.name) {
            (
                Some(text),
                Place::File(setting.name, self.file_path.clone()),
            )
        } else {
            (setting.default, Place::Default(setting.name))
        }
    }
}

fn from_environment(
    environment: &[(OsString, OsString)],
) -> Result<(Texts, Option<PathBuf>), SettingsError> {
    let mut texts = Texts::new();
    let mut config = None;
    for (variable, value) in environment {
        let variable = variable.to_string_lossy();
        if !variable.starts_with(VARIABLE_PREFIX) {
            continue;
        }
        if variable == CONFIG_VARIABLE {
            config = Some(PathBuf::from(value));
            continue;
        }
        let Some(setting) = ALL
            .into_iter()
            .find(|setting| setting.variable() == variable)
        else {
            let known = ALL.iter().map(|setting| setting.variable());
            let known = known.chain([CONFIG_VARIABLE.to_owned()]);
            let meant = nearest(&variable, VARIABLE_PREFIX, known);
            return Err(SettingsError::Unknown {
                given: variable.into_owned(),
                meant,
            });
        };
        let text = value.to_str().ok_or_else(|| SettingsError::WrongValue {
            place: Place::Variable(setting.variable()),
            problem: "must be UTF-8".to_owned(),
        })?;
        texts.insert(setting.name, text.to_owned());
    }
    Ok((texts, config))
}

fn from_file(text: &str, path: &Path) -> Result<Texts, SettingsError> {
    // The error's own text shows the line, which may hold a secret: only its reason is repeated.
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        SettingsError::MalformedFile {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            problem: error.message().to_owned(),
        }
    })?;
    let mut texts = Texts::new();
    for (name, value) in table {
        let Some(setting) = ALL.into_iter().find(|setting| setting.name == name) else {
            let meant = nearest(&name, "", ALL.iter().map(|setting| setting.name.to_owned()));
            let given = format!("`{name}` in {}", path.display());
            return Err(SettingsError::Unknown {
                given,
                meant: meant.map(|m| format!("`{m}`")),
            });
        };
        let text = match value {
            toml::Value::String(text) => text,
            toml::Value::Integer(number) => number.to_string(),
            _ => {
                return Err(SettingsError::WrongValue {
                    place: Place::File(setting.name, path.to_owned()),
                    problem: "must be a text or a whole number".to_owned(),
                });
            }
        };
        if setting.secret || holds_password(&text) {
            refuse_exposed(setting, path)?;
        }
        texts.insert(setting.name, text);
    }
    Ok(texts)
}

/// Is it a URL that names a user, and with it, as a rule, a password?
fn holds_password(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// A file with a secret in it is its owner's alone, like the key file.
fn refuse_exposed(setting: &Setting, path: &Path) -> Result<(), SettingsError> {
    let unreadable = |source: io::Error| SettingsError::UnreadableFile {
        path: path.to_owned(),
        source,
    };
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(SettingsError::ExposedSecret {
        path: path.to_owned(),
        name: setting.name,
        mode,
    })
}

/// The known name that is most like `given`, when one is near. What all share (`prefix`) counts for
/// nothing.
fn nearest(given: &str, prefix: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let own_part = |name: &str| name.strip_prefix(prefix).unwrap_or(name).to_lowercase();
    let given = own_part(given);
    known
        .map(|name| (strsim::jaro(&given, &own_part(&name)), name))
        .filter(|(likeness, _)| *likeness > NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
