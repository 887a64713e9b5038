//! The `firstcome` binary as a library: settings, wiring, command line. The only crate that sees all
//! adapters; [`Application`] is what the binary runs, and what a test boots with adapters of its own.

mod adapters;
mod application;
pub mod command_line;
mod commands;
pub mod data_folder;
pub mod exit;
pub mod logs;
mod measured;
pub mod rehearse;
pub mod settings;
pub mod signing_key;
mod system;
pub mod tokens;
mod wiring;

pub use adapters::{Adapters, OpenError, open, open_read_only};
pub use application::{Application, Options, StartError};
pub use commands::run;
pub use measured::Measured;
pub use system::{SystemClock, UuidV7};
pub use wiring::Limits;
