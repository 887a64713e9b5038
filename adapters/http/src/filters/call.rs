//! A request as its handler sees it.

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
    /// The path's parameter; empty for a path without one.
    pub(super) parameter: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
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
        &self.parameter
    }

    /// The path's parameter as an id. One that can't be an id is `not_found`.
    pub(crate) fn id<T: std::str::FromStr>(&self, not_found: Code) -> Result<T, Failure> {
        self.parameter.parse().map_err(|_| not_found.into())
    }

    /// The body, parsed.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        parsed::json(&self.body)
    }

    /// The query, parsed.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        parsed::query(&self.query)
    }
}
