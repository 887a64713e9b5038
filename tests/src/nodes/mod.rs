//! Several nodes as real processes, on servers that die, over wires that lose what they carry.
//!
//! A [`Plan`] says what goes wrong and when; a [`Cluster`] has it go wrong, on any [`Stack`];
//! [`drop::run`] lets a crowd ask meanwhile, [`sale::run`] lets it buy, and both hold that nothing was
//! sold twice, lost or left.

mod asking;
mod cluster;
mod crowd;
pub mod drop;
mod node;
mod outcome;
mod packets;
mod plan;
mod production;
mod proxy;
mod recovery;
pub mod sale;
mod sale_exactness;
mod shopper;
mod stack;
mod told;

pub use asking::{Asking, Request};
pub use cluster::Cluster;
pub use outcome::{Outcome, Recoveries};
pub use plan::{Fault, Kind, Plan, Size, Step};
pub use production::Production;
pub use proxy::{Proxy, Trouble};
pub use stack::{Counted, OneFile, Stack};
pub use told::{Told, Wish};

/// How many nodes a run has.
pub const NODES: usize = 3;
