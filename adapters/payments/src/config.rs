//! Where the provider is, and how long it is waited for.

use std::time::Duration;

use crate::BaseUrl;

/// Where the provider is, and how long it is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpPaymentsConfig {
    /// Where it is.
    pub base_url: BaseUrl,
    /// How long a connection may take to come about.
    pub connect_within: Duration,
    /// How long a whole call may take, from finding the host to the reply's last byte. *Must* be well
    /// below a saga's lease.
    pub answer_within: Duration,
}

impl HttpPaymentsConfig {
    /// The provider at `base_url`: 500 ms to connect, 2 s in all.
    #[must_use]
    pub const fn at(base_url: BaseUrl) -> Self {
        Self {
            base_url,
            connect_within: Duration::from_millis(500),
            answer_within: Duration::from_secs(2),
        }
    }
}
