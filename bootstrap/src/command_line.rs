//! The command line: what to do, with its settings resolved. Does none of it.

mod rehearse;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use adapter_http::Role;
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command as Definition, value_parser};
use domain::ConsumerId;
use jiff::{Span, SpanRelativeTo};

use crate::exit::Exit;
use crate::rehearse::{Plan, Shop};
use crate::settings::{
    self, CONFIG_VARIABLE, DATA, DEFAULT_FILE, Flags, JWT_AUDIENCE, JWT_ISSUER, LOG, LOG_FORMAT,
    STORE, Setting, Settings, SettingsError,
};

/// What the program is asked to do.
#[derive(Clone, Debug)]
pub enum Command {
    /// Serve the API until told to stop.
    Serve(Settings),
    /// Print one token, and nothing else.
    Token(TokenRequest),
    /// Bring the store's tables to this version.
    Migrate(Settings),
    /// Print the SQL that makes the store's users.
    Grants(Settings),
    /// Have every gate filled anew from the ledger.
    RenewGate(Settings),
    /// Compare every coupon's counters with its rows, in the store itself.
    Audit(Settings),
    /// Storm a shop, and prove that it was exact; with the settings of one that is there already.
    Rehearse(Box<Plan>, Option<Settings>),
    /// Print the API's description.
    Openapi,
}

/// The token that is asked for.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// With what it is made.
    pub settings: Settings,
    /// Whom it names.
    pub subject: ConsumerId,
    /// In which role.
    pub role: Role,
    /// How long it is believed, in whole seconds, at least one.
    pub lifetime: Duration,
}

/// Why there is nothing to do: wrong usage, wrong settings, or the help was all that was wanted.
#[derive(Debug, thiserror::Error)]
pub enum CommandLineError {
    /// The arguments are not understood, or ask for help or version.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    /// The settings are refused.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl CommandLineError {
    /// How the program ends with it: help and version are no mistake.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Arguments(error) if !error.use_stderr() => Exit::Done,
            Self::Arguments(_) | Self::Settings(_) => Exit::Usage,
        }
    }

    /// Prints it: help and version to standard output, the rest to standard error. When even that
    /// fails, there is nowhere left to say so.
    pub fn print(&self) {
        match self {
            Self::Arguments(error) => drop(error.print()),
            Self::Settings(error) => drop(writeln!(io::stderr(), "error: {error}")),
        }
    }
}

/// What `arguments` (the program's name first) and `environment` ask for; `firstcome.toml` is looked
/// for in `folder`. Reads settings files, and changes nothing.
///
/// # Errors
/// [`CommandLineError`], to be [printed](CommandLineError::print), whose [`exit`](CommandLineError::exit)
/// is the program's.
pub fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    environment: &[(OsString, OsString)],
    folder: &Path,
) -> Result<Command, CommandLineError> {
    let matches = definition().try_get_matches_from(arguments)?;
    let resolve = |part: &ArgMatches| Settings::resolve(flags(part), environment, folder);
    Ok(match matches.subcommand() {
        Some(("openapi", _)) => Command::Openapi,
        Some(("migrate", part)) if part.get_flag("grants") => Command::Grants(resolve(part)?),
        Some(("migrate", part)) => Command::Migrate(resolve(part)?),
        // Only `renew` is there, and clap has required it.
        Some(("gate", part)) => {
            let renew = part.subcommand().map_or(part, |(_, renew)| renew);
            Command::RenewGate(resolve(renew)?)
        }
        Some(("audit", part)) => Command::Audit(resolve(part)?),
        Some(("rehearse", part)) => {
            let named = || settings::store_and_gate(flags(part), environment, folder);
            let plan = rehearse::plan(part, named)?;
            let settings = matches!(plan.shop, Shop::There { .. }).then(|| resolve(part));
            Command::Rehearse(Box::new(plan), settings.transpose()?)
        }
        Some(("token", part)) => {
            let settings = resolve(part)?;
            Command::Token(TokenRequest {
                settings,
                subject: asked(part, "sub")?,
                role: asked(part, "role")?,
                lifetime: asked(part, "ttl")?,
            })
        }
        Some((_, part)) => Command::Serve(resolve(part)?),
        None => Command::Serve(resolve(&matches)?),
    })
}

/// An argument that clap has required already.
fn asked<T: Clone + Send + Sync + 'static>(
    part: &ArgMatches,
    name: &'static str,
) -> Result<T, clap::Error> {
    part.get_one(name).cloned().ok_or_else(|| {
        definition().error(
            clap::error::ErrorKind::MissingRequiredArgument,
            format!("--{name}"),
        )
    })
}

fn flags(part: &ArgMatches) -> Flags {
    // A command without a certain flag has not been given it.
    let text = |setting: &Setting| {
        part.try_get_one::<String>(setting.name)
            .ok()
            .flatten()
            .cloned()
    };
    Flags {
        config: part.get_one::<PathBuf>("config").cloned(),
        values: settings::ALL
            .into_iter()
            .filter_map(|setting| Some((setting.name, text(setting)?)))
            .collect(),
    }
}

