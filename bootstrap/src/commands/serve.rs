//! `firstcome serve`

use std::{error::Error, io::Write};

use adapter_http::Limits;
use application::{LaneLimits, WaitLimits};
use domain::SagaPatience;
use tokio::signal::unix::{SignalKind, signal};
use tracing::{info, warn};

use super::{Failure, exit_for};
use crate::{
    Application, Measured, Options, StartError,
    exit::Exit,
    logs, open,
    settings::{Settings, Store, TokenKeys},
    tokens,
};

/// File descriptors beside those of connections: the store's, the log's, the listener's.
const OTHER_FILES: u64 = 64;

pub(super) async fn serve(settings: Settings) -> Result<Exit, Failure> {
    let usage = |error: Box<dyn Error + Send + Sync>| Failure::new(Exit::Usage, error);
    logs::start(&settings.log, settings.log_format).map_err(|error| usage(error.into()))?;
    let measured = Measured::start().map_err(|error| usage(error.into()))?;
    let verifier = tokens::verifier(&settings).map_err(|error| usage(error.into()))?;
    let stop = stopped().map_err(|error| usage(error.into()))?;
    let adapters = open(&settings).await?;
    let options = Options {
        listen: settings.listen,
        tokens: verifier,
        connections: Limits {
            max_connections: connections(settings.max_connections),
            drain: settings.drain,
            ..Limits::default()
        },
        limits: application_limits(&settings),
        measured,
    };
    let application = Application::build(adapters, options)
        .await
        .map_err(|error| {
            let exit = match &error {
                StartError::Listen { .. } => Exit::Usage,
                StartError::Store(error) => exit_for(error),
            };
            Failure::new(exit, error)
        })?;
    announce(&settings, &application);
    application.run_until_stopped(stop).await;
    info!("stopped");
    Ok(Exit::Done)
}

fn application_limits(settings: &Settings) -> crate::Limits {
    crate::Limits {
        lanes: LaneLimits {
            waiting: settings.max_waiting,
            ..LaneLimits::default()
        },
        waiting: WaitLimits {
            in_all: settings.max_waiting,
            ..WaitLimits::default()
        },
        sagas: SagaPatience {
            lease: i64::try_from(settings.saga_lease.as_micros()).unwrap_or(i64::MAX),
            most_tries: settings.saga_tries,
            ..SagaPatience::default()
        },
    }
}

/// Says where the API is and how to begin. The first line is for programs.
fn announce(settings: &Settings, application: &Application) {
    let address = application.address();
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "listening on http://{address}"));
    drop(writeln!(out, "docs at http://{address}/docs"));
    if !matches!(settings.tokens.keys, TokenKeys::PublicKey { .. }) {
        let program = std::env::args()
            .next()
            .unwrap_or_else(|| "firstcome".to_owned());
        drop(writeln!(
            out,
            "an admin's token: {program} token --data {}{} --sub admin --role admin --ttl 1h",
            shell_word(&settings.data.display().to_string()),
            token_flags(settings),
        ));
    }
    drop(out.flush());
    if matches!(settings.store, Store::Memory) {
        warn!("store is memory: everything is gone when this server stops");
    }
    info!(%address, store = ?settings.store, gate = ?settings.gate, "serving");
}

/// What a token must be made with beyond the defaults, as flags.
fn token_flags(settings: &Settings) -> String {
    let config = settings
        .config
        .as_ref()
        .map(|path| path.display().to_string());
    let differs = |text: &String| (text != "firstcome").then(|| text.clone());
    [
        ("config", config),
        ("jwt-issuer", differs(&settings.tokens.issuer)),
        ("jwt-audience", differs(&settings.tokens.audience)),
    ]
    .into_iter()
    .filter_map(|(flag, text)| Some(format!(" --{flag} {}", shell_word(&text?))))
    .collect()
}

/// A text as a word of a shell's command line.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@".contains(c);
    if text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// As many connections as wanted, or as the system's limit of open files allows.
fn connections(wanted: usize) -> usize {
    let needed = u64::try_from(wanted)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHER_FILES);
    let allowed = match rlimit::increase_nofile_limit(needed) {
        Ok(allowed) => usize::try_from(allowed.saturating_sub(OTHER_FILES)).unwrap_or(wanted),
        Err(_) => wanted,
    };
    if allowed < wanted {
        warn!(
            wanted,
            allowed, "max_connections is above the limit of open files (ulimit -n)"
        );
    }
    wanted.min(allowed).max(1)
}

/// Resolves on SIGTERM or Ctrl-C.
fn stopped() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        info!("stopping: nothing new is taken, what is in flight is finished");
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Flags};

    #[test]
    fn a_path_is_quoted_for_a_shell_where_it_must_be() {
        assert_eq!(shell_word("./firstcome-data"), "./firstcome-data");
        assert_eq!(shell_word("/a b/it's"), r"'/a b/it'\''s'");
    }

    fn settings(given: &[(&'static str, &str)]) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("own settings.toml");
        std::fs::write(&file, "").unwrap();
        let (config, values) = given
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .partition::<Vec<_>, _>(|(name, _)| *name == "config");
        let flags = Flags {
            config: (!config.is_empty()).then_some(file),
            values: values.into_iter().collect(),
        };
        Settings::resolve(flags, &Environment::default(), folder.path()).unwrap()
    }

    #[test]
    fn a_token_is_made_with_what_the_server_was_told_beyond_the_defaults_and_nothing_else() {
        assert_eq!(token_flags(&settings(&[])), "");
        let (issuer, audience) = (("jwt_issuer", "a shop"), ("jwt_audience", "tills"));
        assert_eq!(token_flags(&settings(&[issuer])), " --jwt-issuer 'a shop'");
        assert_eq!(token_flags(&settings(&[audience])), " --jwt-audience tills");
        let all = token_flags(&settings(&[("config", ""), issuer, audience]));
        let (config, others) = all.split_at(all.find(" --jwt").unwrap());
        assert!(
            config.starts_with(" --config '") && config.ends_with("/own settings.toml'"),
            "{config}"
        );
        assert_eq!(others, " --jwt-issuer 'a shop' --jwt-audience tills");
    }
}
