//! Where Redis is. Must never show the password.

use std::fmt;
use std::time::Duration;

use redis::{ConnectionInfo, IntoConnectionInfo};

/// Why an address is refused. Never shows any part of it: a password with a `/`, `?` or `@` in it may
/// be taken for another part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    /// Not a URL of this kind.
    #[error(
        "Redis's address is not of the form redis://USER:PASSWORD@HOST:PORT (rediss:// for TLS), for \
         a cluster with several HOST:PORT between commas; in the password anything but letters and \
         digits must be percent-encoded"
    )]
    Form,
    /// What stands after the host is no number of a database.
    #[error("after the host of Redis's address, a / may be followed by a database's number only")]
    Database,
    /// A database was chosen in a cluster.
    #[error("Redis's address names a database, and a Redis Cluster has only one")]
    DatabaseOfCluster,
    /// It has a setting that is not known, or none by that value.
    #[error("Redis's address may set cluster=true or cluster=false after a ?, and nothing else")]
    Setting,
    /// Several hosts that are said to be no cluster.
    #[error("Redis's address names several hosts, and says that they are no cluster")]
    SeveralHosts,
}

/// Where Redis is, and how long it is waited for.
#[derive(Clone)]
pub struct RedisConfig {
    /// At least one.
    pub(crate) hosts: Vec<ConnectionInfo>,
    pub(crate) is_cluster: bool,
    /// How long an answer may take; after that Redis is taken for away.
    pub patience: Duration,
}

impl RedisConfig {
    /// The Redis at `redis://USER:PASSWORD@HOST:PORT/DATABASE`, or over TLS at `rediss://…`; a Redis
    /// Cluster at `redis://USER:PASSWORD@HOST:PORT,HOST:PORT,…`, or, where one host is enough to find
    /// the others, at `redis://HOST:PORT?cluster=true`. It is waited for for 150 ms.
    ///
    /// # Errors
    /// [`BadUrl`].
    pub fn at(url: &str) -> Result<Self, BadUrl> {
        const PATIENCE: Duration = Duration::from_millis(150);
        let (scheme, rest) = url.split_once("://").ok_or(BadUrl::Form)?;
        // What is after a '#' would turn the check of certificates off.
        if !["redis", "rediss"].contains(&scheme) || url.contains('#') {
            return Err(BadUrl::Form);
        }
        let (location, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = location.split_once('/').unwrap_or((location, ""));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, _)) if user.contains(['@', ',']) => return Err(BadUrl::Form),
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        if !database.is_empty() && database.parse::<u16>().is_err() {
            return Err(BadUrl::Database);
        }
        let hosts: Vec<_> = hosts
            .split(',')
            .map(|host| connection_to(&format!("{scheme}://{user}{host}/{database}")))
            .collect::<Result<_, _>>()?;
        let is_cluster = match (hosts.len(), is_said_to_be_a_cluster(settings)?) {
            (1, said) => said == Some(true),
            (_, Some(false)) => return Err(BadUrl::SeveralHosts),
            (_, _) => true,
        };
        if is_cluster && !["", "0"].contains(&database) {
            return Err(BadUrl::DatabaseOfCluster);
        }
        Ok(Self {
            hosts,
            is_cluster,
            patience: PATIENCE,
        })
    }
}

fn connection_to(url: &str) -> Result<ConnectionInfo, BadUrl> {
    url.into_connection_info().map_err(|_shows_it| BadUrl::Form)
}

fn is_said_to_be_a_cluster(settings: &str) -> Result<Option<bool>, BadUrl> {
    match settings {
        "" => Ok(None),
        "cluster=true" => Ok(Some(true)),
        "cluster=false" => Ok(Some(false)),
        _ => Err(BadUrl::Setting),
    }
}

impl fmt::Debug for RedisConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.hosts.iter().map(|host| host.addr().to_string());
        f.debug_struct("RedisConfig")
            .field("hosts", &hosts.collect::<Vec<_>>())
            .field("is_cluster", &self.is_cluster)
            .field("patience", &self.patience)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::one("redis://h", &["h:6379"], false)]
    #[case::user_and_database("redis://app:s%2Fcret@h:1/2", &["h:1"], false)]
    #[case::tls("rediss://:secret@h:1", &["h:1"], false)]
    #[case::ipv6("redis://[::1]:1", &["::1:1"], false)]
    #[case::cluster("redis://a:1,b:2,c", &["a:1", "b:2", "c:6379"], true)]
    #[case::cluster_behind_one_host("redis://:secret@a?cluster=true", &["a:6379"], true)]
    #[case::said_to_be_none("redis://a/1?cluster=false", &["a:6379"], false)]
    fn an_address_says_where_and_whether_it_is_a_cluster(
        #[case] url: &str,
        #[case] hosts: &[&str],
        #[case] is_cluster: bool,
    ) {
        let config = RedisConfig::at(url).unwrap();
        let found: Vec<_> = config.hosts.iter().map(|h| h.addr().to_string()).collect();
        assert_eq!(found, hosts);
        assert_eq!(config.is_cluster, is_cluster);
    }

    #[test]
    fn user_password_and_database_hold_for_every_host() {
        let config = RedisConfig::at("rediss://app:s%2Fcret@a,b").unwrap();
        for host in &config.hosts {
            assert_eq!(host.redis_settings().username(), Some("app"));
            assert_eq!(host.redis_settings().password(), Some("s/cret"));
            assert!(matches!(
                host.addr(),
                redis::ConnectionAddr::TcpTls {
                    insecure: false,
                    ..
                }
            ));
        }
        let config = RedisConfig::at("redis://a/3").unwrap();
        assert_eq!(config.hosts[0].redis_settings().db(), 3);
    }

    #[rstest]
    #[case::other_kind("mysql://u:s3cret@h/d", BadUrl::Form)]
    #[case::no_url("s3cret", BadUrl::Form)]
    #[case::no_host("redis://", BadUrl::Form)]
    #[case::empty_host("redis://:s3cret@a,,b", BadUrl::Form)]
    #[case::bad_port("redis://:s3cret@h:port", BadUrl::Form)]
    #[case::unchecked_tls("rediss://:s3cret@h#insecure", BadUrl::Form)]
    #[case::at_sign_in_the_password("redis://:s3@cret@h", BadUrl::Form)]
    #[case::comma_in_the_password("redis://:s3,cret@h", BadUrl::Form)]
    #[case::slash_in_the_password("redis://:1/s3cret@h", BadUrl::Database)]
    #[case::database_by_name("redis://h/s3cret", BadUrl::Database)]
    #[case::question_mark_in_the_password("redis://u:1?s3cret@h", BadUrl::Setting)]
    #[case::unknown_setting("redis://h?protocol=s3cret", BadUrl::Setting)]
    #[case::unknown_value("redis://h?cluster=s3cret", BadUrl::Setting)]
    #[case::database_of_cluster("redis://:s3cret@a,b/1", BadUrl::DatabaseOfCluster)]
    #[case::several_hosts("redis://:s3cret@a,b?cluster=false", BadUrl::SeveralHosts)]
    fn a_bad_address_is_refused_without_being_shown(#[case] url: &str, #[case] why: BadUrl) {
        let refused = RedisConfig::at(url).unwrap_err();
        assert_eq!(refused, why);
        assert!(!format!("{refused} {refused:?}").contains("cret"));
    }

    #[test]
    fn the_password_shows_in_no_debug_output() {
        let config = RedisConfig::at("redis://app:s3cret@h:1,i:2").unwrap();
        let shown = format!("{config:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("h:1") && shown.contains("i:2"));
    }
}
