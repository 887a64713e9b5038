//! The table of settings: names, defaults and help, once, for flags, variables and file alike.

/// One setting, by its name in the file (`max_connections`); the others follow from it.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its name in the file.
    pub name: &'static str,
    /// What its value is called in the help.
    pub placeholder: &'static str,
    /// What it is when nobody says anything; none for what may be absent.
    pub default: Option<&'static str>,
    /// A secret has no flag (arguments show in `ps`), and its value is in no message.
    pub secret: bool,
    /// The part of the help that it stands in.
    pub heading: &'static str,
    /// What it does, what is allowed.
    pub help: &'static str,
}

/// The environment variable that names the settings file, like `--config`.
pub(crate) const CONFIG_VARIABLE: &str = "FIRSTCOME_CONFIG";

/// The settings file that is read when none is named, if it is there.
pub(crate) const DEFAULT_FILE: &str = "firstcome.toml";

/// What every variable of ours starts with.
pub(super) const VARIABLE_PREFIX: &str = "FIRSTCOME_";

impl Setting {
    /// Its environment variable: `FIRSTCOME_MAX_CONNECTIONS`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.name.to_ascii_uppercase())
    }

    /// Its flag without the dashes: `max-connections`. None for a secret.
    #[must_use]
    pub fn flag(&self) -> Option<String> {
        (!self.secret).then(|| self.name.replace('_', "-"))
    }
}

const SERVING: &str = "Serving";
const STORING: &str = "Storing";
const TOKENS: &str = "Tokens";
const LOGGING: &str = "Logging";

