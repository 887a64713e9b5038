//! Where the provider is. An error never repeats the text: there may be a password in it.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};

/// Why a text is not the address of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBaseUrl {
    /// No absolute URL at all.
    #[error("must be a URL such as http://127.0.0.1:9090/")]
    NotAUrl,
    /// `https`.
    #[error("must begin with http://: for https, put a proxy in front that speaks it")]
    Https,
    /// Another scheme.
    #[error("must begin with http://")]
    OtherScheme,
    /// A user name, perhaps a password, before the host.
    #[error("must have no user name or password: let a proxy in front add credentials")]
    Credentials,
    /// A port that is none.
    #[error("must have a port from 1 to 65535, or none (then it is 80)")]
    Port,
    /// A query or a fragment.
    #[error("must have no query and no fragment")]
    QueryOrFragment,
    /// More than [`BaseUrl::MAXIMUM`] bytes.
    #[error("must have at most {} characters", BaseUrl::MAXIMUM)]
    TooLong,
}

/// What all paths of a provider begin with, such as `http://127.0.0.1:9090/` or
/// `http://gateway.internal/payments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// Without a slash at its end.
    text: String,
}

impl BaseUrl {
    /// The most bytes that it may have.
    pub const MAXIMUM: usize = 1_000;

    /// The address, checked.
    ///
    /// # Errors
    /// [`InvalidBaseUrl`].
    pub fn new(text: &str) -> Result<Self, InvalidBaseUrl> {
        if Self::MAXIMUM < text.len() {
            return Err(InvalidBaseUrl::TooLong);
        }
        let uri: Uri = text.parse().map_err(|_| InvalidBaseUrl::NotAUrl)?;
        let scheme = uri.scheme().ok_or(InvalidBaseUrl::NotAUrl)?;
        if *scheme == Scheme::HTTPS {
            return Err(InvalidBaseUrl::Https);
        }
        if *scheme != Scheme::HTTP {
            return Err(InvalidBaseUrl::OtherScheme);
        }
        let authority = uri.authority().ok_or(InvalidBaseUrl::NotAUrl)?;
        check(authority)?;
        // A fragment is no part of a `Uri`, and would be lost silently.
        if uri.query().is_some() || text.contains('#') {
            return Err(InvalidBaseUrl::QueryOrFragment);
        }
        let path = uri.path().trim_end_matches('/');
        Ok(Self {
            text: format!("http://{authority}{path}"),
        })
    }

    /// The URL of a path (without a slash at its beginning) below it.
    pub(crate) fn join(&self, path: fmt::Arguments<'_>) -> String {
        format!("{}/{path}", self.text)
    }
}

fn check(authority: &Authority) -> Result<(), InvalidBaseUrl> {
    if authority.as_str().contains('@') {
        return Err(InvalidBaseUrl::Credentials);
    }
    if authority.host().is_empty() {
        return Err(InvalidBaseUrl::NotAUrl);
    }
    let says_a_port = authority.host().len() < authority.as_str().len();
    match authority.port_u16() {
        None | Some(0) if says_a_port => Err(InvalidBaseUrl::Port),
        _ => Ok(()),
    }
}

impl FromStr for BaseUrl {
    type Err = InvalidBaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidBaseUrl> {
        Self::new(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("http://127.0.0.1:9090/", "http://127.0.0.1:9090/")]
    #[case("http://127.0.0.1:9090", "http://127.0.0.1:9090/")]
    #[case("HTTP://pay.internal", "http://pay.internal/")]
    #[case("http://[::1]:9090/", "http://[::1]:9090/")]
    #[case("http://gateway/payments/", "http://gateway/payments/")]
    fn it_is_kept_without_a_doubt_about_the_slash(#[case] text: &str, #[case] kept: &str) {
        let base = BaseUrl::new(text).unwrap();
        assert_eq!(base.to_string(), kept);
        let expected = format!("{kept}v1/x");
        assert_eq!(base.join(format_args!("v1/{}", 'x')), expected);
    }

    #[rstest]
    #[case::empty("", InvalidBaseUrl::NotAUrl)]
    #[case::no_scheme("127.0.0.1:9090", InvalidBaseUrl::NotAUrl)]
    #[case::only_a_path("/payments", InvalidBaseUrl::NotAUrl)]
    #[case::no_host("http://", InvalidBaseUrl::NotAUrl)]
    #[case::only_a_port("http://:9090/", InvalidBaseUrl::NotAUrl)]
    #[case::blank("http://a b/", InvalidBaseUrl::NotAUrl)]
    #[case::tls("https://127.0.0.1:9090/", InvalidBaseUrl::Https)]
    #[case::ftp("ftp://127.0.0.1:9090/", InvalidBaseUrl::OtherScheme)]
    #[case::user("http://user@host/", InvalidBaseUrl::Credentials)]
    #[case::password("http://user:pw@host/", InvalidBaseUrl::Credentials)]
    #[case::no_port("http://host:/", InvalidBaseUrl::Port)]
    #[case::port_0("http://host:0/", InvalidBaseUrl::Port)]
    #[case::port_65536("http://host:65536/", InvalidBaseUrl::Port)]
    #[case::query("http://host/?key=1", InvalidBaseUrl::QueryOrFragment)]
    #[case::fragment("http://host/#top", InvalidBaseUrl::QueryOrFragment)]
    fn anything_else_is_refused_at_the_start_with_its_reason(
        #[case] text: &str,
        #[case] error: InvalidBaseUrl,
    ) {
        assert_eq!(BaseUrl::new(text), Err(error));
    }

    #[rstest]
    #[case(BaseUrl::MAXIMUM, true)]
    #[case(BaseUrl::MAXIMUM + 1, false)]
    fn it_has_an_end(#[case] length: usize, #[case] valid: bool) {
        let text = format!("{:x<length$}", "http://host/");
        assert_eq!(BaseUrl::new(&text).is_ok(), valid);
    }
}
