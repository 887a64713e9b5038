//! What each command does, and how it ends.

mod audit;
mod gate;
mod migrate;
mod rehearse;
mod serve;

use std::{error::Error, future::Future, io::Write};

use domain::ports::{Clock, StoreError};
use tokio::runtime::Runtime;

use crate::{
    OpenError, SystemClock,
    command_line::{Command, TokenRequest},
    exit::Exit,
    tokens,
};

/// Carries out a command. Results go to standard output; what goes wrong, to standard error.
#[must_use]
pub fn run(command: Command) -> Exit {
    let done = match command {
        Command::Openapi => openapi(),
        Command::Token(request) => token(&request),
        Command::Serve(settings) => in_runtime(serve::serve(settings)),
        Command::Migrate(settings) => in_runtime(migrate::migrate(settings)),
        Command::Grants(settings) => migrate::grants(&settings),
        Command::RenewGate(settings) => in_runtime(gate::renew(settings)),
        Command::Audit(settings) => in_runtime(audit::audit(settings)),
        Command::Rehearse(plan, settings) => in_runtime(rehearse::rehearse(*plan, settings)),
    };
    match done {
        Ok(exit) => exit,
        Err(failure) => {
            drop(writeln!(
                std::io::stderr(),
                "error: {}",
                with_causes(&*failure.error)
            ));
            failure.exit
        }
    }
}

/// Why a command failed, and how the program ends with it.
struct Failure {
    exit: Exit,
    error: Box<dyn Error + Send + Sync>,
}

impl Failure {
    fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            exit,
            error: error.into(),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        let exit = match &error {
            OpenError::Sqlite(error) if error.is_damage() => Exit::CheckFailed,
            OpenError::Sqlite(adapter_sqlite::OpenError::Store(_)) => Exit::Unreachable,
            OpenError::Mysql(error) => exit_for_mysql(error),
            _ => Exit::Usage,
        };
        Self::new(exit, error)
    }
}

fn exit_for_mysql(error: &adapter_mysql::OpenError) -> Exit {
    use adapter_mysql::OpenError;
    match error {
        OpenError::SchemaHalfDone(_) | OpenError::SchemaDiffers(_) => Exit::CheckFailed,
        OpenError::SchemaNewer { .. } | OpenError::SchemaOlder { .. } => Exit::Usage,
        OpenError::Store(_) if error.is_refusal() => Exit::Usage,
        OpenError::Store(_) | OpenError::BeingMigrated => Exit::Unreachable,
    }
}

/// How the program ends when its store has not done what it was asked: a damaged one is there.
fn exit_for(error: &StoreError) -> Exit {
    match error {
        StoreError::Corrupt(_) => Exit::CheckFailed,
        StoreError::Unavailable(_) | StoreError::Overloaded | StoreError::Unknown(_) => {
            Exit::Unreachable
        }
    }
}

fn in_runtime(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = Runtime::new().map_err(|error| Failure::new(Exit::Usage, error))?;
    runtime.block_on(command)
}

/// Prints a result. A reader that has gone away is no failure of ours.
fn print(text: &str) -> Result<Exit, Failure> {
    drop(writeln!(std::io::stdout(), "{text}"));
    Ok(Exit::Done)
}

fn openapi() -> Result<Exit, Failure> {
    let document = adapter_http::openapi().to_pretty_json();
    print(&document.map_err(|error| Failure::new(Exit::Usage, error))?)
}

fn token(request: &TokenRequest) -> Result<Exit, Failure> {
    let TokenRequest {
        settings,
        subject,
        role,
        lifetime,
    } = request;
    let refused = |error: Box<dyn Error + Send + Sync>| Failure::new(Exit::Usage, error);
    let mint = tokens::mint(settings).map_err(|error| refused(error.into()))?;
    let token = mint.mint(subject, *role, *lifetime, SystemClock.now());
    print(&token.map_err(|error| refused(error.into()))?)
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_does_not_answer_is_unreachable_and_a_damaged_one_has_failed_its_check() {
        for error in [
            StoreError::unavailable("down"),
            StoreError::unknown("lost"),
            StoreError::Overloaded,
        ] {
            assert_eq!(exit_for(&error), Exit::Unreachable, "{error}");
        }
        assert_eq!(exit_for(&StoreError::corrupt("row")), Exit::CheckFailed);
    }
}
