//! A request as its handler sees it.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use hyper::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use super::parsed;
use crate::{Caller, Code, Failure};

/// A request whose caller is known and allowed, and whose body is read.
#[derive(Debug)]
pub(crate) struct Call {
    /// Who calls; none on a route for anyone.
    pub(super) caller: Option<Caller>,
    pub(super) method: Method,
    /// The whole path.
    pub(super) path: String,
    /// Where in the path its parameter stands; empty for a path without one.
    pub(super) parameter: Range<usize>,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// How long the caller wants to wait, on a route where it may say so.
    pub(super) wait: Option<Duration>,
}

impl Call {
    /// Who calls.
    pub(crate) fn caller(&self) -> Result<&Caller, Failure> {
        self.caller
            .as_ref()
            .ok_or_else(|| Code::Unauthenticated.into())
    }

    /// The path's parameter as it stands there.
    pub(crate) fn parameter(&self) -> &str {
        self.path.get(self.parameter.clone()).unwrap_or_default()
    }

    /// The path's parameter, percent-decoded: for one that may have characters which clients encode.
    /// One that can't be decoded stays as it is.
    pub(crate) fn decoded_parameter(&self) -> String {
        decoded(self.parameter()).unwrap_or_else(|| self.parameter().to_owned())
    }

    /// The path's parameter as an id. One that can't be an id is `not_found`.
    pub(crate) fn id<T: std::str::FromStr>(&self, not_found: Code) -> Result<T, Failure> {
        self.parameter().parse().map_err(|_| not_found.into())
    }

    /// The body, parsed.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        parsed::json(&self.body)
    }

    /// The body, parsed; the default, where there is none.
    pub(crate) fn json_if_any<T: DeserializeOwned + Default>(&self) -> Result<T, Failure> {
        if self.body.is_empty() {
            Ok(T::default())
        } else {
            self.json()
        }
    }

    /// How long the caller wants to wait, if it says so.
    pub(crate) const fn wait(&self) -> Option<Duration> {
        self.wait
    }

    /// A GET without a token.
    #[cfg(test)]
    pub(crate) fn of_anyone(path: &str) -> Self {
        Self {
            caller: None,
            method: Method::GET,
            path: path.to_owned(),
            parameter: 0..0,
            query: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            wait: None,
        }
    }

    /// The query, parsed.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        parsed::query(&self.query)
    }
}

/// Percent-decoded; none for what is no text then, or has a `%` without two digits.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("ann@shop:1", Some("ann@shop:1"))]
    #[case("ann%40shop%3a1", Some("ann@shop:1"))]
    #[case("%C3%A9", Some("é"))]
    #[case("a%2Fb", Some("a/b"))]
    #[case("a+b", Some("a+b"))]
    #[case("%", None)]
    #[case("%4", None)]
    #[case("%4g", None)]
    #[case("%+4", None)]
    #[case("%C3", None)]
    fn a_parameter_is_decoded_whole_or_not_at_all(
        #[case] text: &str,
        #[case] expected: Option<&str>,
    ) {
        assert_eq!(decoded(text).as_deref(), expected);
    }
}
