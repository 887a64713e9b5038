//! Who calls: bearer tokens (JWT), checked against one pinned algorithm, and minted for HS256.
//!
//! Everything here takes the time as an argument, and nothing here shows a key or a token: not in an
//! error, not in `Debug`. A caller is believed only when every rule of [`TokenVerifier::verify`]
//! holds; there is no partial trust and no leeway.

mod caller;
mod key;
mod mint;
mod verify;
mod wire;

pub use caller::{Caller, Role, UnknownRole};
pub use key::{KeyError, TokenAlgorithm, UnknownAlgorithm};
pub use mint::{MintError, TokenMint};
pub use verify::{TokenConfiguration, TokenError, TokenVerifier};
