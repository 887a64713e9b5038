//! From what was given to what holds: the winner of each setting, read and checked.

use std::ffi::OsString;
use std::path::Path;

use super::error::SettingsError;
use super::known::{
    DATA, DRAIN_SECONDS, GATE, LISTEN, LOG, LOG_FORMAT, MAX_CONNECTIONS, MAX_WAITING, PAYMENTS,
    SAGA_LEASE_SECONDS, SAGA_TRIES, STORE, Setting,
};
use super::source::{Flags, Given};
use super::value::{Gate, Problem, Store};
use super::{Settings, token_settings, value};

impl Settings {
    /// The settings from `flags`, `environment`, the settings file and the defaults, in that order of
    /// precedence. `firstcome.toml` is looked for in `folder`, unless another file is named.
    ///
    /// # Errors
    /// [`SettingsError`], the first found; nothing has been changed anywhere then.
    pub fn resolve(
        flags: Flags,
        environment: &[(OsString, OsString)],
        folder: &Path,
    ) -> Result<Self, SettingsError> {
        let given = Given::read(flags, environment, folder)?;
        let store = required(&given, &STORE, value::store)?;
        let gate = required(&given, &GATE, value::gate)?;
        refuse_gate_of_one_node(&given, &store, &gate)?;
        Ok(Self {
            config: given.named.clone(),
            listen: required(&given, &LISTEN, value::address)?,
            data: required(&given, &DATA, value::path)?,
            store,
            gate,
            payments: required(&given, &PAYMENTS, value::payments)?,
            saga_lease: required(&given, &SAGA_LEASE_SECONDS, value::saga_lease)?,
            saga_tries: required(&given, &SAGA_TRIES, value::saga_tries)?,
            max_connections: required(&given, &MAX_CONNECTIONS, value::count)?,
            max_waiting: required(&given, &MAX_WAITING, value::count)?,
            drain: required(&given, &DRAIN_SECONDS, value::drain)?,
            log: required(&given, &LOG, value::log_filter)?,
            log_format: required(&given, &LOG_FORMAT, value::log_format)?,
            tokens: token_settings::resolve(&given)?,
        })
    }
}

/// The texts of the settings `store` and `gate`, for nodes that are to have the same; from the same
/// sources, and refused as [`Settings::resolve`] refuses them.
///
/// # Errors
/// As there.
pub(crate) fn store_and_gate(
    flags: Flags,
    environment: &[(OsString, OsString)],
    folder: &Path,
) -> Result<(String, String), SettingsError> {
    let given = Given::read(flags, environment, folder)?;
    let store = required(&given, &STORE, value::store)?;
    let gate = required(&given, &GATE, value::gate)?;
    refuse_gate_of_one_node(&given, &store, &gate)?;
    let text = |text: &str| Ok(text.to_owned());
    Ok((
        required(&given, &STORE, text)?,
        required(&given, &GATE, text)?,
    ))
}

/// A gate spares a ledger the crowds of several nodes. What only one node comes to is spared by that
/// node's memory already, and a gate would be one more server to ask, and to lose.
fn refuse_gate_of_one_node(given: &Given, store: &Store, gate: &Gate) -> Result<(), SettingsError> {
    match (store, gate) {
        (Store::Mysql(_), _) | (_, Gate::None) => Ok(()),
        (Store::Sqlite | Store::Memory, Gate::Redis(_)) => Err(refused(
            given,
            &GATE,
            "a gate is for a store that several nodes share, and `store` is one node's own: leave \
             `gate` at none, or set `store` to mysql://…"
                .to_owned(),
        )),
    }
}

/// A setting that somebody gave or that has a default.
pub(super) fn required<T>(
    given: &Given,
    setting: &'static Setting,
    read: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<T, SettingsError> {
    optional(given, setting, read)?.ok_or_else(|| refused(given, setting, "is needed".to_owned()))
}

/// A setting that may be absent.
pub(super) fn optional<T>(
    given: &Given,
    setting: &'static Setting,
    read: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<Option<T>, SettingsError> {
    let (Some(text), place) = given.winner(setting) else {
        return Ok(None);
    };
    read(text)
        .map(Some)
        .map_err(|problem| SettingsError::WrongValue {
            place,
            problem: match setting.secret {
                true => problem,
                false => match shown(text) {
                    Some(shown) => format!("{shown} is not possible: {problem}"),
                    None => problem,
                },
            },
        })
}

/// A refusal of the value that won, at the place that it came from.
pub(super) fn refused(given: &Given, setting: &'static Setting, problem: Problem) -> SettingsError {
    let (_, place) = given.winner(setting);
    SettingsError::WrongValue { place, problem }
}

/// A value as a message may show it: of a URL the scheme alone, for the rest may hold a password;
/// nothing of what looks like a part of one.
fn shown(text: &str) -> Option<String> {
    match text.split_once("://") {
        Some((scheme, _)) => Some(format!("`{}://…`", scheme.escape_debug())),
        None if text.contains('@') => None,
        None => Some(format!("`{}`", text.escape_debug())),
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
