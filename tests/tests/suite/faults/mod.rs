//! Several nodes while what they are and what they stand on dies, stops, forgets and lies.

mod drop;
mod epochs;
mod events;
mod plan;
mod proxy;
mod sale;
mod seeds;
