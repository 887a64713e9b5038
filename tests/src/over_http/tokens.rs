//! Tokens for whoever a test needs.

use std::time::Duration;

use adapter_http::{Role, TokenMint};
use domain::{ConsumerId, ports::Clock};
use firstcome::SystemClock;

/// The HS256 secret of every server under test.
pub const SECRET: &str = "only for tests, but of 32 bytes and more";

/// Mints tokens that servers under test believe.
pub struct Tokens(TokenMint);

impl Default for Tokens {
    fn default() -> Self {
        Self(TokenMint::new(SECRET.as_bytes(), "firstcome", "firstcome").unwrap())
    }
}

impl Tokens {
    /// A token for an hour.
    pub fn token(&self, subject: &str, role: Role) -> String {
        self.lasting(subject, role, Duration::from_secs(3_600))
    }

    /// A token for as long as that.
    pub fn lasting(&self, subject: &str, role: Role, lifetime: Duration) -> String {
        let subject = ConsumerId::new(subject).unwrap();
        self.0
            .mint(&subject, role, lifetime, SystemClock.now())
            .unwrap()
    }

    /// A consumer's token.
    pub fn consumer(&self, subject: &str) -> String {
        self.token(subject, Role::Consumer)
    }

    /// An admin's token.
    pub fn admin(&self) -> String {
        self.token("admin", Role::Admin)
    }
}
