//! Bad input: every field of every route at, below and above its limits, and bodies, headers and
//! paths that are none.
//!
//! What is refused is refused with its code and its field, as a problem document, and never as a
//! fault of the server. What is allowed is stored as it was sent.

mod bodies;
mod change_coupon;
mod coupons;
mod desk;
mod discount_policies;
mod documented_limits;
mod events;
mod headers;
mod idempotency;
mod issue_coupon;
mod object;
mod paging;
mod path_ids;
mod queries;

use desk::{Desk, assert_refused};
use object::Object;