pub(crate) const LISTEN: Setting = Setting {
    name: "listen",
    placeholder: "ADDRESS",
    default: Some("127.0.0.1:8080"),
    secret: false,
    heading: SERVING,
    help: "Where the API listens. Port 0 takes a free port, printed on the first line",
};
pub(crate) const MAX_CONNECTIONS: Setting = Setting {
    name: "max_connections",
    placeholder: "N",
    default: Some("10000"),
    secret: false,
    heading: SERVING,
    help: "The most connections open at once; at the limit the longest idle one makes room",
};
pub(crate) const MAX_WAITING: Setting = Setting {
    name: "max_waiting",
    placeholder: "N",
    default: Some("10000"),
    secret: false,
    heading: SERVING,
    help: "The most issue requests that wait for the ledger, of one event three quarters of them; more are answered 503 at once",
};
pub(crate) const DRAIN_SECONDS: Setting = Setting {
    name: "drain_seconds",
    placeholder: "SECONDS",
    default: Some("10"),
    secret: false,
    heading: SERVING,
    help: "After SIGTERM or Ctrl-C, how long requests in flight may take to finish",
};
pub(crate) const DATA: Setting = Setting {
    name: "data",
    placeholder: "FOLDER",
    default: Some("./firstcome-data"),
    secret: false,
    heading: STORING,
    help: "The folder of the embedded database and the signing key; made when it is missing. With a \
           store in MySQL nothing is kept there",
};
pub(crate) const STORE: Setting = Setting {
    name: "store",
    placeholder: "STORE",
    default: Some("sqlite"),
    secret: false,
    heading: STORING,
    help: "Where coupons are kept: `sqlite` (in the data folder), `memory` (gone at exit), or, for \
           several nodes, `mysql://USER:PASSWORD@HOST:PORT/DATABASE` (MySQL or MariaDB; after a `?` \
           ssl-mode, ssl-ca, ssl-cert, ssl-key or socket). A URL with a password belongs into the \
           variable or the settings file, for flags show in the list of processes",
};
pub(crate) const GATE: Setting = Setting {
    name: "gate",
    placeholder: "GATE",
    default: Some("none"),
    secret: false,
    heading: STORING,
    help: "The admission check in front of a store in MySQL: `none`, `redis://HOST:PORT`, or \
           `redis+cluster://HOST:PORT,HOST:PORT` (`rediss` for TLS). A password as with the store",
};
pub(crate) const PAYMENTS: Setting = Setting {
    name: "payments",
    placeholder: "PAYMENTS",
    default: Some("wallet"),
    secret: false,
    heading: STORING,
    help: "How orders are paid: `wallet`, or by the provider at `http://HOST:PORT/` \
           (docs/payments.md)",
};
pub(crate) const SAGA_LEASE_SECONDS: Setting = Setting {
    name: "saga_lease_seconds",
    placeholder: "SECONDS",
    default: Some("5"),
    secret: false,
    heading: STORING,
    help: "How long a purchase whose node says nothing is left alone before another takes it over",
};
pub(crate) const SAGA_TRIES: Setting = Setting {
    name: "saga_tries",
    placeholder: "N",
    default: Some("10"),
    secret: false,
    heading: STORING,
    help: "Tries of a void, capture or refund that has no answer, before an operator must see to it",
};
pub(crate) const JWT_ALGORITHM: Setting = Setting {
    name: "jwt_algorithm",
    placeholder: "ALGORITHM",
    default: Some("HS256"),
    secret: false,
    heading: TOKENS,
    help: "The only algorithm that tokens may be signed with: `HS256` (a secret, or the key file \
           in the data folder), `EdDSA`, `ES256` or `RS256` (a public key)",
};
pub(crate) const JWT_SECRET: Setting = Setting {
    name: "jwt_secret",
    placeholder: "SECRET",
    default: None,
    secret: true,
    heading: TOKENS,
    help: "The HS256 secret, at least 32 bytes; without it, the key file in the data folder. A store \
           in MySQL needs it: all nodes must believe the same tokens",
};
pub(crate) const JWT_PREVIOUS_SECRET: Setting = Setting {
    name: "jwt_previous_secret",
    placeholder: "SECRET",
    default: None,
    secret: true,
    heading: TOKENS,
    help: "The HS256 secret before, whose tokens still count",
};
pub(crate) const JWT_PUBLIC_KEY: Setting = Setting {
    name: "jwt_public_key",
    placeholder: "FILE",
    default: None,
    secret: false,
    heading: TOKENS,
    help: "The PEM file of the public key, for EdDSA, ES256 and RS256",
};
pub(crate) const JWT_PREVIOUS_PUBLIC_KEY: Setting = Setting {
    name: "jwt_previous_public_key",
    placeholder: "FILE",
    default: None,
    secret: false,
    heading: TOKENS,
    help: "The PEM file of the public key before, whose tokens still count",
};
pub(crate) const JWT_ISSUER: Setting = Setting {
    name: "jwt_issuer",
    placeholder: "TEXT",
    default: Some("firstcome"),
    secret: false,
    heading: TOKENS,
    help: "The `iss` that a token must have",
};
pub(crate) const JWT_AUDIENCE: Setting = Setting {
    name: "jwt_audience",
    placeholder: "TEXT",
    default: Some("firstcome"),
    secret: false,
    heading: TOKENS,
    help: "What a token's `aud` must name",
};
pub(crate) const LOG: Setting = Setting {
    name: "log",
    placeholder: "FILTER",
    default: Some("info"),
    secret: false,
    heading: LOGGING,
    help: "What is logged, to standard error: `error`, `warn`, `info`, `debug`, `trace`, `off`, or \
           by part, such as `info,adapter_http=debug`",
};
pub(crate) const LOG_FORMAT: Setting = Setting {
    name: "log_format",
    placeholder: "FORMAT",
    default: Some("auto"),
    secret: false,
    heading: LOGGING,
    help: "`pretty`, `json`, or `auto`: pretty on a terminal, JSON otherwise",
};

/// Every setting there is, in the order of the help.
pub(crate) const ALL: [&Setting; 19] = [
    &LISTEN,
    &MAX_CONNECTIONS,
    &MAX_WAITING,
    &DRAIN_SECONDS,
    &DATA,
    &STORE,
    &GATE,
    &PAYMENTS,
    &SAGA_LEASE_SECONDS,
    &SAGA_TRIES,
    &JWT_ALGORITHM,
    &JWT_SECRET,
    &JWT_PREVIOUS_SECRET,
    &JWT_PUBLIC_KEY,
    &JWT_PREVIOUS_PUBLIC_KEY,
    &JWT_ISSUER,
    &JWT_AUDIENCE,
    &LOG,
    &LOG_FORMAT,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn one_name_gives_variable_and_flag() {
        assert_eq!(MAX_CONNECTIONS.variable(), "FIRSTCOME_MAX_CONNECTIONS");
        assert_eq!(MAX_CONNECTIONS.flag().as_deref(), Some("max-connections"));
    }

    #[test]
    fn no_secret_has_a_flag() {
        let without_flag: Vec<_> = ALL
            .iter()
            .filter(|setting| setting.flag().is_none())
            .map(|s| s.name)
            .collect();
        assert_eq!(without_flag, ["jwt_secret", "jwt_previous_secret"]);
    }

    #[test]
    fn no_two_settings_share_a_name() {
        let names: BTreeSet<_> = ALL.iter().map(|setting| setting.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
