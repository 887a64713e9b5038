//! From a request to its handler: what comes before every one of them.
//!
//! A refusal is a reply, never a rejection, which warp would answer itself and in plain text.

mod body;
mod call;
mod idempotency;
mod observed;
mod parsed;
mod prefer;
mod route;
mod table;

pub(crate) use body::Body;
pub(crate) use call::Call;
pub(crate) use idempotency::digest;
pub(crate) use parsed::{Paging, PagingQuery};
pub(crate) use route::{Access, Route};
pub(crate) use table::Table;
