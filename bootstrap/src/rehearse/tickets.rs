//! Tokens for everybody in a rehearsal. A consumer's is made when it is needed, so a million of them
//! take no memory.

use std::time::Duration;

use adapter_http::{MintError, Role, TokenMint};
use domain::{ConsumerId, Timestamp};

use super::chance::Crowd;

const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// See the module's header.
#[derive(Clone)]
pub(super) struct Tickets {
    mint: TokenMint,
    crowd: Crowd,
    now: Timestamp,
    /// Who an admin, seller or till of the rehearsal is.
    staff: ConsumerId,
}

impl Tickets {
    pub(super) fn new(mint: TokenMint, crowd: Crowd, now: Timestamp, staff: ConsumerId) -> Self {
        Self {
            mint,
            crowd,
            now,
            staff,
        }
    }

    pub(super) fn crowd(&self) -> Crowd {
        self.crowd
    }

    /// The token of the consumer with this number.
    pub(super) fn consumer(&self, number: u32) -> Result<String, MintError> {
        let consumer = self.crowd.consumer(number).ok_or(MintError::NotSigned)?;
        self.mint
            .mint(&consumer, Role::Consumer, LIFETIME, self.now)
    }

    /// A token of the rehearsal's own staff.
    pub(super) fn role(&self, role: Role) -> Result<String, MintError> {
        self.mint.mint(&self.staff, role, LIFETIME, self.now)
    }
}
