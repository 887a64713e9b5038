//! What each value may be. A reader answers what is allowed, never the value itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use adapter_mysql::MysqlConfig;
use adapter_payments::BaseUrl;
use adapter_redis::RedisConfig;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Which ledger decides. `Debug` shows no password.
#[derive(Clone, Debug)]
pub enum Store {
    /// SQLite, embedded, in the data folder.
    Sqlite,
    /// This process's memory: gone when it ends.
    Memory,
    /// MySQL or MariaDB: one for any number of nodes.
    Mysql(Box<MysqlConfig>),
}

/// The admission check in front of the ledger. `Debug` shows no password.
#[derive(Clone, Debug)]
pub enum Gate {
    /// None: node memory asks the ledger itself.
    None,
    /// In Redis, or a Redis Cluster.
    Redis(Box<RedisConfig>),
}

/// How orders are paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payments {
    /// From the consumer's wallet.
    Wallet,
    /// By the provider at this address.
    Provider(BaseUrl),
}

/// How the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Pretty on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Pretty,
    /// For machines: an object per line.
    Json,
}

/// What is logged: directives that the log understands, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The directives.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wrong with a value, and what is allowed.
pub(super) type Problem = String;

pub(super) fn address(text: &str) -> Result<SocketAddr, Problem> {
    text.parse().map_err(|_| {
        "must be an IP address and a port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:80"
            .to_owned()
    })
}

pub(super) fn path(text: &str) -> Result<PathBuf, Problem> {
    if text.is_empty() {
        Err("must be a path".to_owned())
    } else {
        Ok(text.into())
    }
}

pub(super) fn store(text: &str) -> Result<Store, Problem> {
    match text {
        "sqlite" => Ok(Store::Sqlite),
        "memory" => Ok(Store::Memory),
        _ if has_scheme(text, &["mysql", "mariadb"]) => MysqlConfig::at(text)
            .map(|config| Store::Mysql(Box::new(config)))
            .map_err(|why| why.to_string()),
        _ => Err("allowed: sqlite, memory, mysql://USER:PASSWORD@HOST:PORT/DATABASE".to_owned()),
    }
}

pub(super) fn gate(text: &str) -> Result<Gate, Problem> {
    match text {
        "none" => Ok(Gate::None),
        _ if has_scheme(text, &["redis", "rediss"]) => redis(text),
        _ if has_scheme(text, &["redis+cluster", "rediss+cluster"]) => redis(&format!(
            "{}?cluster=true",
            text.replacen("+cluster", "", 1)
        )),
        _ => {
            Err("allowed: none, redis://HOST:PORT, redis+cluster://HOST:PORT,HOST:PORT".to_owned())
        }
    }
}

fn redis(url: &str) -> Result<Gate, Problem> {
    RedisConfig::at(url)
        .map(|config| Gate::Redis(Box::new(config)))
        .map_err(|why| why.to_string())
}

fn has_scheme(text: &str, schemes: &[&str]) -> bool {
    text.split_once("://")
        .is_some_and(|(scheme, _)| schemes.contains(&scheme))
}

pub(super) fn payments(text: &str) -> Result<Payments, Problem> {
    if text == "wallet" {
        return Ok(Payments::Wallet);
    }
    if !text.contains("://") {
        return Err("allowed: wallet, http://HOST:PORT/".to_owned());
    }
    BaseUrl::new(text)
        .map(Payments::Provider)
        .map_err(|why| why.to_string())
}

pub(super) fn count(text: &str) -> Result<usize, Problem> {
    const MOST: usize = 1_000_000;
    match text.parse() {
        Ok(count @ 1..=MOST) => Ok(count),
        _ => Err(format!("must be a whole number from 1 to {MOST}")),
    }
}

pub(super) fn saga_lease(text: &str) -> Result<Duration, Problem> {
    match text.parse() {
        Ok(seconds @ 5..=3600) => Ok(Duration::from_secs(seconds)),
        _ => Err("must be a whole number of seconds from 5 to 3600".to_owned()),
    }
}

pub(super) fn saga_tries(text: &str) -> Result<u32, Problem> {
    match text.parse() {
        Ok(tries @ 3..=1000) => Ok(tries),
        _ => Err("must be a whole number from 3 to 1000".to_owned()),
    }
}

pub(super) fn drain(text: &str) -> Result<Duration, Problem> {
    const MOST: u64 = 3600;
    match text.parse() {
        Ok(seconds @ 0..=MOST) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!(
            "must be a whole number of seconds from 0 to {MOST}"
        )),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Problem> {
    match text {
        "auto" => Ok(LogFormat::Auto),
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err("allowed: auto, pretty, json".to_owned()),
    }
}

pub(super) fn log_filter(text: &str) -> Result<LogFilter, Problem> {
    // A bare word that is no level would be read as a part's name: `--log inof` would log nothing.
    let understood = text.split(',').map(str::trim).all(|directive| {
        directive.contains(['=', '[']) || directive.parse::<LevelFilter>().is_ok()
    });
    if !text.is_empty() && understood && EnvFilter::builder().parse(text).is_ok() {
        return Ok(LogFilter(text.to_owned()));
    }
    Err(
        "must be error, warn, info, debug, trace or off, or by part, such as \
         info,adapter_http=debug"
            .to_owned(),
    )
}

pub(super) fn secret(text: &str) -> Result<SecretString, Problem> {
    Ok(SecretString::from(text))
}

pub(super) fn claim(text: &str) -> Result<String, Problem> {
    match text.chars().count() {
        1..=255 => Ok(text.to_owned()),
        _ => Err("must have 1 to 255 characters".to_owned()),
    }
}