fn definition() -> Definition {
    let stored: [&'static Setting; 4] = [&STORE, &DATA, &LOG, &LOG_FORMAT];
    Definition::new("firstcome")
        .version(env!("CARGO_PKG_VERSION"))
        .about("First-come coupons, exact under a stampede")
        .long_about(
            "First-come coupons, exact under a stampede.\n\n\
             Without a command, serves: `firstcome --listen …` is `firstcome serve --listen …`.",
        )
        .args_conflicts_with_subcommands(true)
        .args(arguments(&settings::ALL))
        .after_help(sources())
        .subcommand(
            Definition::new("serve")
                .about("Serve the API until SIGTERM or Ctrl-C (the default)")
                .args(arguments(&settings::ALL))
                .after_help(format!(
                    "{}\n\n{}",
                    sources(),
                    examples(&[
                        "firstcome serve",
                        "firstcome serve --listen 0.0.0.0:8080 --data /var/lib/firstcome",
                        "firstcome serve --store memory --listen 127.0.0.1:0",
                    ])
                )),
        )
        .subcommand(
            Definition::new("token")
                .about("Print a token that a server with the same data folder or secret believes")
                .arg(subject())
                .arg(role())
                .arg(lifetime())
                .args(arguments(&[&DATA, &JWT_ISSUER, &JWT_AUDIENCE]))
                .after_help(format!(
                    "{}\n\n{}",
                    sources(),
                    examples(&[
                        "firstcome token --sub me --role admin",
                        "firstcome token --data ./firstcome-data --sub ann --role consumer --ttl 15m",
                    ])
                )),
        )
        .subcommand(
            Definition::new("migrate")
                .about(
                    "Bring the store's tables to this version; `serve` does so by itself, but not \
                     in MySQL",
                )
                .arg(
                    Arg::new("grants")
                        .long("grants")
                        .action(ArgAction::SetTrue)
                        .help(
                            "Print the SQL that makes the two users of a store in MySQL, who \
                             migrates and who serves; asks no server",
                        ),
                )
                .args(arguments(&stored))
                .after_help(examples(&[
                    "firstcome migrate --store sqlite --data ./firstcome-data",
                    "firstcome migrate --grants --store mysql://db/firstcome",
                    "FIRSTCOME_STORE=mysql://firstcome_migrate:…@db/firstcome firstcome migrate",
                ])),
        )
        .subcommand(
            Definition::new("gate")
                .about("Look after the gate in front of a store in MySQL")
                .subcommand_required(true)
                .subcommand(
                    Definition::new("renew")
                        .about(
                            "Believe no gate any more and fill each anew: after a restore of \
                             the store, or of the gate",
                        )
                        .args(arguments(&stored))
                        .after_help(examples(&[
                            "FIRSTCOME_STORE=mysql://firstcome:…@db/firstcome firstcome gate renew",
                        ])),
                ),
        )
        .subcommand(
            Definition::new("audit")
                .about("Print one row per coupon, counters against rows; exit 1 if any is wrong")
                .args(arguments(&stored))
                .after_help(examples(&[
                    "firstcome audit --store sqlite --data ./firstcome-data",
                ])),
        )
        .subcommand(rehearse::rehearsal())
        .subcommand(
            Definition::new("openapi")
                .about("Print the description of the API (OpenAPI 3.1, JSON)")
                .after_help(examples(&["firstcome openapi > openapi.json"])),
        )
}

fn arguments(settings: &[&'static Setting]) -> Vec<Arg> {
    let config = Arg::new("config")
        .long("config")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(format!(
            "The settings file [default: {DEFAULT_FILE}, if there] [env: {CONFIG_VARIABLE}]"
        ));
    let flag = |setting: &&'static Setting| {
        let default = match setting.default {
            Some(default) => format!(" [default: {default}]"),
            None => String::new(),
        };
        Some(
            Arg::new(setting.name)
                .long(setting.flag()?)
                .value_name(setting.placeholder)
                .help_heading(setting.heading)
                .help(format!(
                    "{}{default} [env: {}]",
                    setting.help,
                    setting.variable()
                )),
        )
    };
    [config]
        .into_iter()
        .chain(settings.iter().filter_map(flag))
        .collect()
}

fn subject() -> Arg {
    Arg::new("sub")
        .long("sub")
        .value_name("NAME")
        .required(true)
        .value_parser(|text: &str| ConsumerId::new(text))
        .help("Whom the token names: 1 to 64 of A-Z a-z 0-9 . _ @ : -")
}

fn role() -> Arg {
    use clap::builder::TypedValueParser;
    let roles = PossibleValuesParser::new(Role::ALL.map(Role::as_str));
    Arg::new("role")
        .long("role")
        .value_name("ROLE")
        .required(true)
        .value_parser(roles.try_map(|text| text.parse::<Role>()))
        .help("What it may do")
}

fn lifetime() -> Arg {
    Arg::new("ttl")
        .long("ttl")
        .value_name("DURATION")
        .default_value("1h")
        .value_parser(duration)
        .help("How long it is believed, such as 90s, 15m, 1h, 30d")
}

/// A duration in whole seconds; a day has 24 hours.
fn duration(text: &str) -> Result<Duration, &'static str> {
    const MOST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);
    text.parse::<Span>()
        .and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| (Duration::from_secs(1)..=MOST).contains(duration))
        .ok_or("must be a duration from 1s to 3650d, such as 90s, 15m, 1h, 30d")
}

fn sources() -> String {
    let secret = |setting: &&Setting| {
        setting
            .secret
            .then(|| format!("  {}\n          {}", setting.variable(), setting.help))
    };
    let secrets: Vec<_> = settings::ALL.iter().filter_map(secret).collect();
    format!(
        "Secrets, which have no flag, for flags show in the list of processes:\n{}\n\n\
         Each setting is taken from the first that has it: its flag, its FIRSTCOME_ variable, \
         {DEFAULT_FILE} in the working directory (`max_connections = 500`), its default.",
        secrets.join("\n")
    )
}

fn examples(lines: &[&str]) -> String {
    format!("Examples:\n  {}", lines.join("\n  "))
}

#[cfg(test)]
#[path = "command_line_tests.rs"]
mod tests;
