//! Where the ledger is, and how much it takes on. Must never show the password.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::mysql::MySqlConnectOptions;

/// What an address may say after its `?`.
const SETTINGS: [&str; 5] = ["ssl-mode", "ssl-ca", "ssl-cert", "ssl-key", "socket"];

/// Why an address is refused. Never shows any part of it: a password with a `/`, `?` or `#` in it may
/// be taken for another part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not a URL of this kind.
    #[error(
        "the ledger's address is not of the form mysql://USER:PASSWORD@HOST:PORT/DATABASE; \
         in the password anything but letters and digits must be percent-encoded"
    )]
    Form,
    /// It names no database.
    #[error("the ledger's address names no database: mysql://USER:PASSWORD@HOST:PORT/DATABASE")]
    NoDatabase,
    /// It has a setting that is not known, or none by that value.
    #[error(
        "the ledger's address may set ssl-mode (DISABLED, PREFERRED, REQUIRED, VERIFY_CA or \
         VERIFY_IDENTITY), ssl-ca, ssl-cert, ssl-key and socket, after a ?, and nothing else"
    )]
    Setting,
}

/// Where a ledger is, and how much it takes on.
#[derive(Clone)]
pub struct MysqlConfig {
    pub(crate) address: MySqlConnectOptions,
    /// Connections that write for callers.
    pub writers: NonZeroU16,
    /// Connections that read for callers.
    pub readers: NonZeroU16,
    /// How many writes may be under way or wait; what comes on top is refused as overload.
    pub pending_writes: NonZeroU16,
    /// How long a caller waits for its turn; after that more is waiting than the store takes on.
    pub wait: Duration,
}

impl MysqlConfig {
    /// The ledger at `mysql://USER:PASSWORD@HOST:PORT/DATABASE?ssl-mode=…`, or at
    /// `mysql://USER@localhost/DATABASE?socket=/run/mysqld/mysqld.sock`, with 16 connections that
    /// write, 8 that read, and up to 1,024 writes waiting, for a second at most.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn at(url: &str) -> Result<Self, BadUrl> {
        const WRITERS: NonZeroU16 = NonZeroU16::MIN.saturating_add(15);
        const READERS: NonZeroU16 = NonZeroU16::MIN.saturating_add(7);
        const WAIT: Duration = Duration::from_secs(1);
        const PENDING_WRITES: NonZeroU16 = NonZeroU16::MIN.saturating_add(1023);
        Ok(Self {
            address: address(url)?.disable_statement_logging(),
            writers: WRITERS,
            readers: READERS,
            pending_writes: PENDING_WRITES,
            wait: WAIT,
        })
    }

    /// The name of its database.
    pub fn database(&self) -> &str {
        self.address.get_database().unwrap_or_default()
    }
}

fn address(url: &str) -> Result<MySqlConnectOptions, BadUrl> {
    let is_ours = ["mysql://", "mariadb://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    if !is_ours || url.contains('#') {
        return Err(BadUrl::Form);
    }
    let (location, settings) = url.split_once('?').unwrap_or((url, ""));
    // sqlx ignores what it does not know.
    let mut settings = settings.split('&').filter(|setting| !setting.is_empty());
    if !settings.all(|setting| {
        let name = setting.split('=').next().unwrap_or_default();
        SETTINGS.contains(&name)
    }) {
        return Err(BadUrl::Setting);
    }
    let located = MySqlConnectOptions::from_str(location).map_err(|_shows_it| BadUrl::Form)?;
    if located.get_database().is_none() {
        return Err(BadUrl::NoDatabase);
    }
    MySqlConnectOptions::from_str(url).map_err(|_shows_it| BadUrl::Setting)
}

impl fmt::Debug for MysqlConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MysqlConfig")
            .field("user", &self.address.get_username())
            .field("host", &self.address.get_host())
            .field("port", &self.address.get_port())
            .field("socket", &self.address.get_socket())
            .field("database", &self.database())
            .field("ssl_mode", &self.address.get_ssl_mode())
            .field("writers", &self.writers)
            .field("readers", &self.readers)
            .field("pending_writes", &self.pending_writes)
            .field("wait", &self.wait)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use sqlx::mysql::MySqlSslMode;

    #[test]
    fn an_address_says_who_connects_to_where_and_how() {
        let url = "mysql://app:s%2Fcret@db.example:3307/firstcome?ssl-mode=VERIFY_IDENTITY";
        let address = MysqlConfig::at(url).unwrap().address;
        assert_eq!(address.get_username(), "app");
        assert_eq!(address.get_host(), "db.example");
        assert_eq!(address.get_port(), 3307);
        assert_eq!(address.get_database(), Some("firstcome"));
        assert!(matches!(
            address.get_ssl_mode(),
            MySqlSslMode::VerifyIdentity
        ));
        let url = "mariadb://app@localhost/firstcome?socket=/run/mysqld/mysqld.sock";
        let address = MysqlConfig::at(url).unwrap().address;
        let socket = address.get_socket().unwrap();
        assert_eq!(socket.to_str(), Some("/run/mysqld/mysqld.sock"));
    }

    #[rstest]
    #[case::other_kind("postgres://u:s3cret@h/d", BadUrl::Form)]
    #[case::no_url("s3cret", BadUrl::Form)]
    #[case::bad_port("mysql://u:s3cret@h:port/d", BadUrl::Form)]
    #[case::slash_in_the_password("mysql://u:s3/cret@h/d", BadUrl::Form)]
    #[case::question_mark_in_the_password("mysql://u:1?s3cret@h/d", BadUrl::Setting)]
    #[case::hash_in_the_password("mysql://u:1#s3cret@h/d", BadUrl::Form)]
    #[case::no_database("mysql://u:s3cret@h:3306", BadUrl::NoDatabase)]
    #[case::empty_database("mysql://u:s3cret@h:3306/?ssl-mode=REQUIRED", BadUrl::NoDatabase)]
    #[case::unknown_setting("mysql://u:s3cret@h/d?sslmode=REQUIRED", BadUrl::Setting)]
    #[case::unknown_value("mysql://u:s3cret@h/d?ssl-mode=s3cret", BadUrl::Setting)]
    fn a_bad_address_is_refused_without_being_shown(#[case] url: &str, #[case] why: BadUrl) {
        let refused = MysqlConfig::at(url).unwrap_err();
        assert_eq!(refused, why);
        assert!(!format!("{refused} {refused:?}").contains("s3cret"));
    }

    #[test]
    fn the_password_shows_in_no_debug_output() {
        let config = MysqlConfig::at("mysql://app:s3cret@h:3306/firstcome").unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("firstcome") && shown.contains("app"));
    }
}
